"""A finished output folder as what it is for: a labelled speech corpus. Read, listed, split, and taken from."""
