"""Drawing on the pictures of a video what was made of them, for the sink ``annotated``."""
