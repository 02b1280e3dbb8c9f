"""The search of a picture for faces of every size, of which as little is done anew as can be.

A tile is looked at again only when it has changed since it was last looked at: what a picture shows decides what is
found in it. Most of a studio, and all of a title card, stays as it is from one search to the next; and what changes is
mostly a face that is followed already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor

import cv2
import numpy as np

from slceleb_core.geometry import intersection_over_union
from slceleb_core.types import Array, Frame
from slceleb_detector_mediapipe.pixels import small, smaller
from slceleb_detector_mediapipe.seen import FINDER_PIXELS, Find, Finder
from slceleb_detector_mediapipe.sightings import SAME, longer_side
from slceleb_detector_mediapipe.tiles import tile_corners, tile_sides

BLOCKS = 16
"""Blocks a side by whose mean colours a tile is known: the smallest face that is found fills four of them."""

CHANGED = 12
"""Grey levels by which the mean of a block must have changed to count.

Coding noise moves the mean of a block of 64 pixels by 1 or 2; a face that comes or goes, by tens.
"""

FEW = 2
"""Blocks that must have changed for a tile to be looked at again: half of what the smallest face fills."""

AROUND = 1.25
"""Side, in face sizes, of what may change with a face that is followed, without anybody having come: hair and chin."""

COARSE = 10
"""Most tiles of the levels that are searched first, and more often: the large faces."""


class TileSearch:
    """Searches pictures of one shot; see :meth:`forget`.

    Parameters
    ----------
    finder
        Looks at a tile.
    min_face
        Smallest face wanted, as a part of the longer side.

    Attributes
    ----------
    looks
        How many tiles have been looked at.
    """

    def __init__(self, finder: Finder, min_face: float) -> None:
        self.looks = 0
        self._finder, self._min_face = finder, min_face
        self._seen: dict[tuple[int, int, int], tuple[Array, list[Find]]] = {}

    def forget(self) -> None:
        """Forget what was seen: another shot begins."""
        self._seen.clear()

    def candidates(self, frame: Frame, followed: Sequence[Array], *, fine: bool) -> list[Array]:
        """Return where faces may be, as of ``seen.Search``."""
        known = grown(followed)
        levels = self._levels(frame, fine=fine)
        found = [find for side, level in levels for find in self._in_tiles(side, level, known * FINDER_PIXELS / side)]
        best: list[Find] = []
        for find in sorted(found, key=lambda find: -find.score):
            if all(intersection_over_union(find.box, other.box) <= SAME for other in best):
                best.append(find)
        return sorted((find.box for find in best), key=longer_side, reverse=True)

    def _levels(self, frame: Frame, *, fine: bool) -> Iterator[tuple[int, Array]]:
        """Yield the sides of tiles, in pixels of the picture, and the picture in which they have the finder's."""
        width, height = frame.width, frame.height
        sides = tile_sides(width, height, self._min_face)
        wanted = sides if fine else coarse(width, height, sides)
        level: Array | None = None
        for side in reversed(sides):  # each from the one that is twice as large, the largest from the picture itself
            across, down = (max(round(n * FINDER_PIXELS / side), 1) for n in (width, height))
            level = small(frame, across, down) if level is None else smaller(level, across, down)
            if side in wanted:
                yield side, level

    def _in_tiles(self, side: int, level: Array, known: Array) -> Iterator[Find]:
        """Yield the faces in the tiles of one size; `known` [n, 2, 2] is where faces are already, in its pixels."""
        scale = side / FINDER_PIXELS
        for x, y in tile_corners(level.shape[1], level.shape[0], FINDER_PIXELS):
            for find in self._in_tile((side, x, y), _tile(level, x, y), known - (x, y)):
                yield find.placed(x * scale, y * scale, side)

    def _in_tile(self, key: tuple[int, int, int], tile: Array, known: Array) -> list[Find]:
        blocks = cv2.resize(tile, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)
        before = self._seen.get(key)
        if before is None or changed(before[0], blocks, known * BLOCKS / FINDER_PIXELS):
            self.looks += 1
            before = self._seen[key] = (blocks, self._finder.find(tile))
        return before[1]


def grown(boxes: Sequence[Array]) -> Array:
    """Return float64 [n, 2, 2]: the first and the last corner of what each face takes up with what moves along."""
    corners = np.array(boxes, dtype=np.float64).reshape(-1, 2, 2)
    middles = corners.mean(axis=1, keepdims=True)
    return np.asarray(middles + (corners - middles) * AROUND)


def changed(before: Array, blocks: Array, known: Array) -> bool:
    """Tell whether a picture may show somebody who was not there before.

    Parameters
    ----------
    before, blocks
        uint8 [down, across, 3]: the mean colours of its blocks as it was last looked at, and as it is now.
    known
        float64 [n, 2, 2]: the corners of faces that are followed, in blocks.
    """
    other = cv2.absdiff(before, blocks).max(axis=2) >= CHANGED
    down, across = other.shape
    for (left, top), (right, bottom) in np.clip(known, 0, (across, down)):
        other[floor(top) : ceil(bottom), floor(left) : ceil(right)] = False
    return int(other.sum()) >= FEW


def coarse(width: int, height: int, sides: list[int]) -> list[int]:
    """Return those of the sides of tiles, the largest first, that make up few tiles; at least one."""
    kept, tiles = sides[:1], 1
    for side in sides[1:]:
        across, down = (max(round(n * FINDER_PIXELS / side), 1) for n in (width, height))
        tiles += sum(1 for _ in tile_corners(across, down, FINDER_PIXELS))
        if tiles > COARSE:
            break
        kept.append(side)
    return kept


def _tile(level: Array, x: int, y: int) -> Array:
    """Return uint8 [128, 128, 3] of a picture; black beyond it."""
    height, width = level.shape[:2]
    inside = level[max(y, 0) : min(y + FINDER_PIXELS, height), max(x, 0) : min(x + FINDER_PIXELS, width)]
    if inside.shape[:2] == (FINDER_PIXELS, FINDER_PIXELS):
        return inside
    tile = np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8)
    top, left = max(-y, 0), max(-x, 0)
    tile[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return tile
