"""The window through which a face is looked at: cut out of the picture, scaled, and held still.

The mesh is measured from the window's pixels. A window that followed every pixel of the face's motion would be
resampled anew on every frame, and the landmarks would tremble with it; lip motion is measured from them. So a window
stays where it is until the face has moved or grown by a noticeable part of its size.
"""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array
from slceleb_detector_mediapipe.tiles import Square

MARGIN = 2.0
"""Side of a window, in face sizes: the mesh network wants 1.5, and the face moves before the window does."""

WIDE = 3.0
"""The same for a second look, where a face was lost."""

DRIFT = 0.15
"""Face sizes that a face may be off its window's centre before the window moves."""

GROWTH = 1.2
"""Times by which a face may have grown or shrunk before the window is scaled."""

PIXELS = 320
"""Largest side that a window is handed over in: the mesh's 256 over three quarters of the window."""


def around(box: Array, margin: float) -> Square:
    """Return the square window around a face box (x0, y0, x1, y1)."""
    side = max(round(float(max(box[2] - box[0], box[3] - box[1])) * margin), 8)
    x, y = (box[:2] + box[2:]) / 2 - side / 2
    return Square(round(float(x)), round(float(y)), side)


def steady(window: Square, box: Array) -> Square:
    """Return the window to use for a face that was last seen, or is expected, at `box`."""
    size = float(max(box[2] - box[0], box[3] - box[1], 1.0))
    x, y = (box[:2] + box[2:]) / 2
    off = max(abs(window.x + window.side / 2 - x), abs(window.y + window.side / 2 - y))
    growth = size * MARGIN / window.side
    if off <= DRIFT * size and 1 / GROWTH <= growth <= GROWTH:
        return window
    return around(box, MARGIN)


def cut(image: Array, window: Square, pixels: int) -> Array:
    """Return uint8 [pixels, pixels, 3], contiguous: the window's content, black beyond the picture."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = window.x, window.y, window.x + window.side, window.y + window.side
    inside = image[max(y0, 0) : max(min(y1, height), 0), max(x0, 0) : max(min(x1, width), 0)]
    if not inside.size:
        return np.zeros((pixels, pixels, 3), dtype=np.uint8)
    # scale first, then pad: a tile of an 8K picture is not copied at full size
    scale = pixels / window.side
    left, top = (round(max(-v, 0) * scale) for v in (x0, y0))
    across, down = (max(round(n * scale), 1) for n in (inside.shape[1], inside.shape[0]))
    across, down = min(across, pixels - left), min(down, pixels - top)
    if across < 1 or down < 1:
        return np.zeros((pixels, pixels, 3), dtype=np.uint8)
    result = np.zeros((pixels, pixels, 3), dtype=np.uint8)
    same = (down, across) == inside.shape[:2]
    result[top : top + down, left : left + across] = inside if same else _resized(inside, across, down, scale)
    return result


def scaled(image: Array, scale: float) -> Array:
    """Return the picture at another size, at least one pixel either way."""
    across, down = (max(round(n * scale), 1) for n in (image.shape[1], image.shape[0]))
    return _resized(image, across, down, scale)


def _resized(image: Array, across: int, down: int, scale: float) -> Array:
    """Return the picture at the size of a scale: by area, which is slow, only where pixels would be skipped.

    Small faces are enlarged linearly: cubic interpolation sharpens coding noise, and landmarks tremble with it. On a
    silent face of 42 pixels (clip obama_biden), high-passed lip opening is 0.005 of the distance between the eyes with
    the one and 0.008 with the other, while the speaker's moves no less.
    """
    import cv2  # not where plugins are listed

    kind = cv2.INTER_LINEAR if scale > 0.5 else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, (across, down), interpolation=kind))


def pixels_for(window: Square) -> int:
    """Return the side that a window is handed over in: small faces are enlarged to what the mesh network takes in."""
    return min(max(window.side, 256), PIXELS)
