"""Proof by labels that come in rounds: as sure as was promised, however often somebody looks, and whenever they stop.

Who looks at a bound after every label and stops as soon as it is high enough has tried as often as they looked, and the
bound of a fixed number of labels is broken far more often than it says. So the error probability is spent over the
errors that are found, and not over the looks: after `k` errors labels are judged at the confidence `1 - levels[k]`. An
error more is the only thing by which labels become worse, so between two of them it does not matter who looks when. How
much may be spent at each is found exactly, by following how likely every count of errors is at just the target after
every label (a truncated sequential test of a binomial proportion, after Wald, Ann. Math. Stat. 16, 1945; the spending
of Lan and DeMets, Biometrika 70, 1983, over errors). Nothing is assumed of how errors lie among segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from slceleb_core.precision.calibrating.calibration import Wish
from slceleb_core.precision.calibrating.sequence import Sample, Trial
from slceleb_core.types import Array

KEEPS = 0.7
"""Of what is left of the error probability after each error, the share that is kept for the next ones. Where a third as
many are wrong as are allowed .6 to .8 take about the same number of labels; where none are, .6 takes 7 % less."""

MOST_ERRORS = 60
"""Errors behind which nothing can be proven in this way: by then ten thousand labels were looked at, at 99 %."""

FIRST = 0.75
"""Share of the error probability for the first attempt; each further one has as much of what is left."""

HOPELESS, SEEN = 0.8, 4
"""Errors, of those that are allowed, that end an attempt, once so many were seen: it would take thousands of labels."""

AIMED, BELIEVED = 0.3, 200
"""Errors of those that are allowed that are expected of what is tried, which counts as much as so many labels: for how
many more are needed, and nothing else."""

MOST_LABELS = 200_000
"""Labels that are followed; a target that takes more cannot be proven in this way."""


@lru_cache(maxsize=64)
def levels(target: float, risk: float) -> tuple[float, ...]:
    """Return at which error probability labels are judged after 0, 1, 2... errors, so that all of it comes to `risk`.

    Parameters
    ----------
    target
        What the precision must reach.
    risk
        How often a precision below that may ever seem to reach it.
    """
    from scipy.stats import binom  # takes a while to import

    return tuple(float(binom.cdf(errors, count, 1.0 - target)) for errors, count in enumerate(stops(target, risk)))


@lru_cache(maxsize=64)
def stops(target: float, risk: float) -> tuple[int, ...]:
    """Return after how many labels a target is proven if 0, 1, 2... of them are wrong. Parameters as of `levels`."""
    wrong, left = 1.0 - target, risk
    chances = np.zeros(MOST_ERRORS + 2)
    chances[0] = 1.0  # of so many errors so far, without a proof before
    found: list[int] = []
    for label in range(1, MOST_LABELS):
        chances[1:] = chances[1:] * (1.0 - wrong) + chances[:-1] * wrong
        chances[0] *= 1.0 - wrong
        while len(found) < MOST_ERRORS and chances[len(found)] <= (1.0 - KEEPS) * left:
            left -= chances[len(found)]
            chances[len(found)] = 0.0
            found.append(label)
        if len(found) == MOST_ERRORS:
            break
    return tuple(found)


def trial_of(sample: Sample, point: int, target: float, risk: float) -> Trial:
    """Return whether labels so far prove a point, whoever has looked at them before.

    Parameters
    ----------
    sample
        All labels so far of a random draw of what the point keeps, in the order in which they were shown.
    point
        Its place on a path.
    target, risk
        As of :func:`levels`.
    """
    kept = sample.until(point)
    errors, at = int((~kept.right).sum()), levels(target, risk)
    if errors >= len(at):
        return Trial(point, 0.0, 0.0, proven=False)
    low = sample.lowest(point, 1.0 - at[errors])
    return Trial(point, at[errors], low, low >= target)


def tried_in_rounds(sample: Sample, order: Sequence[int], target: float, risk: float) -> list[Trial]:
    """Return what came of trying points in their order, until one is not proven; parameters as of `trial_of`."""
    trials: list[Trial] = []
    for point in order:
        trials.append(trial_of(sample, point, target, risk))
        if not trials[-1].proven:
            break
    return trials


def more_needed(errors: int, count: int, rate: float, target: float, risk: float) -> int | None:
    """Return how many more labels would prove a target, if errors go on at a rate; None: no number would.

    Parameters
    ----------
    errors, count
        Found so far, in labels.
    rate
        Expected of further labels.
    target, risk
        As of :func:`levels`.
    """
    for allowed, stop in enumerate(stops(target, risk)):
        more = max(stop - count, 0)
        if errors + rate * more < allowed + 1.0 and allowed >= errors:
            return more
    return None


# Attempts ------------------------------------------------------------------------------------------------------


def risk_of(attempt: int, wish: Wish) -> float:
    """Return the error probability of an attempt; all of them together come to that of the wish."""
    return wish.risk * FIRST * (1.0 - FIRST) ** attempt


def enough(count: int, wish: Wish, attempt: int) -> bool:
    """Tell whether so many labels could prove anything, if none of them were wrong."""
    return count >= stops(wish.target, risk_of(attempt, wish))[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """How an attempt stands.

    Attributes
    ----------
    trial
        What the labels so far prove.
    labels, errors
        So far.
    more
        About how many more are needed; None: too many are wrong.
    over
        Whether it is not worth going on with.
    """

    trial: Trial
    labels: int
    errors: int
    more: int | None
    over: bool


def progress_of(right: Sequence[bool] | Array, clusters: Array, wish: Wish, attempt: int) -> Progress:
    """Return how an attempt stands.

    Parameters
    ----------
    right
        bool [n]: the labels so far, from the first one drawn, without a gap.
    clusters
        int64 [n]: which may be wrong together.
    wish
        What is asked for.
    attempt
        Counted from 0.
    """
    said = np.asarray(right, dtype=bool)
    count, errors, risk = len(said), int((~said).sum()), risk_of(attempt, wish)
    sample = Sample(np.zeros(count, np.int64), said, np.ones(count), clusters)
    allowed = 1.0 - wish.target
    over = errors >= SEEN and errors >= HOPELESS * allowed * count
    expected = AIMED * allowed
    rate = (errors + expected * BELIEVED) / (count + BELIEVED)
    trial = trial_of(sample, 0, wish.target, risk)
    more = 0 if trial.proven else more_needed(errors, count, rate, wish.target, risk)
    return Progress(trial, count, errors, more, over and not trial.proven)
