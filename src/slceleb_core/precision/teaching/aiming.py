"""Where a promise is worth trying: limits that keep the most seconds of which it is believed that they can be proven.

Weights of a path are found by what is believed of all segments, which is far more than the few errors that were seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slceleb_core.precision.calibrating.calibration import KNOWN
from slceleb_core.precision.calibrating.paths import Path, Weights, path_of, strictness
from slceleb_core.precision.population import Population
from slceleb_core.precision.teaching.believing import Belief, Features
from slceleb_core.types import Array

AIM = 0.4
"""Share of the errors that are allowed that may be believed of what is tried: with as many as are allowed no number of
labels would prove it, and with half as many it takes twice as many labels as with none. In a simulation .6 kept a tenth
more seconds and failed twice as often."""

NEXT = 0.6
"""The same share of that for each further attempt: one that failed was believed to be better than it is."""

CHOICES = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Weights that a measure may have."""

GAIN = 0.001
"""Share of the seconds that a change must win."""

ROUNDS = 3
"""How often all measures are gone through, at most."""

ENOUGH = 4000
"""Segments that stand for all of them while weights are looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What a draw is to prove.

    Attributes
    ----------
    path
        The path.
    point
        Which of its points.
    believed
        Share of errors that is believed of what it keeps.
    """

    path: Path
    point: int
    believed: float

    @property
    def kept(self) -> Array:
        """Which segments, bool [n]."""
        return np.asarray(self.path.entries <= self.point)


def aim(population: Population, features: Features, belief: Belief, target: float, attempt: int = 0) -> Target:
    """Return the loosest point that is worth trying.

    Parameters
    ----------
    population, features
        All segments.
    belief
        Of them.
    target
        What the precision must reach.
    attempt
        How many have failed.
    """
    allowed = AIM * NEXT**attempt * (1.0 - target)
    path = path_of(population, "as decisions have taught", _weights(population, features, belief, allowed))
    counts = np.bincount(path.entries, minlength=len(path.points)).cumsum()
    errors = np.bincount(path.entries, belief.errors, minlength=len(path.points)).cumsum()
    shares = np.where(counts > 0, errors / np.maximum(counts, 1), 1.0)
    good = np.flatnonzero(shares <= allowed)
    point = int(good[-1]) if len(good) else int(np.argmin(shares))
    return Target(path, point, float(shares[point]))


def _weights(population: Population, features: Features, belief: Belief, allowed: float) -> Weights:
    """Return the weights of the path whose loosest point that is believed to be good enough keeps the most seconds."""
    chosen = np.arange(0, len(population), max(len(population) // ENOUGH, 1))
    ranks = np.array([strictness(population, {name: 1.0})[chosen] for name in features.names])
    errors, seconds = belief.errors[chosen], population.seconds[chosen]
    weights = np.array([KNOWN.get(name, 0.0) for name in features.names])
    best = _kept(ranks, weights, errors, seconds, allowed)
    for _ in range(ROUNDS):
        before = best
        for place in range(len(weights)):
            for choice in CHOICES:
                tried = weights.copy()
                tried[place] = choice
                kept = _kept(ranks, tried, errors, seconds, allowed)
                if kept > best + GAIN:
                    weights, best = tried, kept
        if best - before <= GAIN:
            break
    return {name: float(weight / weights.max()) for name, weight in zip(features.names, weights, strict=True) if weight}


def _kept(ranks: Array, weights: Array, errors: Array, seconds: Array, allowed: float) -> float:
    """Return the share of the seconds that the loosest point keeps of which so few errors are believed."""
    used = weights > 0
    if not used.any():
        return 0.0
    order = np.argsort(-(ranks[used] / weights[used, None]).min(axis=0), kind="stable")
    shares = np.cumsum(errors[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(shares <= allowed)
    return float(seconds[order[: good[-1] + 1]].sum() / seconds.sum()) if len(good) else 0.0
