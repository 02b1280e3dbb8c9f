"""How results reach the disk and stay there: lock, sweep, publish, atomic writes, names, what was removed."""
