"""Composing labelled hard cases for active-speaker scoring out of a folder of single-talker clips.

Who is truly speaking is known by construction: a face speaks where it moves as it was filmed, and its own voice is
heard in time with it. :func:`slceleb_core.evaluation.compose.composer.compose` does everything; ``docs/compose.md``
says what comes out.
"""
