"""Arithmetic of boxes and of five points that the tracker and detectors share."""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array

SHORTEST = 1 / 60
"""Seconds that a movement is taken to have lasted at least: the rate at which ordinary cameras stop. Time stamps that
were mended lie microseconds apart, and over those the tremble of a box, a hundredth of its size, would be a leap."""

HEAD = np.array(
    [
        [-3.164, 2.627, 3.646],
        [3.164, 2.627, 3.646],
        [0.0, -1.127, 7.476],
        [-2.456, -4.343, 4.284],
        [2.456, -4.343, 4.284],
    ]
)
"""Middles of the eyes, nose tip and mouth corners of MediaPipe's canonical face, in cm; x to the right of the picture,
y up, z towards the camera (``face_geometry/data/canonical_face_model.obj``)."""

_MAP = np.linalg.pinv(HEAD - HEAD.mean(axis=0))


def intersection_over_union(a: Array, b: Array) -> float:
    """Return the overlap of two boxes (x0, y0, x1, y1), 0..1."""
    inner = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    if (inner <= 0).any():
        return 0.0
    shared = float(inner.prod())
    return shared / (float((a[2:] - a[:2]).prod()) + float((b[2:] - b[:2]).prod()) - shared)


def carried_on(velocity: Array, moved: Array, elapsed: float) -> Array:
    """Return a velocity after a movement that took `elapsed` seconds: half of it is the old one, half the new one."""
    return np.asarray(0.5 * velocity + 0.5 * moved / max(elapsed, SHORTEST))


def poses_of(points: Array) -> Array:
    """Return float32 [n, 3]: yaw, pitch and roll in degrees, as of ``Faces.pose``, of n faces' five points, [n, 5, 2].

    A face in a picture is a turned, scaled and shifted head, seen from afar: the two rows of the linear map that takes
    the five points of a head in space to those on the picture, made as long as each other and square, are its axes. Of
    five points only the nose stands out, so this is coarse; it tells a profile from a face that can be recognised.

    Positive yaw: the face looks to the right of the picture; positive pitch: down; positive roll: its top is tilted to
    the left of the picture.
    """
    upward = (points - points.mean(axis=1, keepdims=True)) * (1.0, -1.0)
    left, _, right = np.linalg.svd(np.matmul(_MAP, upward).transpose(0, 2, 1), full_matrices=False)
    across, up = np.moveaxis(left @ right, 1, 0)
    ahead = np.cross(across, up)
    yaw = np.arctan2(across[:, 2], ahead[:, 2])
    pitch = np.arcsin(np.clip(-up[:, 2], -1.0, 1.0))
    roll = np.arctan2(up[:, 0], up[:, 1])
    return np.asarray(np.degrees(np.stack([yaw, pitch, roll], axis=1)), dtype=np.float32)
