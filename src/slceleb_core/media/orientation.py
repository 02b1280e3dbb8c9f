"""How a decoded picture has to be turned, or mirrored, to be upright: the container's display matrix.

The matrix is QuickTime's (QuickTime File Format Specification, "Matrices"; libavutil ``display.h``): nine 32-bit
numbers a b u c d v x y w, by which a point of the stored picture goes to (a x + c y, b x + d y) on the display, y down.
Only quarter turns and mirrorings are honoured, as players do; any other angle is taken to the nearest of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import numpy as np

from slceleb_core.types import Array

MATRIX_BYTES = 36


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight ways in which a picture can lie.

    Attributes
    ----------
    transposed
        Whether rows and columns change places, before any mirroring.
    mirrored_x, mirrored_y
        Whether left and right, top and bottom change places.
    """

    transposed: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees, counter-clockwise, by which pictures are turned; mirroring, where there is any, comes on top."""
        # The stored x axis goes to (a, b) on a display whose y axis points down.
        if self.transposed:
            return 90 if self.mirrored_y else 270
        return 180 if self.mirrored_x else 0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of the upright picture, in pixels."""
        return (height, width) if self.transposed else (width, height)

    def apply(self, image: Array) -> Array:
        """Return the upright picture of uint8 [height, width, 3], contiguous."""
        turned = image.swapaxes(0, 1) if self.transposed else image
        rows = slice(None, None, -1 if self.mirrored_y else 1)
        columns = slice(None, None, -1 if self.mirrored_x else 1)
        return np.ascontiguousarray(turned[rows, columns])

    def stored(self, upright: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return where a rectangle of the upright picture lies in the stored one.

        Parameters
        ----------
        upright
            x0, y0, x1, y1.
        size
            Width and height of the stored picture.
        """
        x0, y0, x1, y1 = upright
        width, height = self.size(*size)
        if self.mirrored_x:
            x0, x1 = width - x1, width - x0
        if self.mirrored_y:
            y0, y1 = height - y1, height - y0
        return (y0, x0, y1, x1) if self.transposed else (x0, y0, x1, y1)

    def filters(self) -> list[tuple[str, str]]:
        """Return the libavfilter filters, with their arguments, that do the same to a video frame."""
        steps = [("transpose", "cclock_flip")] if self.transposed else []
        steps += [("hflip", "")] if self.mirrored_x else []
        return steps + ([("vflip", "")] if self.mirrored_y else [])


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """Return how a decoded frame lies, by the display matrix that came with it."""
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    return Orientation() if matrix is None else parse_matrix(bytes(matrix))


class OrientationReader:
    """Tells how the pictures of a stream lie, one after the other; looked up anew only where the angle has changed.

    A frame that has been asked for its side data refers to itself from then on (PyAV), and stays in memory until the
    garbage collector comes by: half a gigabyte of them in Full HD.
    """

    def __init__(self) -> None:
        self._last: tuple[int | None, Orientation] | None = None

    def of(self, frame: av.VideoFrame) -> Orientation:
        """Return how a decoded frame lies."""
        angle: int | None = getattr(frame, "rotation", None)  # PyAV 14 may not tell it
        if self._last is None or angle is None or self._last[0] != angle:
            self._last = (angle, orientation_of(frame))
        return self._last[1]


def parse_matrix(content: bytes) -> Orientation:
    """Return what a display matrix says; upright where it holds too little or nothing but zeros."""
    if len(content) < MATRIX_BYTES:
        return Orientation()
    a, b, _, c, d = (int(value) for value in np.frombuffer(content[:MATRIX_BYTES], np.int32)[:5])
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(transposed=True, mirrored_x=c < 0, mirrored_y=b < 0)
    return Orientation(mirrored_x=a < 0, mirrored_y=d < 0)
