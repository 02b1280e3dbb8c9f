"""Weights of a path out of labels that need not prove anything: which measures tell right from wrong, and how well.

What was learned from a label is never proven by it, so any rule would do; this one is small and has no unit: how much of
what is right goes further along the path than a wrong one, the mean over the wrong ones, where the one that goes
furthest counts once, the next one half, the third a third: what matters is the strict end, where few are left. It is
made as large as a search over a few weights of each measure can.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slceleb_core.precision.calibrating.paths import MEASURES, Weights, strictness
from slceleb_core.precision.population import Population
from slceleb_core.types import Array

CHOICES = (0.0, 0.125, 0.25, 0.5, 1.0)
"""Weights that a measure may have."""

LEAST = 5
"""Labels of each kind, right and wrong, without which nothing is learned."""

GAIN = 0.01
"""By how much that must grow for a change: less is as much chance as knowledge."""

ROUNDS = 4
"""How often all measures are gone through, at most."""


def learned_weights(population: Population, rows: Array, right: Array, start: Weights) -> Weights | None:
    """Return the weights that tell labels apart best; None where there are too few to learn from.

    Parameters
    ----------
    population
        All segments.
    rows
        int64 [n]: which of them are labelled.
    right
        bool [n].
    start
        Where to begin: the weights that are known to make sense.
    """
    if min(int(right.sum()), int((~right).sum())) < LEAST:
        return None
    ranks = {name: strictness(population, {name: 1.0})[rows] for name in MEASURES if name in population.measures}
    weights = {name: start.get(name, 0.0) for name in ranks}
    best = _yield(_reach(ranks, weights), right)
    for _ in range(ROUNDS):
        before = best
        for name in ranks:
            best = _improve(ranks, weights, name, right, best)
        if best - before < GAIN:
            break
    most = max(weights.values())
    return {name: weight / most for name, weight in weights.items() if weight > 0} if most > 0 else None


def _improve(ranks: dict[str, Array], weights: dict[str, float], name: str, right: Array, best: float) -> float:
    """Set one measure's weight to the best one, in place, and return what is reached then."""
    for choice in CHOICES:
        reached = _yield(_reach(ranks, {**weights, name: choice}), right)
        if reached > best + GAIN:
            weights[name], best = choice, reached
    return best


def _reach(ranks: dict[str, Array], weights: Weights) -> Array:
    used: Sequence[Array] = [ranks[name] / weight for name, weight in weights.items() if weight > 0]
    return np.min(used, axis=0) if used else np.zeros(len(next(iter(ranks.values()))))


def _yield(reach: Array, right: Array) -> float:
    """Return how much of what is right goes further than wrong ones do, 0..1."""
    bad, good = np.sort(reach[~right])[::-1], np.sort(reach[right])
    further = 1.0 - np.searchsorted(good, bad, side="right") / len(good)
    counts = 1.0 / np.arange(1, len(bad) + 1)
    return float(counts @ further / counts.sum())
