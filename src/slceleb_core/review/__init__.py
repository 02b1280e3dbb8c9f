"""Looking through a corpus: a page that opens from disk, and decisions that are carried out."""
