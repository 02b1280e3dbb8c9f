"""What was measured of a face, on a plate: the speaking score over a bar of that length, how far the mouth is open."""

from __future__ import annotations

import math

from slceleb_core.results import FaceResult
from slceleb_core.sinks.annotated.canvas import BACKGROUND, PAPER, Canvas, Colour
from slceleb_core.sinks.annotated.layout import Area
from slceleb_core.sinks.annotated.lettering import Lettering
from slceleb_core.sinks.annotated.scale import Scale

WIDEST = 1.0
"""The height of a mouth's opening, in its widths, that the sign for it shows at most."""


class Measures:
    """What was measured of one face that was scored.

    Parameters
    ----------
    face
        The face.
    speaking
        Its score, 0..1.
    scale, letters
        Sizes.
    """

    def __init__(self, face: FaceResult, speaking: float, scale: Scale, letters: Lettering) -> None:
        self._speaking, self._scale, self._letters = speaking, scale, letters
        self._opening = face.mouth if face.mouth is not None and math.isfinite(face.mouth) else None
        notes = [f"{name} {value:.2f}" for name, value in (face.diagnostics or {}).items() if math.isfinite(value)]
        self._score, self._lines = f"speaking {speaking:.2f}", [*self._mouth(face), *notes]

    def _mouth(self, face: FaceResult) -> list[str]:
        if face.mouth is None:
            return []
        return ["mouth not seen"] if self._opening is None else [f"mouth {self._opening:.2f}"]

    def size(self, least: int) -> tuple[int, int]:
        """Return width and height of the plate, in pixels; it is `least` wide at least."""
        letter = self._scale.letter
        widths = [self._letters.width(words) for words in (self._score, *self._lines)]
        if self._opening is not None:
            widths[1] += letter + letter // 2
        wide = round(max(widths)) + letter // 2
        return max(wide, min(least, self._scale.width)), (1 + len(self._lines)) * self._scale.line + self._scale.bar

    def draw(self, canvas: Canvas, plate: Area, colour: Colour, onset: float | None) -> None:
        """Draw the plate; `onset` is the score with which speech may begin, None where it is not known."""
        left, top, right, _ = plate
        scale, inner = self._scale, left + self._scale.letter // 4
        room, end = right - inner, top + scale.line + scale.bar
        canvas.fill(plate, BACKGROUND)
        canvas.text(inner, top, self._score, PAPER, room)
        canvas.bar((left, top + scale.line, right, end), self._speaking, colour, onset)
        for number, words in enumerate(self._lines):
            canvas.text(inner, end + number * scale.line, words, PAPER, room)
        if self._opening is not None:
            self._sign(canvas, right - scale.letter - scale.letter // 4, end + scale.line // 2)

    def _sign(self, canvas: Canvas, left: int, middle: int) -> None:
        """Draw a mouth that is open as far."""
        letter, opening = self._scale.letter, min(self._opening or 0.0, WIDEST)
        half = max(round(letter * opening / 2), self._scale.stroke)
        canvas.oval((left, middle - half, left + letter, middle + half), PAPER)
