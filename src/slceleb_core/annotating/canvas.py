"""A picture that is drawn on: boxes, bars, and text on plates."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from slceleb_core.annotating.lettering import Lettering
from slceleb_core.annotating.scale import Scale
from slceleb_core.types import Array

Colour = tuple[int, int, int]

BACKGROUND: Colour = (24, 24, 24)
INK: Colour = (0, 0, 0)
PAPER: Colour = (235, 235, 235)

Area = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels of the canvas, the last two exclusive."""


class Canvas:
    """An enlarged picture, and the room for text below it.

    Parameters
    ----------
    image
        uint8 [height, width, 3], RGB.
    scale
        Sizes.
    letters
        Of the size that `scale` says.
    """

    def __init__(self, image: Array, scale: Scale, letters: Lettering) -> None:
        self.scale, self.letters = scale, letters
        whole = np.empty((scale.full_height, scale.full_width, 3), np.uint8)
        whole[: scale.height, : scale.width] = _resized(image, scale)
        whole[scale.height :], whole[:, scale.width :] = BACKGROUND, BACKGROUND
        self._image = Image.fromarray(whole)
        self._draw = ImageDraw.Draw(self._image)

    def pixels(self) -> Array:
        """Return uint8 [full_height, full_width, 3], RGB."""
        return np.asarray(self._image)

    def area(self, box: tuple[float, float, float, float]) -> Area:
        """Return where a box of the source's picture lies, as far as it is within the picture."""
        scale = self.scale
        x0, y0, x1, y1 = (round(side * scale.factor) for side in box)
        left, top = min(max(x0, 0), scale.width - 1), min(max(y0, 0), scale.height - 1)
        return left, top, max(min(x1, scale.width), left + 1), max(min(y1, scale.height), top + 1)

    def frame(self, area: Area, colour: Colour, stroke: int) -> None:
        """Draw the outline of an area, inwards."""
        self._draw.rectangle((area[0], area[1], area[2] - 1, area[3] - 1), outline=colour, width=stroke)

    def fill(self, area: Area, colour: Colour) -> None:
        """Fill an area; nothing where it has no extent."""
        if area[2] > area[0] and area[3] > area[1]:
            self._draw.rectangle((area[0], area[1], area[2] - 1, area[3] - 1), fill=colour)

    def text(self, x: int, y: int, text: str, colour: Colour, room: int) -> int:
        """Write a text on one line whose top left corner is at `x`, `y`; return how wide it is, at most `room`."""
        line = self.letters.clipped(text, room)
        written, font = self.letters.font(line)
        foot = y + round(self.scale.line * 0.78)
        self._draw.text((x, foot), written, fill=colour, font=font, anchor="ls")
        return round(self.letters.width(line))


def _resized(image: Array, scale: Scale) -> Array:
    if (scale.width, scale.height) == (image.shape[1], image.shape[0]):
        return image
    way = cv2.INTER_AREA if scale.factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (scale.width, scale.height), interpolation=way))
