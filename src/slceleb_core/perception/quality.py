"""How far a face can be trusted to show who it is: the weight of its vote."""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array, Faces

FULL_SIZE = 112.0
"""Pixels from which size costs nothing: the input size of ArcFace-type recognizers; smaller faces are upscaled."""

PROFILE = 60.0
"""Degrees of yaw or pitch at which a face stops counting: recognizers are trained on faces up to about there."""

FLOOR = 0.01
"""Weight of the worst face, so that a track of bad faces still has a vote (the threshold then decides)."""


def quality(faces: Faces) -> Array:
    """Return float32 [n], 0.01..1: the product of a size, a pose and a sharpness term.

    A term that the detector never gives counts as 1. A face of which it does not know it, where it gives it of others,
    weighs 0: it may be turned away.
    """
    weight, known = np.minimum(faces.sizes / FULL_SIZE, 1.0), np.ones(len(faces), dtype=bool)
    if faces.pose is not None:
        known = known & np.isfinite(faces.pose[:, :2]).all(axis=1)
        turned = np.minimum(np.abs(faces.pose[:, :2]) / PROFILE, 1.0)
        weight = weight * np.cos(turned * (np.pi / 2)).prod(axis=1)
    if faces.sharpness is not None:
        known = known & np.isfinite(faces.sharpness)
        weight = weight * np.clip(faces.sharpness, 0.0, 1.0)
    return np.asarray(np.where(known, np.maximum(weight, FLOOR), 0.0), dtype=np.float32)
