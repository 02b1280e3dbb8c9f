"""Intermediate results, kept so that a changed profile redoes only the stages that it touches.

What was found in a video lies in files named by their keys (``slceleb_core.artefacts.keys``), a kind a file: which
faces there are, their embeddings, what the speaker stage observed, and what it scored. A file is there as a whole or
not at all; one that is damaged counts as missing. So the folder may be deleted at any time, all of it or a part: what
is missing is computed again.

The kinds ``meshes`` and ``cut`` take by far the most room: an hour of one face at 25 frames/s has 370 MB of meshes, and
35 MB of all else; clips take none of their own where the file system has hard links. Meshes serve only those who try
another speaker plugin on the same faces; the files of a kind that is not wanted can be deleted, or left out from the
start (:class:`ArtefactStore`, `kinds`).
"""

from slceleb_core.artefacts.store import KINDS, ArtefactStore

__all__ = ["KINDS", "ArtefactStore"]
