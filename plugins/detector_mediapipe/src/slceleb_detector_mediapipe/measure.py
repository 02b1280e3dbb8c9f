"""What is read off a mesh: box, keypoints, pose, sharpness; and whether it can be a face at all."""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array

KEYPOINTS = (468, 473, 1, 61, 291)
"""Mesh points of ArcFace's five: both irises, nose tip, both mouth corners (Face Landmarker's topology)."""

CHIN, FOREHEAD = 152, 10

MIRROR = ((1, 1), (152, 152), (10, 10), (468, 473), (473, 468), (61, 291), (291, 61))
"""Points by which a mesh is compared with the one seen in a mirror: nose, chin and forehead, eyes and mouth corners."""

SHARP = 100.0
"""Variance of the Laplacian, in grey levels squared at 112 pixels, that counts as half sharp.

100 is the usual limit between blurred and sharp pictures (Pech-Pacheco et al., ICPR 2000, as commonly applied).
"""

FACE_PIXELS = 112
"""Side at which sharpness is judged: what a recognizer will see."""


def box_of(points: Array) -> Array:
    """Return float64 [4]: the hull of the mesh [478, 3], from the top of the forehead to the chin, in its own unit."""
    return np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)])


def pose_of(transform: Array) -> Array:
    """Return float32 [3]: yaw, pitch, roll in degrees.

    Positive yaw: the face looks to the right of the picture; positive pitch: down; positive roll: its top is tilted
    to the left of the picture. The rotation is taken apart as Ry(yaw) Rx(pitch) Rz(roll).
    """
    rotation = transform[:3, :3].astype(np.float64)
    rotation = rotation / np.maximum(np.linalg.norm(rotation, axis=0), 1e-9)
    yaw = np.arctan2(rotation[0, 2], rotation[2, 2])
    pitch = np.arcsin(np.clip(-rotation[1, 2], -1.0, 1.0))
    roll = np.arctan2(rotation[1, 0], rotation[1, 1])
    return np.asarray(np.degrees([yaw, pitch, roll]), dtype=np.float32)


def sharpness_of(patch: Array) -> float:
    """Return 0..1 for a face, uint8 [h, w, 3], judged at the size a recognizer sees it; 0 where it has no pixel.

    A small face that has to be enlarged has no fine detail, and so is not sharp however crisp its pixels are.
    """
    if not patch.size:
        return 0.0
    import cv2  # not where plugins are listed

    shrinks = patch.shape[0] * patch.shape[1] > FACE_PIXELS**2
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    grey = cv2.cvtColor(cv2.resize(patch, (FACE_PIXELS, FACE_PIXELS), interpolation=how), cv2.COLOR_RGB2GRAY)
    variance = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return variance / (variance + SHARP)


def disagreement(points: Array, mirrored: Array) -> float:
    """Return how far two meshes [478, 3] of one face lie apart, in face sizes; the second was seen in a mirror.

    `mirrored` is in the first one's coordinates, but its left is the first one's right. Where there is a face, the two
    agree to a few hundredths; a mesh that was fitted to something else comes out elsewhere, or not at all.
    """
    x0, y0, x1, y1 = box_of(points)
    apart = [np.linalg.norm(points[a, :2] - mirrored[b, :2]) for a, b in MIRROR]
    return float(np.mean(apart) / max(x1 - x0, y1 - y0, 1e-9))


def plausible(points: Array) -> bool:
    """Tell whether a mesh has the proportions of a face, seen from any side that can be recognised.

    A mesh fitted to something else folds up or stretches: the chin must lie away from the forehead, eyes on one side
    of the mouth, and neither side of its box may be a sliver of the other.
    """
    x0, y0, x1, y1 = box_of(points)
    width, height = x1 - x0, y1 - y0
    if not np.isfinite(points).all() or min(width, height) <= 0 or not 0.35 <= width / height <= 2.5:
        return False
    upright = points[CHIN, :2] - points[FOREHEAD, :2]
    length = float(np.linalg.norm(upright))
    down = upright / max(length, 1e-9)
    eyes, mouth = (points[list(pair), :2].mean(axis=0) @ down for pair in ((468, 473), (61, 291)))
    return bool(length >= 0.5 * max(width, height) and mouth - eyes >= 0.15 * length)
