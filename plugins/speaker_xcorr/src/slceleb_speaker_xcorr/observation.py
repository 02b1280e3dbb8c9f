"""What is kept of a face once its pixels are gone: three numbers, measured on its landmarks."""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array

NOSE = (1, 4, 2)
"""Points of MediaPipe's face mesh on and below the tip of the nose, which speech does not move."""

LOWER_LIP = (17, 84, 314)
"""Points on the lower edge of the lower lip. The project's study measured from the nose to these and to five points of
the chin together; the edge of a lip is easier to see than that of a chin, and alone it told more (see the README)."""

EYE_CORNERS = (33, 263)
"""The outer corners of the eyes: the length that makes the others comparable between faces of different size."""

INNER_LIPS = ((13, 14), (82, 87), (312, 317))
"""Points of the inner edge of the upper lip, and those of the lower lip below them."""

MOUTH_CORNERS = (78, 308)
"""Inner corners of the mouth."""

LIP_DISTANCE, EYE_DISTANCE, MOUTH_RATIO = 0, 1, 2
"""Columns of an observation."""

COLUMNS = 3


def measure(landmarks: Array) -> Array:
    """Measure what the lips do, and how large the face is.

    Parameters
    ----------
    landmarks
        [n, 478, 3], pixels, as ``Faces.landmarks478``.

    Returns
    -------
    float32 [n, 3]: the mean distance in the picture from the points of `NOSE` to those of `LOWER_LIP`, and the distance
    in space between `EYE_CORNERS`, in pixels; height over width of the mouth's opening. NaN, the whole row, where a
    landmark is not finite.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    from_nose = points[:, NOSE, None, :2] - points[:, None, LOWER_LIP, :2]
    lip = np.linalg.norm(from_nose, axis=-1).mean(axis=(1, 2))
    eyes = np.linalg.norm(points[:, EYE_CORNERS[0]] - points[:, EYE_CORNERS[1]], axis=-1)
    measured = np.stack([lip, eyes, mouth_ratio(points[:, :, :2])], axis=1)
    return np.where(np.isfinite(measured).all(axis=1, keepdims=True), measured, np.nan).astype(np.float32)


def mouth_ratio(points: Array) -> Array:
    """Return the height of the mouth's opening over its width, [n]; 0 where it has no width. `points`: [n, 478, 2]."""
    upper, lower = zip(*INNER_LIPS, strict=True)
    height = np.linalg.norm(points[:, upper] - points[:, lower], axis=-1).mean(axis=1)
    width = np.linalg.norm(points[:, MOUTH_CORNERS[0]] - points[:, MOUTH_CORNERS[1]], axis=-1)
    return np.asarray(np.divide(height, width, out=np.zeros_like(height), where=width != 0))
