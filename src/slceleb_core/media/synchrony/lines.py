"""Straight lines through points of which many may be wrong: by medians of slopes, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array

NORMAL_95 = 1.959964
"""How many standard deviations of a normal distribution hold 95 % of it, on both sides."""

TO_DEVIATION = 1.4826
"""By what a median absolute deviation is multiplied to be a standard deviation, where errors are normal."""


@dataclass(frozen=True, slots=True)
class Line:
    """``value = level + slope * (time - centre)``.

    Attributes
    ----------
    centre
        The median of the times.
    level
        The value there.
    slope
        Its change a second.
    low, high
        Bounds of the slope: an interval of 95 %, infinite where there are too few points for one.
    """

    centre: float
    level: float
    slope: float
    low: float = -math.inf
    high: float = math.inf

    def at(self, times: Array) -> Array:
        """Return the values at times, float64 [n]."""
        return np.asarray(self.level + self.slope * (np.asarray(times, np.float64) - self.centre))

    @property
    def half_width(self) -> float:
        """How far the slope may be off."""
        return (self.high - self.low) / 2.0


def theil_sen(times: Array, values: Array) -> Line:
    """Return the line through points whose slope is the median of the slopes of all pairs.

    Parameters
    ----------
    times, values
        float64 [n], n >= 2; two of the times must differ.

    Raises
    ------
    ValueError
        There are not two different times.

    Notes
    -----
    Theil (1950); the interval is Sen's (1968): the slopes of rank ``(N -+ C) / 2`` of all N, where
    ``C = 1.96 sqrt(n (n - 1) (2 n + 5) / 18)`` is how far Kendall's statistic scatters by chance. Up to 29 % of the
    points may be anywhere.
    """
    times, values = np.asarray(times, np.float64), np.asarray(values, np.float64)
    first, second = np.triu_indices(len(times), 1)
    apart = times[second] - times[first]
    if not (apart != 0).any():
        raise ValueError("a line takes points at two different times")
    slopes = np.sort((values[second] - values[first])[apart != 0] / apart[apart != 0])
    slope, centre = float(np.median(slopes)), float(np.median(times))
    level = float(np.median(values - slope * (times - centre)))
    low, high = sen_bounds(slopes, len(times))
    return Line(centre, level, slope, low, high)


def sen_bounds(slopes: Array, points: int) -> tuple[float, float]:
    """Return the bounds of a slope, out of the sorted slopes of all pairs of so many points."""
    spread = NORMAL_95 * math.sqrt(points * (points - 1) * (2 * points + 5) / 18.0)
    lower, upper = math.floor((len(slopes) - spread) / 2.0), math.ceil((len(slopes) + spread) / 2.0)
    if lower < 0 or upper > len(slopes) - 1:
        return -math.inf, math.inf
    return float(slopes[lower]), float(slopes[upper])


def level_line(times: Array, values: Array, slope: float = 0.0) -> Line:
    """Return the line of a known slope through points, by the median; its slope has no bounds."""
    centre = float(np.median(times))
    level = float(np.median(np.asarray(values) - slope * (np.asarray(times) - centre)))
    return Line(centre, level, slope)


def scatter(line: Line, times: Array, values: Array) -> float:
    """Return by how much points scatter round a line: robustly, as a standard deviation."""
    return float(TO_DEVIATION * np.median(np.abs(np.asarray(values) - line.at(times))))


def largest_agreement(times: Array, values: Array, within: float, steepest: float) -> Array:
    """Return bool [n]: which points lie round the one line that most of them lie round.

    Parameters
    ----------
    times, values
        float64 [n].
    within
        How far a point may be from the line.
    steepest
        How steep, up or down, the line may be.

    Notes
    -----
    Every pair of points is tried for a line, and every point for a level one; of lines with equally many points the one
    with the smallest deviations is taken.
    """
    times, values = np.asarray(times, np.float64), np.asarray(values, np.float64)
    count = len(times)
    if not count:
        return np.zeros(0, bool)
    first, second = np.triu_indices(count, 1)
    apart = times[second] - times[first]
    usable = apart != 0
    slopes = (values[second] - values[first])[usable] / apart[usable]
    gentle = np.abs(slopes) <= steepest
    through = np.concatenate([first[usable][gentle], np.arange(count)])
    slopes = np.concatenate([slopes[gentle], np.zeros(count)])
    best, agreeing = (-1, -math.inf), np.zeros(count, bool)
    for begin in range(0, len(slopes), BLOCK):
        part = slice(begin, begin + BLOCK)
        origin = through[part]
        off = np.abs(values - values[origin, None] - slopes[part, None] * (times - times[origin, None]))
        near = off <= within
        counts, deviations = near.sum(1), np.where(near, off, 0.0).sum(1)
        place = int(np.lexsort((deviations, -counts))[0])
        found = (int(counts[place]), -float(deviations[place]))
        if found > best:
            best, agreeing = found, near[place]
    return agreeing


BLOCK = 1024
"""Lines that are tried at a time: of 540 points each, 4 MB."""
