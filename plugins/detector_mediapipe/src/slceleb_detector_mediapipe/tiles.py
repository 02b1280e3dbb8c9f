"""Where to look for faces: square tiles at several scales.

BlazeFace short range finds a face that takes up about an eighth of its input or more (measured: nothing below a
tenth). So a picture is searched as a whole, then in overlapping tiles of half the side, and so on down to the size at
which the smallest face wanted takes up an eighth of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

FINDABLE = 0.125
"""Part of a tile's side that a face must have to be found."""

STRIDE = 0.7
"""Step between tiles, in tile sides: what a face of up to 0.3 needs to lie whole in one of them."""


SMALLEST = 32
"""Side, in pixels, below which no tile is divided: a face of four pixels is nobody's."""


def tile_sides(width: int, height: int, min_face: float) -> list[int]:
    """Return the sides of tiles to search a picture with, in pixels, the largest first.

    Parameters
    ----------
    width, height
        The picture's, in pixels.
    min_face
        Smallest face wanted, as a part of the longer side.
    """
    longest = max(width, height)
    sides = [longest]
    while sides[-1] * FINDABLE > min_face * longest and sides[-1] >= SMALLEST:
        sides.append(ceil(sides[-1] / 2))
    return sides


def tile_corners(width: int, height: int, side: int) -> Iterator[tuple[int, int]]:
    """Yield x and y of the tiles of one size that cover a picture; one that is larger than the picture is centred."""
    for y in _starts(height, side):
        for x in _starts(width, side):
            yield x, y


def _starts(length: int, side: int) -> list[int]:
    """Return where tiles begin along one axis, spread evenly."""
    if side >= length:
        return [(length - side) // 2]
    steps = ceil((length - side) / (STRIDE * side))
    return [round(i * (length - side) / steps) for i in range(steps + 1)]
