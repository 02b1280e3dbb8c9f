"""A picture that is drawn on: boxes, bars, and text on plates."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from slceleb_core.sinks.annotated.layout import Area
from slceleb_core.sinks.annotated.lettering import Lettering
from slceleb_core.sinks.annotated.scale import Scale
from slceleb_core.types import Array

Colour = tuple[int, int, int]

BACKGROUND: Colour = (24, 24, 24)
INK: Colour = (0, 0, 0)
PAPER: Colour = (235, 235, 235)

EMPTY: Colour = (90, 90, 90)
"""Of the part of a bar that its value does not reach."""


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
        """Draw the outline of an area, inwards; a dark edge around it sets it off from whatever is behind."""
        edge = self.scale.stroke
        dark = (area[0] - edge, area[1] - edge, area[2] - 1 + edge, area[3] - 1 + edge)
        self._draw.rectangle(dark, outline=BACKGROUND, width=edge)
        self._draw.rectangle((area[0], area[1], area[2] - 1, area[3] - 1), outline=colour, width=stroke)

    def fill(self, area: Area, colour: Colour) -> None:
        """Fill an area; nothing where it has no extent."""
        if area[2] > area[0] and area[3] > area[1]:
            self._draw.rectangle((area[0], area[1], area[2] - 1, area[3] - 1), fill=colour)

    def oval(self, area: Area, colour: Colour) -> None:
        """Fill the ellipse within an area."""
        self._draw.ellipse((area[0], area[1], area[2] - 1, area[3] - 1), fill=colour)

    def bar(self, area: Area, value: float, colour: Colour, mark: float | None) -> None:
        """Draw a bar that is full at 1, with a mark at one value, in black and white to be seen on any colour."""
        x0, y0, x1, y1 = area
        self.fill(area, EMPTY)
        self.fill((x0, y0, x0 + round((x1 - x0) * value), y1), colour)
        if mark is not None:
            at, stroke = x0 + round((x1 - x0) * mark), self.scale.stroke
            self.fill((at - 2 * stroke, y0, at + 2 * stroke, y1), INK)
            self.fill((at - stroke, y0, at + stroke, y1), PAPER)

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
