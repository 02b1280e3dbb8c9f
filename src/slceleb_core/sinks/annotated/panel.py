"""What stands below the picture: when it is, what the colours mean, and what was decided of whom, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence

from slceleb_core.results import FrameResult
from slceleb_core.sinks.annotated.canvas import PAPER, Canvas, Colour
from slceleb_core.sinks.annotated.scale import ACCOUNTS
from slceleb_core.sinks.annotated.seen import Seen, State

WHO = 0.45
"""The share of a line that a name may take, so that a long one leaves room for what was decided."""


class Panel:
    """The lines below one picture.

    Parameters
    ----------
    canvas
        What is written on.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas, self._scale = canvas, canvas.scale
        self._pad = canvas.scale.letter // 2
        self._top = canvas.scale.height + canvas.scale.letter // 4

    def write(self, result: FrameResult, seen: Sequence[Seen]) -> None:
        """Write the time and whether a voice is heard, and a line for each face of which something was decided.

        Parameters
        ----------
        result
            The moment.
        seen
            Its faces, the most important ones first.
        """
        end, row = self._moment(result), 1 + self._scale.narrow
        self._legend(row - 1, end)
        told = [(seen_face.state.colour, seen_face.account) for seen_face in seen if seen_face.account is not None]
        shown = told if len(told) <= ACCOUNTS else told[: ACCOUNTS - 1]
        for number, (colour, (who, what)) in enumerate(shown, start=row):
            left = self._square(number, self._pad, colour)
            left += self._text(number, left, who, WHO * (self._scale.width - left))
            self._text(number, left, f": {what}")
        if len(shown) < len(told):
            self._text(row + len(shown), self._pad, f"and {len(told) - len(shown)} more")

    def _moment(self, result: FrameResult) -> int:
        """Write the first line, and return where it ends."""
        voice = "" if result.voice is None else f"voice {result.voice:.2f}"
        left = self._pad
        for words in (f"{result.time:.3f} s", f"frame {result.index}", voice):
            left += self._text(0, left, words) + self._scale.letter
        return left

    def _legend(self, row: int, end: int) -> None:
        """Say what the colours mean: at the right of the first line, which goes up to `end`, or on a line of its own.

        There is none where it has no room.
        """
        scale = self._scale
        widths = {
            state: scale.letter + 3 * self._pad + round(self._canvas.letters.width(state.words)) for state in State
        }
        rest = scale.width - sum(widths.values())
        if rest < (0 if row else end):
            return
        left = self._pad if row else rest
        for state in reversed(State):
            self._text(row, self._square(row, left, state.colour), state.words)
            left += widths[state]

    def _square(self, row: int, left: int, colour: Colour) -> int:
        """Fill a square of a colour, and return where words may begin beside it."""
        scale, top = self._scale, self._top + row * self._scale.line
        self._canvas.fill((left, top + self._pad // 2, left + scale.letter, top + scale.line - self._pad // 2), colour)
        return left + scale.letter + self._pad

    def _text(self, row: int, left: int, words: str, most: float = math.inf) -> int:
        """Write on a line, and return how wide that is: to the picture's edge, and `most`, at most."""
        room = round(min(max(self._scale.width - left - self._pad, 0), most))
        return self._canvas.text(left, self._top + row * self._scale.line, words, PAPER, room)
