"""Where faces are on the frames between two key frames: on the way from the one place to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from slceleb_core.types import ATTENTION_COLUMNS, BLENDSHAPES, LANDMARKS, Array, Faces

STEADY = ("boxes", "scores", "keypoints5", "pose", "sharpness")
"""The columns of faces that change little from one frame to the next."""

SHAPES = {"landmarks478": (LANDMARKS, 3), "blendshapes": (BLENDSHAPES,)}
"""Those that do not."""


def interpolated(before: Faces, after: Faces, pairs: Sequence[tuple[int, int]], part: float) -> Faces:
    """Return the faces on a frame in between, none of them looked at.

    Parameters
    ----------
    before, after
        Those of two key frames, with the same columns.
    pairs
        m rows of the one and the other that are one face.
    part
        How far the frame is on the way, 0..1.

    Returns
    -------
    m faces: on a straight line from the one to the other; what is not known of either is NaN, and so are landmarks.
    Whether their lips are followed is for others to say.
    """
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    columns: dict[str, Any] = {}
    for name in STEADY:
        one, other = getattr(before, name), getattr(after, name)
        if one is not None and other is not None:
            columns[name] = (1.0 - part) * one[rows[:, 0]] + part * other[rows[:, 1]]
    for name, shape in SHAPES.items():
        if getattr(after, name) is not None:
            columns[name] = np.full((len(rows), *shape), np.nan, np.float32)
    nobody = np.zeros(len(rows), dtype=bool)
    return Faces(**columns, looked=nobody, embedded=nobody)


def paired(before: Array, after: Array) -> list[tuple[int, int]]:
    """Return the rows of two key frames that are one track, in the order of the later one; int64 [n] tracks of each."""
    rows = {int(track): row for row, track in enumerate(before)}
    return [(rows[int(track)], row) for row, track in enumerate(after) if int(track) in rows]


def seen_as(faces: Faces, rows: Array, seen: Faces) -> Faces:
    """Return faces, some of which have been looked at more closely.

    Parameters
    ----------
    faces
        n of them.
    rows
        int64 [m]: which were.
    seen
        The m faces as they were seen; where a column of theirs is None, what was known before stays. Their confidence
        is that of another network than the one that found them, and stays as well.
    """
    columns: dict[str, Any] = {}
    for name in (*STEADY, *SHAPES):
        known, new = getattr(faces, name), getattr(seen, name)
        if known is not None:
            columns[name] = known if new is None or name == "scores" else _replaced(known, rows, new)
    looked = np.ones(len(faces), dtype=bool) if faces.looked is None else _replaced(faces.looked, rows, 1)
    return Faces(**columns, looked=looked, followed=faces.followed, embedded=faces.embedded)


def not_followed(faces: Faces) -> Faces:
    """Return faces without landmarks and what belongs to them: nobody followed their lips."""
    columns: dict[str, Any] = {name: getattr(faces, name) for name in (*STEADY, "looked", "embedded")}
    for name in SHAPES:
        known = getattr(faces, name)
        columns[name] = None if known is None else np.full(known.shape, np.nan, np.float32)
    return Faces(**columns, followed=np.zeros(len(faces), dtype=bool))


def followed(faces: Faces) -> Faces:
    """Return faces, marked as those whose lips were followed."""
    return replace(faces, followed=np.ones(len(faces), dtype=bool))


def joined(faces: Faces, more: Faces) -> Faces:
    """Return the faces of both, which have the same columns."""
    columns: dict[str, Any] = {}
    for name in (*STEADY, *SHAPES, *ATTENTION_COLUMNS):
        one, other = getattr(faces, name), getattr(more, name)
        columns[name] = None if one is None or other is None else np.concatenate([one, other])
    return Faces(**columns)


def _replaced(values: Array, rows: Array, new: Array | float) -> Array:
    copy = np.array(values)
    copy[rows] = new
    return copy
