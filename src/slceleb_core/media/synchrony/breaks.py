"""A camera that stops and goes on: where the pieces of its sound end, and which of them is the longest."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.lines import Line
from slceleb_core.media.synchrony.model import Break
from slceleb_core.media.synchrony.phat import correlated
from slceleb_core.types import SAMPLE_RATE, WHOLE, TimeRange

LOOK = 1.0
"""Seconds of the windows by which a break is found."""

STEP = 0.25
"""Seconds from one of them to the next."""

MARGIN = LOOK / 2.0
"""Seconds on the near side of a break that are not counted as valid: so exactly it is found."""

NEAR = 0.005
"""Seconds round a line within which a window's value counts as being on it."""

Piece = tuple[float, float, Line]
"""The middle of the first window and of the last one, and the line that they lie on."""


def piece_of(first: Heard, second: Heard, pieces: Sequence[Piece]) -> tuple[TimeRange, tuple[Break, ...]]:
    """Return the stretch of the second recording in which the first piece's line holds, and all breaks.

    Parameters
    ----------
    first, second
        The recordings.
    pieces
        The windows that lie on a line each; the first is the one that is placed.
    """
    if len(pieces) == 1:
        return WHOLE, ()
    main = pieces[0]
    ordered = sorted(pieces, key=lambda piece: piece[0] + piece[1])
    place = ordered.index(main)
    found = tuple(_break(first, second, before, behind) for before, behind in itertools.pairwise(ordered))
    start = found[place - 1].start if place else None
    end = found[place].end if place < len(found) else None
    if start is not None and end is not None and end - start > 3.0 * MARGIN:
        start, end = start + MARGIN, end - MARGIN
    elif start is not None and end is None:
        start += MARGIN
    elif end is not None and start is None:
        end -= MARGIN
    return TimeRange(start, end), found


def _break(first: Heard, second: Heard, before: Piece, behind: Piece) -> Break:
    """Return where short windows cease to lie on one line, and where they begin to lie on the other.

    Where the second recording left something out, that is one moment. Where the first one did, it is as much time as
    that left out.
    """
    (_, begin, early), (end, _, late) = before, behind
    begin, end = min(begin, end), max(begin, end)
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
