"""What is drawn on a picture: around each face what was found of it, and below the picture what was decided and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from slceleb_core.annotating.canvas import BACKGROUND, INK, PAPER, Area, Canvas, Colour
from slceleb_core.annotating.lettering import Lettering
from slceleb_core.annotating.scale import ROWS, Scale
from slceleb_core.annotating.verdicts import Verdict, Verdicts, reason
from slceleb_core.results import FaceResult, FrameResult, Segment
from slceleb_core.types import Array, Frame

NAME_LETTERS = 14
"""How wide a name may be at least, in heights of a letter, however small the face."""

BAR_LETTERS = 5
"""How wide a bar is at least, likewise."""


class State(Enum):
    """What a face is at a moment: the colours are Okabe and Ito's, which the colour-blind can tell apart.

    The last one is drawn above the others.
    """

    NOBODY = (204, 204, 204), "nobody"
    KNOWN = (230, 159, 0), "known, in no segment"
    SEGMENT = (0, 190, 140), "in a segment"

    @property
    def colour(self) -> Colour:
        """RGB."""
        return self.value[0]

    @property
    def words(self) -> str:
        """For the legend."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Seen:
    """A face, and what was decided of it at this moment."""

    face: FaceResult
    verdict: Verdict | None

    @property
    def state(self) -> State:
        """What it is."""
        if isinstance(self.verdict, Segment):
            return State.SEGMENT
        return State.NOBODY if self.face.person is None else State.KNOWN

    @property
    def called(self) -> str:
        """What stands above it; a track by its number where there is no gallery."""
        if self.face.person is not None:
            return self.face.person
        return f"track {self.face.track}" if self.face.similarity is None else "nobody"

    @property
    def account(self) -> str:
        """What was decided of it, in a line; empty where nothing was."""
        verdict = self.verdict
        if verdict is None:
            return ""
        if isinstance(verdict, Segment):
            return f"{verdict.person}: segment {verdict.id}, {verdict.start:.2f} to {verdict.end:.2f} s"
        near = "" if self.state is State.KNOWN or self.face.similarity is None else "nobody, nearest "
        return f"{near}{verdict.person}: {reason(verdict.gate)}"


class Painter:
    """Draws on the pictures of one video.

    Parameters
    ----------
    scale
        Sizes.
    verdicts
        On its faces.
    """

    def __init__(self, scale: Scale, verdicts: Verdicts) -> None:
        self._scale, self._verdicts = scale, verdicts
        self._letters = Lettering(scale.letter)

    def paint(self, frame: Frame, result: FrameResult) -> Array:
        """Return uint8 [full_height, full_width, 3], RGB: the picture, with what was found on it."""
        canvas = Canvas(frame.image, self._scale, self._letters)
        seen = [Seen(face, self._verdicts.on(face.track, result)) for face in result.faces]
        seen.sort(key=lambda one: list(State).index(one.state))
        for one in seen:
            area = canvas.area(one.face.box)
            canvas.frame(area, one.state.colour, self._scale.stroke * (3 if one.state is State.SEGMENT else 2))
        taken: list[Area] = []
        for one in reversed(seen):
            area = canvas.area(one.face.box)
            self._name(canvas, one, area, taken)
            self._below(canvas, one, area)
        self._panel(canvas, result, seen[::-1])
        return canvas.pixels()

    def _name(self, canvas: Canvas, one: Seen, area: Area, taken: list[Area]) -> None:
        """Write name and similarity on a plate above the box, or within it where there is no room above."""
        scale, pad = self._scale, self._scale.letter // 4
        similarity = "" if one.face.similarity is None else f"{one.face.similarity:.2f}"
        figure = round(self._letters.width(similarity)) + 2 * pad if similarity else 0
        room = min(max(area[2] - area[0], NAME_LETTERS * scale.letter), scale.width) - figure - 2 * pad
        name = self._letters.clipped(one.called, room)
        width = round(self._letters.width(name)) + figure + 2 * pad
        plate = _free((area[0], area[1] - scale.line, area[0] + width, area[1]), scale, taken)
        taken.append(plate)
        canvas.fill(plate, one.state.colour)
        canvas.text(plate[0] + pad, plate[1], name, INK, room)
        if similarity:
            canvas.text(plate[2] - figure + pad // 2, plate[1], similarity, INK, figure)

    def _below(self, canvas: Canvas, one: Seen, area: Area) -> None:
        """Draw the speaking score as a bar below the box, and what it rests on, where that is known."""
        face, scale = one.face, self._scale
        reasons = [f"{name} {value:.2f}" for name, value in (face.why or {}).items() if math.isfinite(value)]
        if face.speaking is None:
            return
        width = max(area[2] - area[0], BAR_LETTERS * scale.letter)
        high = scale.line * (1 + len(reasons))
        top = max(min(area[3] + scale.stroke, scale.height - high), 0)
        figure = round(self._letters.width("0.00")) + scale.letter // 2
        left = max(min(area[0], scale.width - width - figure), 0)
        canvas.fill((left, top, left + width + figure, top + scale.line), BACKGROUND)
        self._bar(canvas, (left, top, left + width, top + scale.line), face.speaking, one.state.colour)
        canvas.text(left + width + scale.letter // 4, top, f"{face.speaking:.2f}", PAPER, figure)
        for number, words in enumerate(reasons, start=1):
            self._plate(canvas, left, top + number * scale.line, words)

    def _bar(self, canvas: Canvas, area: Area, value: float, colour: Colour) -> None:
        """Draw a bar that is full at 1, with a mark where speech may begin."""
        x0, y0, x1, y1 = area
        stroke, quarter = self._scale.stroke, (y1 - y0) // 4
        inner = (x0 + stroke, y0 + quarter, x1 - stroke, y1 - quarter)
        reach = inner[2] - inner[0]
        canvas.fill(inner, (90, 90, 90))
        canvas.fill((inner[0], inner[1], inner[0] + round(reach * value), inner[3]), colour)
        if self._verdicts.onset is not None:
            mark = inner[0] + round(reach * self._verdicts.onset)
            canvas.fill((mark - stroke, y0 + stroke, mark + stroke, y1 - stroke), PAPER)

    def _plate(self, canvas: Canvas, x: int, y: int, words: str) -> None:
        pad = self._scale.letter // 4
        width = round(self._letters.width(words)) + 2 * pad
        canvas.fill((x, y, x + width, y + self._scale.line), BACKGROUND)
        canvas.text(x + pad, y, words, PAPER, width)

    def _panel(self, canvas: Canvas, result: FrameResult, seen: list[Seen]) -> None:
        """Write when it is and whether a voice is heard, and a line for each face of which something was decided."""
        scale, pad = self._scale, self._scale.letter // 2
        voice = "" if result.voice is None else f"voice {result.voice:.2f}"
        top, left = scale.height + scale.letter // 4, pad
        for words in (f"{result.time:.3f} s", f"frame {result.index}", voice):
            left += canvas.text(left, top, words, PAPER, max(scale.width - left - pad, 0)) + scale.letter
        self._legend(canvas, left - pad, top)
        told = [one for one in seen if one.account]
        rows = told if len(told) < ROWS else told[: ROWS - 2]
        for number, one in enumerate(rows, start=1):
            self._row(canvas, top + number * scale.line, one.state.colour, one.account)
        if len(rows) < len(told):
            canvas.text(pad, top + (ROWS - 1) * scale.line, f"and {len(told) - len(rows)} more", PAPER, scale.width)

    def _row(self, canvas: Canvas, top: int, colour: Colour, words: str) -> None:
        scale, pad = self._scale, self._scale.letter // 2
        canvas.fill((pad, top + pad // 2, pad + scale.letter, top + scale.line - pad // 2), colour)
        left = 2 * pad + scale.letter
        canvas.text(left, top, words, PAPER, scale.width - left - pad)

    def _legend(self, canvas: Canvas, least: int, top: int) -> None:
        """Say at the right what the colours mean, where there is room right of `least`."""
        scale, pad = self._scale, self._scale.letter // 2
        widths = {state: scale.letter + pad + round(self._letters.width(state.words)) + 2 * pad for state in State}
        left = scale.width - sum(widths.values())
        if left < least:
            return
        for state in reversed(State):
            canvas.fill((left, top + pad // 2, left + scale.letter, top + scale.line - pad // 2), state.colour)
            canvas.text(left + scale.letter + pad, top, state.words, PAPER, widths[state])
            left += widths[state]


def _free(wanted: Area, scale: Scale, taken: list[Area]) -> Area:
    """Return an area as near to that wanted as the picture's edges and what is taken allow, moved by whole lines."""
    x0, y0, x1, y1 = wanted
    aside = max(min(x0, scale.width - (x1 - x0)), 0)
    down = max(y0, 0)
    first = (aside, down, aside + x1 - x0, down + y1 - y0)
    steps = [0, *(sign * n * scale.line for n in range(1, len(taken) + 1) for sign in (-1, 1))]
    moved = ((first[0], first[1] + step, first[2], first[3] + step) for step in steps)
    within = (area for area in moved if area[1] >= 0 and area[3] <= scale.height)
    return next((area for area in within if not any(_overlap(area, other) for other in taken)), first)


def _overlap(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
