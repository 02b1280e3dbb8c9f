"""Squares of a picture, cut out as a network takes them in: turned, scaled, black beyond the picture.

A landmark network is shown a face upright and in a size of its own. Whoever looks at a face for a while holds the
square still: landmarks tremble with the window that they are seen through (``types.Found``). So the same square of two
pictures must be cut alike, whoever does it and whatever else is cut beside it.
"""

from __future__ import annotations

from math import ceil, cos, floor, sin

import cv2
import numpy as np

from slceleb_core.types import Array, ArrayPixels, Pixels

SPARE = 2
"""Pixels beyond a square's corners that are taken along, so that its edge is not blended with black."""


def cut_windows(image: Array, windows: Array, pixels: int) -> Array:
    """Return squares of a picture that is at hand; as :func:`windows_of`, with uint8 [height, width, 3]."""
    return windows_of(ArrayPixels(image), windows, pixels)


def windows_of(picture: Pixels, windows: Array, pixels: int) -> Array:
    """Return squares of a picture, each cut out by one resampling; only what lies around a square is made.

    Where more than two pixels of the picture fall on one of the result, they are averaged first: with pixels skipped,
    landmarks tremble.

    Parameters
    ----------
    picture
        What a frame shows (``Frame.pixels``).
    windows
        float64 [n, 4]: which squares, as of ``types.Found``.
    pixels
        Side of each in the result.

    Returns
    -------
    Array
        uint8 [n, pixels, pixels, 3]; black beyond the picture.
    """
    cut = np.zeros((len(windows), pixels, pixels, 3), dtype=np.uint8)
    for target, window in zip(cut, windows, strict=True):
        _cut(picture, window, target)
    return cut


def _cut(picture: Pixels, window: Array, target: Array) -> None:
    """Fill `target`, uint8 [pixels, pixels, 3], with what is seen through a window; it is black beforehand."""
    pixels = len(target)
    x, y, side, angle = (float(value) for value in window)
    step = side / pixels
    whole = max(floor(step), 1)
    half = side / 2 * (abs(cos(angle)) + abs(sin(angle))) + SPARE * whole
    (left, right), (top, bottom) = (
        _in_blocks(middle - half, middle + half, most, whole) for middle, most in zip((x, y), picture.size, strict=True)
    )
    if right <= left or bottom <= top:
        return
    across, down = (ceil(length / whole) for length in (right - left, bottom - top))
    if whole > 1:
        part = picture.reduced(left, top, right, bottom, (across, down))
    else:
        part = picture.part(left, top, right, bottom)
    shrink = np.array([across / (right - left), down / (bottom - top)])
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]) * step * shrink[:, None]
    # the middle of pixel i lies at i + 0.5: types.py has the origin at the corner of the first
    origin = (np.array([x - left, y - top]) * shrink) - turn @ np.full(2, (pixels - 1) / 2) - 0.5
    cv2.warpAffine(
        part,
        np.column_stack([turn, origin]),
        (pixels, pixels),
        dst=target,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )


def _in_blocks(low: float, high: float, most: int, whole: int) -> tuple[int, int]:
    """Return the edges, within 0..`most`, of what is averaged over blocks of `whole` pixels; none, if they meet.

    They lie on even pixels and, where the picture is wide enough, an even number of blocks apart: so blocks are of one
    size in brightness and in colours, which are stored for two pixels together.
    """
    first, last = max(floor(low), 0), min(ceil(high), most)
    if whole == 1 or last <= first:
        return first, last
    first -= first % 2
    length = ceil((last - first) / (2 * whole)) * 2 * whole
    first = min(first, max(most - length, 0) // 2 * 2)
    return first, min(first + length, most)


def to_picture(points: Array, windows: Array) -> Array:
    """Return points that were seen through windows where they lie in the picture.

    Parameters
    ----------
    points
        float64 [n, k, 2 or 3], in sides of the window from its top left corner; a depth is only scaled.
    windows
        float64 [n, 4].

    Returns
    -------
    Array
        float64, as `points`, in pixels.
    """
    centres, sides, angles = windows[:, None, :2], windows[:, 2, None, None], windows[:, 3]
    turns = np.stack([np.cos(angles), np.sin(angles), -np.sin(angles), np.cos(angles)], axis=1).reshape(-1, 2, 2)
    placed = np.array(points, dtype=np.float64) * sides
    placed[..., :2] = (placed[..., :2] - sides / 2) @ turns + centres
    return placed
