"""Whose voice is heard in the segments of a finished folder: what does not fit the person's other videos is left out.

``hearing`` embeds what is said, once, and keeps it; ``judging`` compares; ``weighing`` says what comes of it, which
``corpus.voice_removal`` carries out.
"""
