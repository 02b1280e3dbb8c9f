"""How large things are on an annotated picture."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_SIDE = 4096
"""Pixels beyond which no picture is enlarged: players' decoders end there."""

LETTERS_PER_SIDE = 34
"""How many lines of letters, without space between, are as high as the picture's shorter side."""

SMALLEST_LETTER = 12
"""Pixels below which letters cannot be read."""

ROWS = 4
"""Lines below the picture."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes in pixels.

    Attributes
    ----------
    factor
        By how much the picture is enlarged.
    width, height
        Of the picture.
    full_width, full_height
        With the lines below it; both even, as H.264 wants them.
    letter, line, stroke
        Height of letters, distance of lines, width of a thin stroke.
    """

    factor: float
    width: int
    height: int
    full_width: int
    full_height: int
    letter: int
    line: int
    stroke: int

    @classmethod
    def of(cls, width: int, height: int, least: int, most: int) -> Scale:
        """Return the sizes for pictures of `width` x `height`, of which the shorter side is to be `least` to `most`."""
        shorter, longer = sorted((width, height))
        wanted = min(max(shorter, least), most)
        factor = min(wanted / shorter, max(LONGEST_SIDE / longer, 1.0)) if wanted > shorter else wanted / shorter
        wide, high = max(round(width * factor), 1), max(round(height * factor), 1)
        letter = max(round(min(wide, high) / LETTERS_PER_SIDE), SMALLEST_LETTER)
        line = round(letter * 1.35)
        below = ROWS * line + letter // 2
        return cls(factor, wide, high, wide + wide % 2, high + below + (high + below) % 2, letter, line, letter // 8)
