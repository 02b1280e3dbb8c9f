"""Two recordings: the clock on which most windows of their sound agree, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.breaks import piece_of
from slceleb_core.media.synchrony.coarse import STEEPEST, candidates
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.lines import Line, largest_agreement, level_line, scatter, theil_sen
from slceleb_core.media.synchrony.model import Alignment, Refusal
from slceleb_core.media.synchrony.phat import Lags, followed, measure, overlap
from slceleb_core.types import Array

RATIO = 1.5
"""How far the peak of a good window stands above the highest other one. Of sounds that have nothing in common it is 1.0
to 1.3 (``scripts/groups/sync.py``)."""

LEAST_WINDOWS = 3
"""Good windows that must agree."""

WITHIN = 0.010
"""Seconds to either side of the line within which windows agree: talkers walk, and quartzes warm up."""

FASTEST = 500e-6
"""Drift of two clocks that are of one event: quartzes of cameras are within 100 ppm."""

OUTSTANDING = 8.0
"""Standard deviations by which short windows, added up, must stand out for a guess to be looked at closely. Sounds that
have nothing in common reach 4 to 7, in 60 comparisons."""

SAME_PLACE = 0.05
"""Seconds within which two guesses are one."""

LEAST_SHARE = 0.4
"""Part of the windows in which both hear something that must agree. Two that have only a jingle in common do not."""

LEAST_SECONDS = 2.0
"""Sound that both must have: three windows of a second, half over each other."""

DRIFT_SECONDS = 15.0
"""Time between the first and the last good window from which on a drift is told at all: a talker who takes a step
meanwhile changes the lag by as much as 60 ppm would."""

DRIFT_BOUND = 10e-6
"""A drift is told where its interval of 95 % is that narrow, to either side, or a third of itself."""


GIVE = "give the offset, if it is known"
OTHERWISE = f"leave out what is of another event; where they are of one, {GIVE}"


@dataclass(frozen=True, slots=True)
class Points:
    """Good windows.

    Attributes
    ----------
    times
        float64 [n], PTS seconds of the second recording.
    lags
        float64 [n], seconds that the first one's clock is ahead.
    ratios
        float64 [n].
    """

    times: Array
    lags: Array
    ratios: Array

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, chosen: Array) -> Points:
        return Points(self.times[chosen], self.lags[chosen], self.ratios[chosen])


def compare_heard(first: Heard, second: Heard) -> Alignment | Refusal:
    """Return the second recording's clock, told by the first, or why there is none."""
    if min(first.seconds, second.seconds) < LEAST_SECONDS:
        return Refusal(f"less than {LEAST_SECONDS:g} s of sound", GIVE)
    if first.silent or second.silent:
        return Refusal("nothing is heard in one of them", GIVE)
    guesses = close_guesses(first, second)
    if not guesses:
        return Refusal("they share no sound", OTHERWISE)
    measured = [measure(first, second, guess) for guess in guesses]
    points = good_points(measured)
    lines = agreeing(points)
    if not lines:
        return too_few(points)
    main, others = lines[0], lines[1:]
    again = [other for other in others if side_by_side(main, other)]
    if again:
        return several_fit([main, *again])
    nearest = min(range(len(guesses)), key=lambda number: distance(guesses[number], main))
    return settled(first, second, main, others, measured[nearest])


def distance(clock: Clock, points: Points) -> float:
    """Return how far a guess is from windows, in seconds."""
    return abs(float(np.median(points.lags - clock.offset - clock.drift * points.times)))


def close_guesses(first: Heard, second: Heard) -> list[Clock]:
    """Return the places that stand out in short windows, likeliest first, each once."""
    found: list[tuple[float, Clock]] = []
    for candidate in candidates(first, second):
        begin, end = overlap(first, second, candidate.clock)
        if end - begin < LEAST_SECONDS:
            continue
        clock, height = followed(first, second, candidate.clock)
        if height >= OUTSTANDING:
            found.append((height, clock))
    kept: list[Clock] = []
    for _, clock in sorted(found, key=lambda each: -each[0]):
        begin, end = overlap(first, second, clock)
        middle = (begin + end) / 2.0
        if end - begin >= LEAST_SECONDS and all(
            abs(clock.other(middle) - other.other(middle)) > SAME_PLACE for other in kept
        ):
            kept.append(clock)
    return kept


def good_points(measured: Sequence[Lags]) -> Points:
    """Return the windows whose peak stands out."""
    good = [lags.ratios > RATIO for lags in measured]
    return Points(
        np.concatenate([lags.times[chosen] for lags, chosen in zip(measured, good, strict=True)]),
        np.concatenate([(lags.others - lags.times)[chosen] for lags, chosen in zip(measured, good, strict=True)]),
        np.concatenate([lags.ratios[chosen] for lags, chosen in zip(measured, good, strict=True)]),
    )


def agreeing(points: Points) -> list[Points]:
    """Return the windows that lie on a line each, those of the fullest first; lines of too few are left out."""
    lines = []
    while len(points) >= LEAST_WINDOWS:
        chosen = largest_agreement(points.times, points.lags, WITHIN, STEEPEST)
        if len(np.unique(points.times[chosen])) < LEAST_WINDOWS:
            break
        lines.append(points[chosen])
        points = points[~chosen]
    return lines


def too_few(points: Points) -> Refusal:
    """Return what is said where no three windows agree."""
    if len(points) < LEAST_WINDOWS:
        return Refusal(f"only {len(points)} windows of sound agree, where {LEAST_WINDOWS} are asked for", OTHERWISE)
    return Refusal(f"{len(points)} windows of sound fit, each at another offset", OTHERWISE)


def side_by_side(main: Points, other: Points) -> bool:
    """Tell whether another line holds at the same time as the main one, half as well or better.

    The beat of a song fits a bar later, too; what is sung does not, so the true line is many times as good.
    """
    begin, end = max(main.times.min(), other.times.min()), min(main.times.max(), other.times.max())
    ours, theirs = (each[(each.times >= begin) & (each.times <= end)] for each in (main, other))
    return len(theirs) >= LEAST_WINDOWS and float(theirs.ratios.sum()) >= 0.5 * float(ours.ratios.sum())


def several_fit(lines: Sequence[Points]) -> Refusal:
    """Return what is said where a sound repeats itself."""
    offsets = ", ".join(f"{float(np.median(line.lags)):.2f}" for line in lines[:4])
    return Refusal(f"several offsets fit as well ({offsets} s): a sound that repeats itself", GIVE)


def settled(first: Heard, second: Heard, main: Points, others: Sequence[Points], lags: Lags) -> Alignment | Refusal:
    """Return the alignment of the windows that agree, where it holds."""
    line, known = line_of(main)
    clock = Clock(line.level - line.slope * line.centre, line.slope)
    if abs(clock.drift) > FASTEST:
        return Refusal(
            f"their clocks drift by {clock.drift * 1e6:.0f} ppm, more than {FASTEST * 1e6:.0f}",
            "was one of them slowed down or sped up?",
        )
    pieces = [(float(each.times.min()), float(each.times.max()), line_of(each)[0]) for each in (main, *others)]
    valid, breaks = piece_of(first, second, pieces)
    inside = lags.heard & valid.holds(lags.times)
    agreeing_here = np.isin(lags.times, main.times)
    share = float((agreeing_here & inside).sum() / max(inside.sum(), 1))
    if share < LEAST_SHARE:
        return Refusal(
            f"only {int((agreeing_here & inside).sum())} of {int(inside.sum())} windows of sound agree",
            "do they have no more than a melody in common? where they are of one event, give the offset",
        )
    begin, end = overlap(first, second, clock)
    begin = begin if valid.start is None else max(begin, valid.start)
    end = end if valid.end is None else min(end, valid.end)
    return Alignment(
        clock,
        valid,
        float(np.median(main.ratios)),
        len(main),
        scatter(line, main.times, main.lags),
        (begin, end),
        known,
        breaks,
    )


def line_of(points: Points) -> tuple[Line, bool]:
    """Return the line through windows that agree, and whether its slope is known; where it is not, it is level."""
    line = theil_sen(points.times, points.lags)
    long_enough = float(np.ptp(points.times)) >= DRIFT_SECONDS
    if long_enough and line.half_width <= max(DRIFT_BOUND, abs(line.slope) / 3.0):
        return line, True
    return level_line(points.times, points.lags), False
