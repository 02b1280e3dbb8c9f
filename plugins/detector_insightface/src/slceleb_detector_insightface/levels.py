"""In which sizes a picture is looked at.

A network sees faces from some 18 pixels to about two thirds of its picture: of 48 portraits, looked at in 640 pixels,
it misses those 9 whose face fills them, and finds them in 160. So a picture is looked at twice, in the size that the
smallest face takes, and in a quarter of it, which costs a sixteenth as much. InsightFace's own detectors look in 640
and 128.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from slceleb_core.types import Array, Frame, shrunk

FINDABLE = 18
"""Pixels of the longer side of a face from which it is found.

Measured on InsightFace's sample picture, made smaller: SCRFD-500M finds all six faces at 17 to 20 pixels, five at 15 to
18, three at 13 to 15; SCRFD-2.5G sees them at two pixels less.
"""

FURTHER = 4
"""By how much the second look is from further away."""

LEAST_SIDE = 128
"""Longer side, in pixels, below which no second look is taken: one of a face that fills it is seen on that."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """A picture in a size in which it is looked at.

    Attributes
    ----------
    canvas
        uint8 [height, width, 3]: the picture at the top left, and black beside it; sides are what the network wants.
    scale
        float64 [2]: pixels of the picture for one of the canvas, across and down.
    """

    canvas: Array
    scale: Array


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large pictures are made for a network.

    Attributes
    ----------
    longest
        Longer side of the finest look, where the picture itself is not smaller.
    multiple
        Of what the sides of a canvas are multiples.
    fixed
        Width and height of the one canvas that the network takes; None where it takes any.
    """

    longest: int
    multiple: int
    fixed: tuple[int, int] | None = None

    def fine(self, frame: Frame) -> Level:
        """Return a frame as it is looked at for the smallest faces."""
        width, height = frame.width, frame.height
        if self.fixed is not None:
            return self._placed(frame.small(*_within(width, height, self.fixed)), frame, self.fixed)
        side = min(self.longest, max(width, height, LEAST_SIDE))
        size = _within(width, height, (side, side))
        return self._placed(frame.small(*size), frame, self._canvas(size))

    def coarse(self, frame: Frame, fine: Level | None = None) -> Level | None:
        """Return a frame as it is looked at for the largest faces; None where the finest look serves for those.

        Parameters
        ----------
        frame
            The picture.
        fine
            As it is looked at for the smallest faces, if that is at hand: less work.
        """
        side = max(min(self.longest, max(frame.width, frame.height)) // FURTHER, LEAST_SIDE)
        if self.fixed is not None or side >= min(self.longest, max(frame.width, frame.height)):
            return None
        size = _within(frame.width, frame.height, (side, side))
        nearer = fine or self.fine(frame)
        across, down = (round(length) for length in (frame.width, frame.height) / nearer.scale)
        return self._placed(shrunk(nearer.canvas[:down, :across], *size), frame, self._canvas(size))

    def _canvas(self, size: tuple[int, int]) -> tuple[int, int]:
        width, height = (ceil(length / self.multiple) * self.multiple for length in size)
        return width, height

    @staticmethod
    def _placed(picture: Array, frame: Frame, canvas: tuple[int, int]) -> Level:
        height, width = picture.shape[:2]
        placed = np.zeros((canvas[1], canvas[0], 3), dtype=np.uint8)
        placed[:height, :width] = picture
        return Level(placed, np.array([frame.width / width, frame.height / height]))


def longest_for(min_face: float) -> int:
    """Return the longer side of a picture in which a face of `min_face` of it is found."""
    return ceil(FINDABLE / min_face)


def _within(width: int, height: int, most: tuple[int, int]) -> tuple[int, int]:
    """Return the size, of the same shape, of a picture that fills `most` across or down; at least one pixel."""
    scale = min(most[0] / width, most[1] / height)
    across, down = (
        min(max(round(length * scale), 1), limit) for length, limit in zip((width, height), most, strict=True)
    )
    return across, down
