"""Observations of several stages in one row of bytes, each as its stage made it.

Each stage's part says itself what it is: whether the stage was asked, of what type it is, and its shape. So what was
kept in an earlier run is read without asking any stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from slceleb_core.types import Array

TYPES = (np.dtype(np.uint8), np.dtype(np.float16), np.dtype(np.float32))
"""What observations may be; the place in it is written down."""

AXES = 4
"""Axes of a face's observation at most."""

HEAD = np.dtype([("asked", "u1"), ("type", "u1"), ("axes", "u1"), ("shape", "<u4", (AXES,))])
"""What stands before each part."""


def packed(parts: Sequence[Array | None], kinds: Sequence[Array], faces: int) -> Array:
    """Return uint8 [faces, bytes]: what the stages observed of a frame's faces.

    Parameters
    ----------
    parts
        Of each stage, [faces, ...]; None: it was not asked.
    kinds
        Of each stage, an observation of any number of faces, by its type and shape; where a stage was not asked, the
        room is kept, so that all rows are alike.
    faces
        How many there are.
    """
    return np.concatenate([_part(part, kind, faces) for part, kind in zip(parts, kinds, strict=True)], axis=1)


def _part(part: Array | None, kind: Array, faces: int) -> Array:
    if kind.ndim - 1 > AXES:
        raise ValueError(f"an observation has {kind.ndim - 1} axes, and can have {AXES} where stages are fused")
    head = np.zeros(1, HEAD)
    head["asked"], head["type"], head["axes"] = part is not None, TYPES.index(kind.dtype), kind.ndim - 1
    head["shape"][0, : kind.ndim - 1] = kind.shape[1:]
    count = int(np.prod(kind.shape[1:]))
    values = np.zeros((faces, count * kind.dtype.itemsize), np.uint8)
    if part is not None and values.size:
        values[:] = np.ascontiguousarray(part).reshape(faces, count).view(np.uint8)
    return np.concatenate([np.broadcast_to(head.view(np.uint8), (faces, HEAD.itemsize)), values], axis=1)


def unpacked(rows: Array) -> Iterator[tuple[Array, Array]]:
    """Yield, for each stage, of which rows it was asked, bool [n], and what it observed of those, [m, ...].

    Parameters
    ----------
    rows
        uint8 [n, bytes], as of :func:`packed`, of one face, n of them at least one.
    """
    start = 0
    while start < rows.shape[1]:
        heads = np.ascontiguousarray(rows[:, start : start + HEAD.itemsize]).view(HEAD)[:, 0]
        dtype = TYPES[heads["type"][0]]
        shape = tuple(int(side) for side in heads["shape"][0, : heads["axes"][0]])
        begin = start + HEAD.itemsize
        start = begin + int(np.prod(shape)) * dtype.itemsize
        asked = heads["asked"].astype(bool)
        values = np.frombuffer(rows[asked, begin:start].tobytes(), dtype)
        yield asked, values.reshape(int(asked.sum()), *shape)
