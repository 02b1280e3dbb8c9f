"""Pixels end here: shots, faces, tracks, embeddings, observations; and the photos that people are compared with."""
