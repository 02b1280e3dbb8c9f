"""What is looked at of a frame: windows, a rectangle, the picture at another size. Nothing else touches its pixels."""

from __future__ import annotations

import numpy as np

from slceleb_core.media import windows
from slceleb_core.types import Array, Frame, shrunk


def windows_of(frame: Frame, squares: Array, pixels: int) -> Array:
    """Return uint8 [n, pixels, pixels, 3]: squares of a frame, float64 [n, 4]."""
    return windows.windows_of(frame.pixels, squares, pixels)


def part_of(frame: Frame, box: Array) -> Array:
    """Return uint8 [h, w, 3]: the pixels of a box, x0, y0, x1, y1, as far as they lie in the picture; maybe none."""
    x0, y0, x1, y1 = (int(edge) for edge in (*np.floor(box[:2]), *np.ceil(box[2:])))
    return frame.part(x0, y0, x1, y1)


def small(frame: Frame, width: int, height: int) -> Array:
    """Return uint8 [height, width, 3]: all of a frame."""
    return frame.small(width, height)


def smaller(image: Array, width: int, height: int) -> Array:
    """Return a picture at a smaller size."""
    return shrunk(image, width, height)
