"""Cutting a face out of a picture, and pasting what was made of it: only where the lower part of the face is.

What a network gives back is a whole square. Of that a soft mask takes the jaw and the mouth; outside of the mask not a
pixel changes, and inside it the picture fades into what was made.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from slceleb_core.generating.rows import FaceRow
from slceleb_core.types import Array

FEATHER = 0.06
"""Width of the edge over which it fades, in parts of the shorter side of the face's box: 6 pixels of a face of 100."""

SMALLEST = 16
"""Pixels; of a smaller box nothing can be made that is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where on a picture a face is changed.

    Attributes
    ----------
    left, top, right, bottom
        The box that is cut out, in whole pixels; the last two are not part of it.
    outline
        int32 [k, 2]: the convex outline of the lower part of the face, in pixels of the box.
    """

    left: int
    top: int
    right: int
    bottom: int
    outline: Array

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right and 0 <= self.top < self.bottom):
            raise ValueError(f"a box without an extent: {self.left, self.top, self.right, self.bottom}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the box."""
        return self.right - self.left, self.bottom - self.top


def place_of(row: FaceRow, pads: tuple[float, float, float, float], width: int, height: int) -> Place | None:
    """Return where a face is changed on a picture of a size; None where its lower part is not seen, or it is too small.

    Parameters
    ----------
    row
        The face.
    pads
        As of ``Generator.pads``.
    width, height
        Of the picture, which the box does not leave.
    """
    if not row.seen:
        return None
    x0, y0, x1, y1 = (float(side) for side in row.box)
    above, below, before, behind = pads
    tall, wide = y1 - y0, x1 - x0
    left, right = max(round(x0 - before * wide), 0), min(round(x1 + behind * wide), width)
    top, bottom = max(round(y0 - above * tall), 0), min(round(y1 + below * tall), height)
    if min(right - left, bottom - top) < SMALLEST:
        return None
    outline = cv2.convexHull(np.rint(row.points - (left, top)).astype(np.int32))[:, 0]
    return Place(left, top, right, bottom, outline)


def cut(image: Array, place: Place, pixels: int) -> Array:
    """Return uint8 [pixels, pixels, 3]: the box of a face, brought to a square whatever its shape is.

    Parameters
    ----------
    image
        uint8 [height, width, 3].
    place
        The box.
    pixels
        Side of the square.
    """
    part = image[place.top : place.bottom, place.left : place.right]
    way = cv2.INTER_AREA if min(place.size) > pixels else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (pixels, pixels), interpolation=way))


def mask_of(place: Place) -> Array:
    """Return float32 [h, w], 0..1: by how much each pixel of the box is taken from what was made.

    It is 0 outside of the outline, and 1 from :data:`FEATHER` inside of it and of the box's edge on.
    """
    wide, high = place.size
    inside = np.zeros((high, wide), np.uint8)
    cv2.fillConvexPoly(inside, place.outline, 255)
    reach = max(round(FEATHER * min(wide, high) / 2), 1)
    side = 2 * reach + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    shrunk = cv2.erode(inside, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    faded = cv2.blur(shrunk.astype(np.float32) / 255, (side, side), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.where(inside > 0, faded, 0.0), np.float32)


def paste(image: Array, made: Array, place: Place) -> Array:
    """Return a picture with what was made of a face in it; outside of the mask it is the same, bit for bit.

    Parameters
    ----------
    image
        uint8 [height, width, 3]; it is left as it is.
    made
        uint8 [pixels, pixels, 3].
    place
        Where it was cut out.
    """
    mask = mask_of(place)
    rows, columns = slice(place.top, place.bottom), slice(place.left, place.right)
    before = image[rows, columns]
    fitted = cv2.resize(made, place.size, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    mixed = np.rint(before + mask[..., None] * (fitted - before))
    whole = np.array(image)
    whole[rows, columns] = np.where(mask[..., None] > 0, np.clip(mixed, 0, 255).astype(np.uint8), before)
    return whole
