"""The search of a whole picture for faces of every size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from slceleb_core.geometry import intersection_over_union
from slceleb_core.types import Array
from slceleb_detector_mediapipe.sightings import SAME, longer_side
from slceleb_detector_mediapipe.tiles import Square, tile_corners, tile_sides
from slceleb_detector_mediapipe.windows import cut, scaled

if TYPE_CHECKING:
    from slceleb_detector_mediapipe.native import FaceFinder


def candidates(finder: FaceFinder, image: Array, min_face: float) -> list[Array]:
    """Return where faces may be, one box a face, the largest first.

    Parameters
    ----------
    finder
        Looks at one tile.
    image
        uint8 [h, w, 3], RGB.
    min_face
        Smallest face wanted, as a part of the longer side.

    Returns
    -------
    list of Array
        float64 [4] each: x0, y0, x1, y1 in pixels.
    """
    found: list[tuple[Array, float]] = []
    for side in tile_sides(image.shape[1], image.shape[0], min_face):
        found.extend(_in_tiles(finder, image, side))
    best: list[Array] = []
    for box, _ in sorted(found, key=lambda scored: -scored[1]):
        if all(intersection_over_union(box, other) <= SAME for other in best):
            best.append(box)
    return sorted(best, key=longer_side, reverse=True)


def _in_tiles(finder: FaceFinder, image: Array, side: int) -> list[tuple[Array, float]]:
    """Return boxes, in pixels of the picture, and scores over the tiles of one size."""
    pixels = finder.pixels
    level = scaled(image, pixels / side)  # once for all tiles of a size
    found: list[tuple[Array, float]] = []
    for x, y in tile_corners(level.shape[1], level.shape[0], pixels):
        corner = np.array([x, y, x, y])
        finds = finder.find(cut(level, Square(x, y, pixels), pixels))
        found.extend(((find.box * pixels + corner) * (side / pixels), find.score) for find in finds)
    return found
