"""Good windows of sound, and the lines on which they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.coarse import STEEPEST
from slceleb_core.media.synchrony.lines import Line, largest_agreement, level_line, theil_sen
from slceleb_core.media.synchrony.phat import Lags
from slceleb_core.types import Array

RATIO = 1.5
"""How far the peak of a good window stands above the highest other one. Of sounds that have nothing in common it is
mostly 1.0 to 1.3, and hardly ever 1.5 (``scripts/groups/sync.py``)."""

LEAST_WINDOWS = 3
"""Good windows that must agree."""

WITHIN = 0.010
"""Seconds to either side of the line within which windows agree: talkers walk, and quartzes warm up."""

AS_WELL = 0.5
"""Part of the main line's ratios from which on another line fits as well."""

DRIFT_SECONDS = 15.0
"""Time between the first and the last good window from which on a drift is told at all: a talker who takes a step
meanwhile changes the lag by as much as 60 ppm would."""

DRIFT_BOUND = 10e-6
"""A drift is told where its interval of 95 % is that narrow, to either side, or a third of itself."""


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

    @classmethod
    def of(cls, measured: Sequence[Lags]) -> Points:
        """Return the windows whose peak stands out."""
        good = [lags.ratios > RATIO for lags in measured]
        return cls(
            np.concatenate([lags.times[chosen] for lags, chosen in zip(measured, good, strict=True)]),
            np.concatenate([(lags.others - lags.times)[chosen] for lags, chosen in zip(measured, good, strict=True)]),
            np.concatenate([lags.ratios[chosen] for lags, chosen in zip(measured, good, strict=True)]),
        )

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, chosen: Array) -> Points:
        return Points(self.times[chosen], self.lags[chosen], self.ratios[chosen])

    @property
    def extent(self) -> tuple[float, float]:
        """The middles of the first and of the last window."""
        return float(self.times.min()), float(self.times.max())

    def within(self, begin: float, end: float) -> Points:
        """Return those whose middle lies in a stretch."""
        return self[(self.times >= begin) & (self.times <= end)]

    def distance(self, clock: Clock) -> float:
        """Return how far a clock is from them, in seconds."""
        return abs(float(np.median(self.lags - clock.offset - clock.drift * self.times)))


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


def fits_as_well(main: Points, other: Points, seconds: float) -> bool:
    """Tell whether another line holds at the same time as the main one, half as well or better.

    The beat of a song fits a bar later, too; what is sung does not, so the true line is many times as good. Where one
    line gives way to another, windows of so many seconds lie on either.
    """
    begin = max(main.times.min(), other.times.min())
    end = min(main.times.max(), other.times.max())
    if end - begin <= seconds:
        return False
    ours, theirs = main.within(begin, end), other.within(begin, end)
    return len(theirs) >= LEAST_WINDOWS and float(theirs.ratios.sum()) >= AS_WELL * float(ours.ratios.sum())


def line_of(points: Points) -> tuple[Line, bool]:
    """Return the line through windows that agree, and whether its slope is known; where it is not, it is level."""
    line = theil_sen(points.times, points.lags)
    long_enough = float(np.ptp(points.times)) >= DRIFT_SECONDS
    if long_enough and line.half_width <= max(DRIFT_BOUND, abs(line.slope) / 3.0):
        return line, True
    return level_line(points.times, points.lags), False


def on_line(lags: Lags, line: Line) -> Array:
    """Return bool [n]: which windows are good and lie on a line."""
    near = np.abs(lags.others - lags.times - line.at(lags.times)) <= WITHIN
    return np.asarray(near & (lags.ratios > RATIO))
