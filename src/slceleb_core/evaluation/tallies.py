"""Precision, recall and F1 of anything that can be counted or timed, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array

RESAMPLES = 1000
"""Bootstrap resamples; enough for two digits of a 95 % interval (Efron & Tibshirani 1993, chapter 13)."""

SEED = 0
"""Of the resampling: the same results give the same intervals."""

LEVEL = 0.95
"""Confidence of the intervals."""

ROUGH = 10
"""Units below which an interval says little: two videos can be drawn in three ways only."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was found and what is true, in seconds or in pieces.

    Attributes
    ----------
    right
        Of both.
    claimed
        Of the outputs.
    true
        Of the reference.
    """

    right: float = 0.0
    claimed: float = 0.0
    true: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.claimed + other.claimed, self.true + other.true)

    @property
    def precision(self) -> float | None:
        """Part of the outputs that is right; None without outputs."""
        return self.right / self.claimed if self.claimed else None

    @property
    def recall(self) -> float | None:
        """Part of the reference that was found; None without a reference."""
        return self.right / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of the two; 0 where only one side is there, None where neither is."""
        return 2 * self.right / (self.claimed + self.true) if self.claimed + self.true else None


@dataclass(frozen=True, slots=True)
class Intervals95:
    """95 % confidence intervals, each low and high; None where two units at least do not contribute.

    Attributes
    ----------
    precision, recall, f1
        Of the figures.
    """

    precision: tuple[float, float] | None
    recall: tuple[float, float] | None
    f1: tuple[float, float] | None


def bootstrap(units: Sequence[Tally], resamples: int = RESAMPLES, seed: int = SEED) -> Intervals95:
    """Return percentile bootstrap intervals of the figures of all units together.

    Units (videos, or blocks of one video's time) are drawn with replacement, as many as there are, and their sums
    scored; the intervals are the quantiles of those scores (Bisani & Ney, "Bootstrap estimates for confidence
    intervals in ASR performance evaluation", ICASSP 2004).

    Parameters
    ----------
    units
        One tally a unit.
    resamples
        How often to draw.
    seed
        Of the drawing.

    Returns
    -------
    Intervals95
        None for a figure to which fewer than two units contribute: there is nothing to vary.
    """
    values = np.array([[tally.right, tally.claimed, tally.true] for tally in units]).reshape(-1, 3)
    right, claimed, true = values.T
    parts = ((right, claimed), (right, true), (2 * right, claimed + true))
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(len(units), np.full(len(units), 1 / max(len(units), 1)), size=resamples)
    return Intervals95(*(_interval(drawn, part, whole) for part, whole in parts))


def _interval(drawn: Array, part: Array, whole: Array) -> tuple[float, float] | None:
    """Return the interval of a ratio; resamples in which there is no ratio are left out.

    Parameters
    ----------
    drawn
        int [resamples, units]: how often each unit was drawn.
    part, whole
        float [units]: what is summed before it is divided.
    """
    if np.count_nonzero(whole) < 2:
        return None
    parts, wholes = drawn @ part, drawn @ whole
    there = wholes > 0
    low, high = np.quantile(parts[there] / wholes[there], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
