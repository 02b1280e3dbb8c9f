"""The mark that everybody sees: words on a plate in a corner of every picture, in letters that grow with it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from slceleb_core.types import Array

WORDS = "AI-GENERATED"

SAFE = 0.05
"""Share of each side that screens may hide (EBU R 95, graphics safe area): the mark lies within the rest."""

LETTERS_PER_SIDE = 18
"""How many letters are as high as the picture's shorter side."""

SMALLEST = 8
"""Height of letters in pixels below which they cannot be read."""

WIDEST = 0.6
"""Share of the picture's width that the mark takes at most, as long as its letters can be read."""

FONT = cv2.FONT_HERSHEY_SIMPLEX
"""OpenCV's own: the same letters on every machine."""

PLATE, INK = (16, 16, 16), (245, 245, 245)
"""RGB; their contrast is 17:1, where 4.5:1 is asked of text (WCAG 2.1, 1.4.3)."""


def marked(image: Array) -> Array:
    """Return a picture with the mark on it; the rest is as it was.

    Parameters
    ----------
    image
        uint8 [height, width, 3], RGB.
    """
    height, width = image.shape[:2]
    plate = _plate(width, height)
    left, top = round(SAFE * width), round(SAFE * height)
    high, wide = min(len(plate), height - top), min(plate.shape[1], width - left)
    whole = np.array(image)
    whole[top : top + high, left : left + wide] = plate[:high, :wide]
    return whole


@cache
def _plate(width: int, height: int) -> Array:
    """Return uint8 [h, w, 3]: the mark for pictures of a size."""
    size = max(round(min(width, height) / LETTERS_PER_SIDE), SMALLEST)
    while size > SMALLEST and _extent(size)[0] > WIDEST * width:
        size -= 1
    wide, high = _extent(size)
    (across, up), _ = _letters(size)
    plate = np.full((high, wide, 3), PLATE, np.uint8)
    foot = ((wide - across) // 2, (high + up) // 2)
    cv2.putText(plate, WORDS, foot, FONT, _scale(size), INK, _stroke(size), cv2.LINE_AA)
    return plate


def _extent(size: int) -> tuple[int, int]:
    """Return width and height of the plate for letters of a height."""
    return _letters(size)[0][0] + size, round(1.8 * size)


def _letters(size: int) -> tuple[tuple[int, int], int]:
    """Return width and height of the words, and how far they reach below their foot."""
    (across, up), below = cv2.getTextSize(WORDS, FONT, _scale(size), _stroke(size))
    return (across, up), below


def _scale(size: int) -> float:
    return float(cv2.getFontScaleFromHeight(FONT, size, _stroke(size)))


def _stroke(size: int) -> int:
    return max(round(size / 10), 1)
