"""How large things are on an annotated picture."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_SIDE = 4096
"""Pixels beyond which no picture is enlarged: players' decoders end there."""

LETTERS_PER_SIDE = 34
"""How many lines of letters, without space between, are as high as the picture's shorter side."""

SMALLEST_LETTER = 12
"""Pixels below which letters cannot be read."""

ACCOUNTS = 3
"""Faces of which is said below the picture what was decided."""

NARROW = 52
"""Heights of a letter that a picture is wide at least whose first line below has room for the legend, whatever the
time; below narrower ones it has a line of its own."""

BAR = 0.4
"""The height of a bar, in heights of a letter."""


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
    letter, line, stroke, bar
        Height of letters, distance of lines, width of a thin stroke, height of a bar.
    narrow
        Whether the legend has a line of its own.
    """

    factor: float
    width: int
    height: int
    full_width: int
    full_height: int
    letter: int
    line: int
    stroke: int
    bar: int
    narrow: bool

    @classmethod
    def of(cls, width: int, height: int, least: int, most: int) -> Scale:
        """Return the sizes for pictures of `width` x `height`, of which the shorter side is to be `least` to `most`."""
        shorter, longer = sorted((width, height))
        wanted = min(max(shorter, least), most)
        factor = min(wanted / shorter, max(LONGEST_SIDE / longer, 1.0)) if wanted > shorter else wanted / shorter
        wide, high = max(round(width * factor), 1), max(round(height * factor), 1)
        letter = max(round(min(wide, high) / LETTERS_PER_SIDE), SMALLEST_LETTER)
        line = round(letter * 1.35)
        narrow = wide < NARROW * letter
        below = (1 + narrow + ACCOUNTS) * line + letter // 2
        full = (wide + wide % 2, high + below + (high + below) % 2)
        return cls(factor, wide, high, *full, letter, line, letter // 8, round(BAR * letter), narrow)
