"""The window through which a face is looked at: the mesh network's own square, held still.

MediaPipe turns a face upright by the line of its eyes and takes the square around it that is half as large again
(``face_landmarks_detector_graph.cc``, ``face_detector_graph.cc``); on the next frame the square follows the landmarks.
Landmarks are measured from the window's pixels. A window that followed every pixel of the face's motion would be
resampled anew on every frame, and the landmarks would tremble with it; lip motion is measured from them. So a window
stays where it is until the face has moved, grown or tilted by a noticeable part.
"""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array

MARGIN = 1.5
"""Side of a window, in face sizes, as MediaPipe configures it (``RectTransformationCalculator``)."""

FINDING = 2.0
"""The same of what the finder looks at, which is not turned: it sees faces from an eighth to most of a picture."""

WIDE = 3.0
"""The same for a second look, where a face was lost."""

DRIFT = 0.15
"""Face sizes that a face may be off its window's middle before the window moves."""

GROWTH = 1.2
"""Times by which a face may have grown or shrunk before the window is scaled."""

TILT = np.radians(10.0)
"""Angle by which a face may have tilted before the window is turned: the eyes of a talker nod by less."""

LEFT_CORNER, RIGHT_CORNER = 33, 263
"""Outer corners of the eyes on the picture's left and right, by which a mesh is turned upright."""


def around_mesh(points: Array) -> Array:
    """Return float64 [4], the window around a mesh, [478, 3] in pixels."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return _window(low, high, points[RIGHT_CORNER, :2] - points[LEFT_CORNER, :2])


def around_find(box: Array, points: Array) -> Array:
    """Return the window around a find: its box [4] and its six points [6, 2], in pixels."""
    return _window(box[:2], box[2:], points[1] - points[0])


def _window(low: Array, high: Array, eyes: Array) -> Array:
    side = max(float((high - low).max()), 1.0) * MARGIN
    return np.array([*(low + high) / 2, side, np.arctan2(eyes[1], eyes[0])])


def upright(box: Array, margin: float) -> Array:
    """Return the window around a face box (x0, y0, x1, y1) that is not turned."""
    return np.array([*(box[:2] + box[2:]) / 2, max(float((box[2:] - box[:2]).max()), 1.0) * margin, 0.0])


def finding(window: Array) -> Array:
    """Return what the finder looks at where a face is followed through a window: wider, and not turned."""
    return np.array([window[0], window[1], window[2] * (FINDING / MARGIN), 0.0])


def shifted(window: Array, by: Array) -> Array:
    """Return a window that is moved by some pixels, [2]."""
    return np.array([*(window[:2] + by), *window[2:]])


def steady(held: Array, wanted: Array) -> Array:
    """Return the window to use, where one was held so far and another would fit the face best."""
    size = wanted[2] / MARGIN
    off = float(np.abs(held[:2] - wanted[:2]).max())
    turned = abs((wanted[3] - held[3] + np.pi) % (2 * np.pi) - np.pi)
    fits = off <= DRIFT * size and 1 / GROWTH <= wanted[2] / held[2] <= GROWTH and turned <= TILT
    return held if fits else wanted
