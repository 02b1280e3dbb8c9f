"""A face mesh of 478 points with sane geometry, made of ellipses: what a test needs of MediaPipe's topology.

Indices are those of MediaPipe's ``face_mesh_connections`` (Apache-2.0). The outlines lie where a frontal face has them,
the other points are spread inside the oval. Unit: half the width of the face; origin: between the eyes; x to the
picture's right, y down, z away from the camera.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from slceleb_core.types import LANDMARKS, Array

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The face's outline, clockwise on the picture from the top of the forehead."""

UPPER_LIP = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_LIP = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
UPPER_INNER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Arcs of the lips, from the corner on the picture's left to the one on its right."""

LEFT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_EYE = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
"""Outlines of the eyes on the picture's left and right, clockwise from the corner on the left."""

LEFT_IRIS, RIGHT_IRIS = (468, 469, 470, 471, 472), (473, 474, 475, 476, 477)
"""Centre first."""

NOSE = {1: (0.0, 0.42), 4: (0.0, 0.36), 2: (0.0, 0.52), 5: (0.0, 0.30), 6: (0.0, 0.02), 168: (0.0, -0.08)}
"""Points of the ridge and the tip of the nose."""

CHIN = (199, 175)
"""Between the lower lip and the bottom of the oval."""

FACE_CENTRE = (0.0, 0.28)
FACE_RADII = (1.0, 1.32)
EYE_Y, EYE_X, EYE_RADII = 0.0, 0.44, (0.20, 0.075)
MOUTH_Y, MOUTH_HALF_WIDTH = 0.85, 0.36

DROP = 0.15
"""How far the chin falls when the mouth opens from 0 to 1: about 1 cm of a head 14 cm wide."""


def _arc(radii: tuple[float, float], centre: tuple[float, float], turns: Array) -> Array:
    """Return points of an ellipse; turn 0 is its leftmost point, rising turns run clockwise on the picture."""
    angle = np.pi + 2 * np.pi * np.asarray(turns)
    return np.stack([centre[0] + radii[0] * np.cos(angle), centre[1] + radii[1] * np.sin(angle)], axis=-1)


def _spread(count: int) -> Array:
    """Return [count, 2] points spread evenly inside the face's oval (a sunflower)."""
    order = np.arange(count) + 0.5
    radius, angle = 0.9 * np.sqrt(order / count), order * np.pi * (3.0 - np.sqrt(5.0))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1) * FACE_RADII + FACE_CENTRE


def _lip(points: Array, arc: tuple[int, ...], half_width: float, height: float) -> None:
    """Put a lip's arc half an ellipse above (`height` < 0) or below the line of the mouth."""
    turns = np.linspace(0.0, 0.5, len(arc))
    points[list(arc)] = _arc((half_width, -height), (0.0, MOUTH_Y), turns)


@cache
def _closed() -> Array:
    """Return [478, 3]: the face with its mouth closed, frozen."""
    points = _spread(LANDMARKS)
    points[list(OVAL)] = _arc(FACE_RADII, FACE_CENTRE, 0.25 + np.arange(len(OVAL)) / len(OVAL))
    for outline, x in ((LEFT_EYE, -EYE_X), (RIGHT_EYE, EYE_X)):
        points[list(outline)] = _arc(EYE_RADII, (x, EYE_Y), np.arange(len(outline)) / len(outline))
    for iris, x in ((LEFT_IRIS, -EYE_X), (RIGHT_IRIS, EYE_X)):
        points[iris[0]] = (x, EYE_Y)
        points[list(iris[1:])] = _arc((0.06, 0.06), (x, EYE_Y), np.arange(4) / 4)
    for index, place in NOSE.items():
        points[index] = place
    for index, y in zip(CHIN, (1.22, 1.42), strict=True):
        points[index] = (0.0, y)
    _lip(points, UPPER_LIP, MOUTH_HALF_WIDTH, -0.10)
    _lip(points, LOWER_LIP, MOUTH_HALF_WIDTH, 0.12)
    _lip(points, UPPER_INNER_LIP, MOUTH_HALF_WIDTH * 0.85, -0.01)
    _lip(points, LOWER_INNER_LIP, MOUTH_HALF_WIDTH * 0.85, 0.01)
    return _with_depth(points)


def _with_depth(points: Array) -> Array:
    """Return [478, 3]: the points on a flat ellipsoid, the nose in front of it."""
    apart = (points - np.asarray(FACE_CENTRE)) / np.asarray(FACE_RADII)
    depth = -0.6 * np.sqrt(np.clip(1.0 - (apart**2).sum(axis=1), 0.0, None))
    depth[list(NOSE)] -= 0.15
    depth[1] -= 0.15
    return np.asarray(np.column_stack([points, depth]))


@cache
def _lowering() -> Array:
    """Return [478]: which share of `DROP` each point falls; the lower half of the face follows the jaw."""
    y = _closed()[:, 1]
    share = np.clip((y - MOUTH_Y) / (1.3 - MOUTH_Y), 0.0, 1.0)
    share[list(LOWER_LIP[1:-1])] = 0.9
    share[list(LOWER_INNER_LIP[1:-1])] = 0.9
    share[[*UPPER_LIP, *UPPER_INNER_LIP]] = 0.0
    return np.asarray(share)


def face_mesh(openness: float = 0.0) -> Array:
    """Return the mesh of a frontal face.

    Parameters
    ----------
    openness
        How far the mouth is open, 0..1.

    Returns
    -------
    Array
        float64 [478, 3], in halves of the face's width, the origin between the eyes.
    """
    mesh: Array = _closed().copy()
    mesh[:, 1] += _lowering() * DROP * openness
    return mesh


def keypoints5(landmarks: Array) -> Array:
    """Return [5, 2]: irises, nose tip and mouth corners of a mesh, in the order of ``Faces.keypoints5``."""
    return np.asarray(landmarks)[[LEFT_IRIS[0], RIGHT_IRIS[0], 1, 61, 291], :2]


def bounding_box(landmarks: Array) -> Array:
    """Return [4]: x0, y0, x1, y1 around a mesh."""
    flat = np.asarray(landmarks)[:, :2]
    return np.asarray(np.concatenate([flat.min(axis=0), flat.max(axis=0)]))
