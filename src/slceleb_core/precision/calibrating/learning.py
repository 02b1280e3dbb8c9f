"""Weights of a path out of labels that need not prove anything: which measures tell right from wrong, and how well.

What was learned from a label is never proven by it, so any rule would do; this one is small and has no unit: how much
of all segments goes further along the path than a wrong one, the mean over the wrong ones, where the one that goes
furthest counts once, the next one half, the third a third: what matters is the strict end, where few are left. It is
made as large as a search over a few weights of each measure can. Labels that are right take no part: who looks for
errors looks at what is doubtful, and what is right among that is not what is right elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from slceleb_core.precision.calibrating.paths import MEASURES, Weights, strictness
from slceleb_core.precision.population import Population
from slceleb_core.types import Array

CHOICES = (0.0, 0.125, 0.25, 0.5, 1.0)
"""Weights that a measure may have."""

LEAST = 10
"""Errors in each half of the videos without which nothing is learned."""

GAIN = 0.01
"""By how much what is kept must grow for a change: less is as much chance as knowledge."""

ROUNDS = 3
"""How often all measures are gone through, at most."""

ENOUGH = 2000
"""Segments that stand for all of them while weights are looked for."""


def taught_weights(population: Population, wrong: Array, start: Weights) -> Weights | None:
    """Return the weights that keep the most of what is not wrong; None where none are better than those to start from.

    They must be better for errors in other videos than those that taught them: half of the videos teach, and the other
    half is asked, both ways.

    Parameters
    ----------
    population
        All segments.
    wrong
        int64 [n]: which of them are known to be wrong.
    start
        The weights that are known to make sense.
    """
    halves = _halves([population.recordings[row] for row in wrong])
    if min(int(halves.sum()), int((~halves).sum())) < LEAST:
        return None
    ladder = _Ladder(population)
    gains = [
        ladder.kept(ladder.learned(wrong[half], start), wrong[~half]) - ladder.kept(start, wrong[~half])
        for half in (halves, ~halves)
    ]
    return ladder.learned(wrong, start) if min(gains) > 0 and float(np.mean(gains)) > GAIN else None


def _halves(recordings: Sequence[str]) -> Array:
    """Return which labels are of one half of the videos, bool [n]: every other one, by name."""
    numbers = {name: place for place, name in enumerate(sorted(set(recordings)))}
    return np.array([numbers[name] % 2 == 0 for name in recordings], dtype=bool)


class _Ladder:
    """How far each measure alone keeps each segment."""

    def __init__(self, population: Population) -> None:
        names = [name for name in MEASURES if name in population.measures]
        self._ranks = {name: strictness(population, {name: 1.0}) for name in names}
        self._all = np.arange(0, len(population), max(len(population) // ENOUGH, 1))

    def learned(self, wrong: Array, start: Weights) -> Weights:
        """Return the weights that keep the most of all segments beyond those that are wrong."""
        weights = {name: start.get(name, 0.0) for name in self._ranks}
        best = self.kept(weights, wrong)
        for _ in range(ROUNDS):
            before = best
            for name in self._ranks:
                best = self._improve(weights, name, wrong, best)
            if best - before < GAIN:
                break
        most = max(weights.values())
        return {name: weight / most for name, weight in weights.items() if weight > 0} if most > 0 else start

    def kept(self, weights: Weights, wrong: Array) -> float:
        """Return how much of all segments goes further than wrong ones do, 0..1."""
        bad, everything = np.sort(self._reach(weights, wrong))[::-1], np.sort(self._reach(weights, self._all))
        further = 1.0 - np.searchsorted(everything, bad, side="right") / len(everything)
        counts = 1.0 / np.arange(1, len(bad) + 1)
        return float(counts @ further / counts.sum())

    def _improve(self, weights: dict[str, float], name: str, wrong: Array, best: float) -> float:
        """Set one measure's weight to the best one, in place, and return what is kept then."""
        for choice in CHOICES:
            kept = self.kept({**weights, name: choice}, wrong)
            if kept > best + GAIN:
                weights[name], best = choice, kept
        return best

    def _reach(self, weights: Mapping[str, float], rows: Array) -> Array:
        used = [
            self._ranks[name][rows] / weight for name, weight in weights.items() if weight > 0 and name in self._ranks
        ]
        return np.min(used, axis=0) if used else np.zeros(len(rows))
