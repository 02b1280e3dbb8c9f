"""A part of a decoded picture, as it is or made smaller, as it is stored: before it becomes red, green and blue.

swscale gives a pixel the same colours in a rectangle as in the picture only where nothing depends on what lies further
away. So the cut begins where a vector of its SIMD code may begin, is wider than asked for, as what is left over at the
right of a row is rounded otherwise, and is refused where the rows of a picture are not converted one by one: where
colours are blended between rows (an odd number of them, other formats), and with fields.
"""

from __future__ import annotations

from typing import NamedTuple

import av
import numpy as np

from slceleb_core.types import Array, shrunk

VECTOR = 64
"""Pixels to whose multiples a cut grows across: the widest vector of bytes (AVX-512)."""

ROWS = 2
"""Rows to whose multiples it grows: a row of colours belongs to two."""


class Layout(NamedTuple):
    """How a format of 8 bits in planes stores colours: to how many columns, and rows, of brightness one belongs."""

    across: int
    down: int


LAYOUTS = {
    "yuv420p": Layout(2, 2),
    "yuvj420p": Layout(2, 2),
    "yuv422p": Layout(2, 1),
    "yuvj422p": Layout(2, 1),
}
"""By libav's name; those that libswscale turns into RGB row by row, pixel by pixel (``yuv2rgb.c``)."""


def grown(x0: int, y0: int, x1: int, y1: int, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the rectangle to be cut for one that is asked for, of a picture of that size."""
    left, right = x0 // VECTOR * VECTOR, -(-x1 // VECTOR) * VECTOR
    return left, y0 // ROWS * ROWS, min(right, width), min(-(-y1 // ROWS) * ROWS, height)


def can_be_cut(picture: av.VideoFrame) -> bool:
    """Tell whether a rectangle of a picture gives the same colours as the picture."""
    if picture.format.name not in LAYOUTS or picture.height % ROWS or picture.interlaced_frame:
        return False
    return all(plane.line_size > 0 for plane in picture.planes)  # below 0, rows lie from the bottom up


def cut_out(picture: av.VideoFrame, x0: int, y0: int, x1: int, y1: int) -> av.VideoFrame:
    """Return a copy of a rectangle that :func:`grown` gave, of a picture that can be cut."""
    name = picture.format.name
    layout = LAYOUTS[name]
    made = av.VideoFrame(x1 - x0, y1 - y0, name)
    made.colorspace, made.color_range = picture.colorspace, picture.color_range
    for number in range(3):
        across, down = layout if number else (1, 1)
        columns, rows = slice(x0 // across, -(-x1 // across)), slice(y0 // down, y1 // down)
        _rows_of(made, number)[:, : columns.stop - columns.start] = _rows_of(picture, number)[rows, columns]
    return made


def averaged(
    picture: av.VideoFrame, x0: int, y0: int, x1: int, y1: int, every: int, size: tuple[int, int]
) -> av.VideoFrame:
    """Return a rectangle of a picture that can be cut, scaled to a size by averaging.

    Colours stay as coarse as they are against brightness, and are turned into RGB when all is small.

    Parameters
    ----------
    picture
        The picture.
    x0, y0, x1, y1
        The rectangle; it begins on even pixels.
    every
        In each direction, one of so many pixels is averaged over.
    size
        Width and height. Where one is odd, so much more is made, which is to be ignored: an odd number of rows is not
        turned into RGB row by row.
    """
    name = picture.format.name
    width, height = (-(-side // ROWS) * ROWS for side in size)
    made = av.VideoFrame(width, height, name)
    made.colorspace, made.color_range = picture.colorspace, picture.color_range
    for number in range(3):
        across, down = LAYOUTS[name] if number else (1, 1)
        columns, rows = slice(x0 // across, -(-x1 // across), every), slice(y0 // down, -(-y1 // down), every)
        few = -(-size[0] // across), -(-size[1] // down)
        shown = _rows_of(picture, number)[rows, columns]
        _rows_of(made, number)[: few[1], : few[0]] = shrunk(shown, *few)
    return made


def _rows_of(picture: av.VideoFrame, number: int) -> Array:
    """Return uint8 [height, bytes a row] of a plane, shared with it."""
    plane = picture.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8)
    return rows[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
