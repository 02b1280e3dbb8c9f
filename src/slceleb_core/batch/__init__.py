"""Many videos: what is to be done, who does it, what became of it. Nothing here decides what a result is."""
