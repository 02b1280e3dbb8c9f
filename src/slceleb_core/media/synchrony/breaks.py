"""A camera that stops and goes on: where the pieces of its sound end, and which of them is the longest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.agreement import WITHIN, Points, agreeing, line_of, on_line
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.lines import Line
from slceleb_core.media.synchrony.model import Break
from slceleb_core.media.synchrony.phat import Lags, correlated
from slceleb_core.types import SAMPLE_RATE, WHOLE, TimeRange

LOOK = 1.5
"""Seconds of the windows by which a break is found."""

STEP = 0.25
"""Seconds from one of them to the next."""

MARGIN = 1.0
"""Seconds on the near side of a break that are not counted as valid: in noise it is found to within that, nine times
out of ten."""

NEAR = 0.005
"""Seconds round a line within which a window's value counts as being on it."""

CHANCE = 0.01
"""How seldom windows at an end of a recording may all fail by chance, for it to be taken for chance."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Windows that lie on one line.

    Attributes
    ----------
    begin, end
        The middles of the first and of the last one.
    line
        On which they lie.
    """

    begin: float
    end: float
    line: Line


def pieces_of(line: Line, main: Points, fine: Sequence[Lags], slack: float) -> list[Piece]:
    """Return the pieces of a recording that stops and goes on, in order of time.

    Parameters
    ----------
    line, main
        The piece that is placed, and its windows.
    fine
        Shorter windows of all guesses.
    slack
        Seconds of the long windows, which lie on one line while they still reach over the break.
    """
    points = Points.of(fine)
    rest = points[np.abs(points.lags - line.at(points.times)) > WITHIN]
    kept = [Piece(*main.extent, line)]
    for other in agreeing(rest):
        piece = Piece(*other.extent, line_of(other)[0])
        if all(_apart(piece, each, slack) for each in kept):
            kept.append(piece)
    return sorted(kept, key=lambda piece: (piece.begin + piece.end, piece.line is line))


def _apart(one: Piece, other: Piece, slack: float) -> bool:
    """Tell whether of two pieces one is over before the other begins, on both clocks.

    What lies on each other is a sound that repeats itself.
    """
    before, behind = sorted((one, other), key=lambda piece: piece.begin + piece.end)
    apart = behind.begin - before.end
    late = float(behind.line.at(np.array(behind.begin)) - before.line.at(np.array(before.end)))
    return apart > -slack and apart + late > -slack


def found_in(first: Heard, second: Heard, pieces: Sequence[Piece], line: Line) -> tuple[TimeRange, tuple[Break, ...]]:
    """Return the stretch of the second recording in which one piece's line holds, and all breaks.

    Parameters
    ----------
    first, second
        The recordings.
    pieces
        In order of time.
    line
        That of the piece.
    """
    if len(pieces) == 1:
        return WHOLE, ()
    place = next(number for number, piece in enumerate(pieces) if piece.line is line)
    found = tuple(_break(first, second, before, behind) for before, behind in itertools.pairwise(pieces))
    start = found[place - 1].start if place else None
    end = found[place].end if place < len(found) else None
    if start is not None and end is not None and end - start <= 3.0 * MARGIN:
        return TimeRange(start, max(end, start + STEP)), found
    return TimeRange(None if start is None else start + MARGIN, None if end is None else end - MARGIN), found


def last_heard(valid: TimeRange, fine: Lags, line: Line) -> TimeRange:
    """Return where a line holds, without an end of the recording at which nothing bears it out any more.

    Parameters
    ----------
    valid
        Where it holds as far as breaks are known.
    fine
        Short windows.
    line
        The line.

    Notes
    -----
    Some windows fail in noise. Whether so many in a row fail by chance follows from how many fail on the whole.
    """
    counted = fine.heard & valid.holds(fine.times)
    times, good = fine.times[counted], on_line(fine, line)[counted]
    if not good.any():
        return valid
    failing = 1.0 - float(good.mean())
    few = math.log(CHANCE) / math.log(failing) if 0.0 < failing < 1.0 else 1.0
    first, last = int(np.argmax(good)), len(good) - 1 - int(np.argmax(good[::-1]))
    start = float(times[first]) if first > few else valid.start
    end = float(times[last]) if len(good) - 1 - last > few else valid.end
    return TimeRange(start, end)


def _break(first: Heard, second: Heard, before: Piece, behind: Piece) -> Break:
    """Return where short windows cease to lie on one line, and where they begin to lie on the other.

    Where the second recording left something out, that is one moment. Where the first one did, it is as much time as
    that left out.
    """
    early, late = before.line, behind.line
    begin, end = min(before.end, behind.begin), max(before.end, behind.begin)
    middle = (begin + end) / 2.0
    missing = float(late.at(np.array(middle)) - early.at(np.array(middle)))
    gap = max(-missing, 0.0)
    times = np.arange(begin, max(end - gap, begin) + STEP, STEP)
    gain = [_on(first, second, early, time) - _on(first, second, late, time + gap) for time in times.tolist()]
    sums = np.concatenate([[0.0], np.cumsum(gain)])
    at = float(begin + (int(np.argmax(sums)) - 0.5) * STEP)
    return Break(at, at + gap, missing)


def _on(first: Heard, second: Heard, line: Line, time: float) -> float:
    """Return how high a short window's value is on a line, as a share of what its values come to together."""
    lag = float(line.at(np.array(time)))
    values, _ = correlated(first, second, Clock(lag - line.slope * time, line.slope), time, LOOK, reach=0.1)
    if values is None:
        return 0.0
    middle, near = len(values) // 2, round(NEAR * SAMPLE_RATE)
    return float(values[middle - near : middle + near + 1].max() / np.sqrt((values**2).mean()))
