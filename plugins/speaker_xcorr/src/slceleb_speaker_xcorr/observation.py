"""What is kept of a face once its pixels are gone: six numbers, measured on its landmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slceleb_core.types import Array

NOSE = (1, 4, 2)
"""Points of MediaPipe's face mesh on and below the tip of the nose, which speech does not move."""

LOWER_LIP = (17, 84, 314)
"""Points on the lower edge of the lower lip. The project's study measured from the nose to these and to five points of
the chin together; the edge of a lip is easier to see than that of a chin, and alone it told more (see the README)."""

CHIN = (152, 148, 377, 199, 175)
"""Those points of the chin. What hides a mouth, a microphone or a hand, often leaves them free."""

UPPER_LIP = (13, 82, 312)
"""Points on the inner edge of the upper lip. It rises where the jaw does not fall: at hissed sounds (f, s, sh), whose
energy lies above that of vowels, it goes the other way (see the README)."""

MIDLINE = ((10, 151, 9, 8, 168, 6), (2, 98, 327, 1, 4))
"""Points on the forehead and the bridge of the nose, and on its tip and base: from the ones to the others the face's
own axis runs, whatever way the head is held, and speech moves none of them."""

BRIDGE = (8, 168, 6)
"""Points on the bridge of the nose. Between them and its tip there is bone: what that distance changes is noise of the
landmarks, as small, blurred, dark and turned faces have it, and so it tells how much of it the lips have."""

EYE_CORNERS = (33, 263)
"""The outer corners of the eyes: the length that makes the others comparable between faces of different size."""

INNER_LIPS = ((13, 14), (82, 87), (312, 317))
"""Points of the inner edge of the upper lip, and those of the lower lip below them."""

MOUTH_CORNERS = (78, 308)
"""Inner corners of the mouth."""

LIP_DISTANCE, CHIN_DISTANCE, UPPER_DISTANCE, RIGID_DISTANCE, EYE_DISTANCE, MOUTH_RATIO = range(6)
"""Columns of an observation."""

COLUMNS = 6


def measure(landmarks: Array) -> Array:
    """Measure what the lips do, and how large the face is.

    Parameters
    ----------
    landmarks
        [n, 478, 3], pixels, as ``Faces.landmarks478``.

    Returns
    -------
    float32 [n, 6]: how far, along the face's axis, `LOWER_LIP`, `CHIN`, `UPPER_LIP` and `BRIDGE` are from `NOSE`, and
    the distance in space between `EYE_CORNERS`, in pixels; height over width of the mouth's opening. NaN, the whole
    row, where a landmark is not finite.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    axis, nose = face_axis(points), middle(points, NOSE)
    below = [((middle(points, part) - nose) * axis).sum(axis=1) for part in (LOWER_LIP, CHIN, UPPER_LIP, BRIDGE)]
    eyes = np.linalg.norm(points[:, EYE_CORNERS[0]] - points[:, EYE_CORNERS[1]], axis=-1)
    measured = np.stack([*below, eyes, mouth_ratio(points[:, :, :2])], axis=1)
    return np.where(np.isfinite(measured).all(axis=1, keepdims=True), measured, np.nan).astype(np.float32)


def middle(points: Array, part: Sequence[int]) -> Array:
    """Return the mean of some points: [n, 3]."""
    return np.asarray(points[:, list(part)].mean(axis=1))


def face_axis(points: Array) -> Array:
    """Return the direction from forehead to nose, [n, 3], of length 1; 0 where the two are one. `points`: [n, 478, 3].

    Along it a nod changes a distance little, while the distance in the picture shrinks and grows with every nod.
    """
    upper, lower = MIDLINE
    down = middle(points, lower) - middle(points, upper)
    length = np.linalg.norm(down, axis=1, keepdims=True)
    return np.asarray(np.divide(down, length, out=np.zeros_like(down), where=length != 0))


def mouth_ratio(points: Array) -> Array:
    """Return the height of the mouth's opening over its width, [n]; 0 where it has no width. `points`: [n, 478, 2]."""
    upper, lower = zip(*INNER_LIPS, strict=True)
    height = np.linalg.norm(points[:, upper] - points[:, lower], axis=-1).mean(axis=1)
    width = np.linalg.norm(points[:, MOUTH_CORNERS[0]] - points[:, MOUTH_CORNERS[1]], axis=-1)
    return np.asarray(np.divide(height, width, out=np.zeros_like(height), where=width != 0))
