"""Turns faces upright and to one size, the way that recognizers were trained to see them.

A recognizer states in which size it takes faces, and where the five points belong there: ArcFace's, in 112 by 112
pixels, unless it says otherwise. The map is the similarity transform (rotation, scale, shift; no mirroring, no shear)
that brings a face's five points nearest to them in the sense of least squares. Both are those of InsightFace's
``insightface.utils.face_align.norm_crop``, on whose pictures the recognizers of this field were trained; plain bilinear
sampling is kept for the same reason, even where a large face is made small.

Writing a point as a complex number, the transform is ``z -> a z + b``, and least squares has a closed form: `a` is the
covariance of the two centred point sets over the variance of the first (S. Umeyama, "Least-squares estimation of
transformation parameters between two point patterns", PAMI 1991, in two dimensions).
"""

from __future__ import annotations

import cv2
import numpy as np

from slceleb_core.types import ARCFACE, Alignment, Array, ArrayPixels, Pixels

MIN_SPREAD = 0.5
"""Root mean square distance, in pixels, of the five points to their centre below which they are taken for one point:
no face of that size can be seen."""

SPARE = 2
"""Pixels beyond a crop's corners that are taken along, so that its edge is not blended with black."""


def alignable(keypoints5: Array) -> Array:
    """Tell which faces can be aligned at all.

    Parameters
    ----------
    keypoints5
        float [n, 5, 2], pixels.

    Returns
    -------
    Array
        bool [n]: False where a point is not finite, or where all five are one point. :func:`align_faces` gives those
        faces a black picture, which no one should be recognized in.
    """
    points = np.asarray(keypoints5, dtype=np.float64).reshape(-1, 5, 2)
    with np.errstate(invalid="ignore", over="ignore"):
        spread = np.sqrt(points.var(axis=1).sum(axis=1))
    return np.asarray(np.isfinite(spread) & (spread >= MIN_SPREAD))


def similarity_transforms(keypoints5: Array, wanted: Alignment = ARCFACE) -> Array:
    """Return the least-squares similarity transforms that bring faces onto a template.

    Parameters
    ----------
    keypoints5
        float [n, 5, 2], pixels, of faces that are :func:`alignable`.
    wanted
        Where their points belong.

    Returns
    -------
    Array
        float64 [n, 2, 3]: each maps a picture's ``[x, y, 1]`` to the crop's ``[x, y]``.
    """
    faces = np.asarray(keypoints5, dtype=np.float64).reshape(-1, 5, 2) @ np.array([1, 1j])
    goal = wanted.template @ np.array([1, 1j])
    middle = faces.mean(axis=1, keepdims=True)
    centred, around = faces - middle, goal - goal.mean()
    a = (centred.conj() * around).sum(axis=1) / (np.abs(centred) ** 2).sum(axis=1)
    b = goal.mean() - a * middle[:, 0]
    return np.stack([np.stack([a.real, -a.imag, b.real], axis=1), np.stack([a.imag, a.real, b.imag], axis=1)], axis=1)


def align_faces(image: Array, keypoints5: Array, wanted: Alignment = ARCFACE) -> Array:
    """Cut faces out of a picture, each turned and scaled onto a template.

    Parameters
    ----------
    image
        uint8 [height, width, 3], in whatever order of channels the result should have; not changed.
    keypoints5
        float [n, 5, 2], pixels, in the order of ``Faces.keypoints5``.
    wanted
        In which size, and where the points belong.

    Returns
    -------
    Array
        uint8 [n, size, size, 3]: black where the picture ends, and all black for faces that are not
        :func:`alignable`.

    Raises
    ------
    ValueError
        `image` is not uint8 [height, width, 3], or `keypoints5` not [n, 5, 2].
    """
    picture, points = np.asarray(image), np.asarray(keypoints5, dtype=np.float64)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        found = f"shape {list(picture.shape)} and dtype {picture.dtype}"
        raise ValueError(f"image has {found}, expected uint8 [any, any, 3]")
    if points.ndim != 3 or points.shape[1:] != (5, 2):
        raise ValueError(f"keypoints5 has shape {list(points.shape)}, expected [any, 5, 2]")
    return aligned(ArrayPixels(picture), points, wanted)


def aligned(pixels: Pixels, keypoints5: Array, wanted: Alignment = ARCFACE) -> Array:
    """Cut faces out of what a frame shows (``Frame.pixels``); only what lies around a face is made.

    The rest is as of :func:`align_faces`.
    """
    points, size = np.asarray(keypoints5, dtype=np.float64), wanted.size
    crops = np.zeros((len(points), size, size, 3), dtype=np.uint8)
    rows = np.flatnonzero(alignable(points)) if all(pixels.size) else ()
    for row, matrix in zip(rows, similarity_transforms(points[rows], wanted) if len(rows) else (), strict=True):
        x0, y0, x1, y1 = _square(matrix, size, pixels.size)
        if x0 < x1 and y0 < y1:
            moved = np.column_stack([matrix[:, :2], matrix @ (x0, y0, 1.0)])
            part = pixels.part(x0, y0, x1, y1)
            cv2.warpAffine(part, moved, (size, size), dst=crops[row], flags=cv2.INTER_LINEAR, borderValue=0.0)
    return crops


def _square(matrix: Array, size: int, picture: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return x0, y0, x1, y1 of what a crop shows of a picture of that width and height."""
    corners = np.array([[-1, -1], [-1, size], [size, -1], [size, size]]) - matrix[:, 2]
    seen = np.linalg.solve(matrix[:, :2], corners.T)
    low, high = np.floor(seen.min(axis=1)) - SPARE, np.ceil(seen.max(axis=1)) + SPARE
    x0, y0, x1, y1 = np.clip([*low, *high], 0, [*picture, *picture]).astype(int).tolist()
    return x0, y0, x1, y1
