"""Text on pictures: any name, on one line, in the first font of this machine that has its letters.

OpenCV's own text is ASCII only. Pillow brings a font for Western European languages; what lies beyond is taken from
fonts that are commonly installed and, where none has a letter, written as an escape.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont

FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "Arial Unicode.ttf",
    "arial.ttf",
    "msyh.ttc",
)
"""Files that are looked for in the system's font folders, in this order; Pillow's own comes last."""

ELLIPSIS = "..."

LONGEST = 200
"""Characters of a text that are looked at: more than any line shows."""

MARKS = 2
"""Accents that one letter may carry; a pile of them would reach into other lines."""


def one_line(text: str) -> str:
    """Return a text without anything that would break its line or turn its direction; accents do not pile up."""
    kept: list[str] = []
    for letter in unicodedata.normalize("NFC", text[:LONGEST]):
        kind = unicodedata.category(letter)
        if letter.isspace() or kind.startswith("Z"):
            kept.append(" ")
        elif kind.startswith("C") or (kind == "Mn" and all(map(unicodedata.combining, kept[-MARKS:]))):
            continue
        else:
            kept.append(letter)
    return " ".join("".join(kept).split())


class Lettering:
    """Letters of one size.

    Parameters
    ----------
    size
        Pixels from one line's foot to the next one's without space between.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.width = lru_cache(maxsize=4096)(self._width)
        self.clipped = lru_cache(maxsize=1024)(self._clipped)
        self.font = lru_cache(maxsize=4096)(self._font)

    def _font(self, text: str) -> tuple[str, FreeTypeFont]:
        """Return a text of one line as it can be written, and the font to write it in."""
        fonts = _fonts(self._size)
        for font in fonts:
            if all(_has(font, letter) for letter in text):
                return text, font
        return "".join(letter if _has(fonts[0], letter) else _escaped(letter) for letter in text), fonts[0]

    def _width(self, text: str) -> float:
        """Return how wide a text of one line is, in pixels."""
        written, font = self.font(text)
        return font.getlength(written)

    def _clipped(self, text: str, room: int) -> str:
        """Return a text of any kind on one line, cut short where it is wider than `room` pixels."""
        line = one_line(text)
        if self.width(line) <= room:
            return line
        fits, over = 0, len(line)
        while over - fits > 1:
            middle = (fits + over) // 2
            shorter = self.width(line[:middle] + ELLIPSIS) <= room
            fits, over = (middle, over) if shorter else (fits, middle)
        return line[:fits].rstrip() + ELLIPSIS


@cache
def _fonts(size: int) -> list[FreeTypeFont]:
    """Return the fonts that there are, best first."""
    found: list[FreeTypeFont] = []
    for name in FONTS:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue  # not on this machine
    own = ImageFont.load_default(size)
    return [*found, own] if isinstance(own, FreeTypeFont) else found


@cache
def _has(font: FreeTypeFont, letter: str) -> bool:
    """Tell whether a font has a letter: it is not drawn as the sign for what is missing."""
    if letter.isspace():
        return True
    drawn, missing = font.getmask(letter), font.getmask("\U0010ffff")
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


def _escaped(letter: str) -> str:
    return letter.encode("ascii", "backslashreplace").decode()
