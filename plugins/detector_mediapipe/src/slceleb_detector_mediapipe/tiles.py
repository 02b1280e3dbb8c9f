"""Where to look for faces: square tiles at several scales.

BlazeFace short range finds a face that takes up about an eighth of its input or more (measured: nothing below a
tenth). So a picture is searched as a whole, then in overlapping tiles of half the side, and so on down to the size at
which the smallest face wanted takes up an eighth of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

FINDABLE = 0.125
"""Part of a tile's side that a face must have to be found."""

STRIDE = 0.7
"""Step between tiles, in tile sides: what a face of up to 0.3 needs to lie whole in one of them."""


class Square(NamedTuple):
    """A square of the picture; it may reach beyond.

    Attributes
    ----------
    x, y
        Its top left corner, in pixels.
    side
        In pixels.
    """

    x: int
    y: int
    side: int


def tiles(width: int, height: int, min_face: float) -> Iterator[Square]:
    """Yield the tiles of a picture, the whole first.

    Parameters
    ----------
    width, height
        The picture's, in pixels.
    min_face
        Smallest face wanted, as a part of the longer side.
    """
    side = max(width, height)
    while True:
        for y in _starts(height, side):
            for x in _starts(width, side):
                yield Square(x, y, side)
        if side * FINDABLE <= min_face * max(width, height) or side < 32:
            return
        side = ceil(side / 2)


def _starts(length: int, side: int) -> list[int]:
    """Return where tiles begin along one axis, spread evenly; a side that is longer than the axis is centred."""
    if side >= length:
        return [(length - side) // 2]
    steps = ceil((length - side) / (STRIDE * side))
    return [round(i * (length - side) / steps) for i in range(steps + 1)]
