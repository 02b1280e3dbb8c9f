"""The rules that a profile steers: spans, identity, segments, candidates, gates. Pure: rows in, results out."""
