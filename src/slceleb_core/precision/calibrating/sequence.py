"""Which points of nested paths are proven, so that all that is said of them together is as sure as was asked for.

A point is proven where the lower bound of its precision reaches the target. Trying many points and keeping the best
would promise too much: among many, one looks good by chance. So points are tried in an order that is fixed before any
label is looked at, and a point that is not proven ends the row: then all are tried at the full confidence
(fixed-sequence testing; Learn then Test, Angelopoulos et al. 2021, arXiv 2110.01052, section 5). A row may begin anew
further on, at its own share of the error probability, and what was proven hands its share on (the fallback procedure of
Wiens, Pharmaceutical Statistics 2, 2003). Several paths divide the error probability.

Which points are tried follows from how many labels they have: between two counts that allow one more error each, a
further point could only be lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from slceleb_core.precision.bounds import effective as worth_of
from slceleb_core.precision.bounds import lowest_weighted, needed
from slceleb_core.types import Array

MOST_ERRORS = 200
"""Errors up to which points are laid; beyond, the counts hardly grow by a hundredth from one to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Labels that prove, as far along a path as each is kept.

    Attributes
    ----------
    entries
        int64 [n]: the first point that keeps each.
    right
        bool [n].
    weights
        float64 [n].
    clusters
        int64 [n].
    """

    entries: Array
    right: Array
    weights: Array
    clusters: Array
    _worths: dict[int, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.entries)

    def until(self, point: int) -> Sample:
        """Return the labels of what a point keeps."""
        kept = self.entries <= point
        return Sample(self.entries[kept], self.right[kept], self.weights[kept], self.clusters[kept])

    def worth(self, point: int) -> float:
        """Return how many labels those of a point are worth as long as none is wrong: what they say is not asked."""
        kept = self.until(point)
        if len(kept) not in self._worths:  # points are nested: as many labels are the same ones
            self._worths[len(kept)] = worth_of(np.ones(len(kept), dtype=bool), kept.weights, kept.clusters)
        return self._worths[len(kept)]

    def lowest(self, point: int, confidence: float) -> float:
        """Return the lower bound of the precision of what a point keeps."""
        kept = self.until(point)
        return lowest_weighted(kept.right, kept.weights, kept.clusters, confidence)


@dataclass(frozen=True, slots=True)
class Trial:
    """A point that was tried.

    Attributes
    ----------
    point
        Its place on the path.
    risk
        Error probability at which it was tried.
    low
        The lower bound of its precision at that.
    proven
        Whether that reaches the target.
    """

    point: int
    risk: float
    low: float
    proven: bool


def worths(sample: Sample, points: int) -> Array:
    """Return how many labels each point's are worth, float64 [points]."""
    return np.array([sample.worth(point) for point in range(points)])


def stations(worth: Array, target: float, risk: float) -> list[int]:
    """Return the points to try, the strictest first: the first ones whose labels allow 0, 1, 2... errors.

    Behind the last of them come the rest, until the one that keeps everything: there is nothing behind it to be lost.
    """
    chosen: list[int] = []
    for errors in range(MOST_ERRORS):
        enough = np.flatnonzero(worth >= needed(target, 1.0 - risk, errors))
        if not len(enough):
            break
        if not chosen or enough[0] != chosen[-1]:
            chosen.append(int(enough[0]))
    return chosen + list(range(chosen[-1] + 1, len(worth))) if chosen else []


def tried(sample: Sample, order: Sequence[int], shares: Sequence[float], target: float) -> list[Trial]:
    """Return what came of trying points in their order.

    Parameters
    ----------
    sample
        The labels.
    order
        Points.
    shares
        The error probability that each brings along; most bring none, and are tried at that of the ones before them.
    target
        What the precision must reach.
    """
    trials: list[Trial] = []
    risk = 0.0
    for point, share in zip(order, shares, strict=True):
        risk += share
        if risk <= 0:
            continue
        low = sample.lowest(point, 1.0 - risk)
        trials.append(Trial(point, risk, low, low >= target))
        if low < target:
            risk = 0.0
    return trials
