"""A promise of precision: how often a label is right, as an interval, and what may be asked for by it."""
