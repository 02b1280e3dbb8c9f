"""Paths of points, from strict to loose: each point keeps all that the points before it keep.

A point is a limit for each of some measures, so it is what a profile can say: a filter of what there is. A path
tightens several measures at once, each by how many segments that costs: at the strictness `t` a measure of the weight
`w` leaves out the worst `w * t` of the segments. So paths need no unit of any measure, and no label: where they lead is
decided by the segments alone. Which weights serve best is a matter of knowledge, or of labels that prove nothing
(`learning`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from slceleb_core.decision.gates import STRICTER
from slceleb_core.precision.population import Population
from slceleb_core.results import rounded
from slceleb_core.types import Array

VOICE = "voice"
"""The gate of a voice stage, which is asked over the finished folder and has a limit of its own in the profile."""

MEASURES: Mapping[str, Literal[">=", "<="]] = {**STRICTER, VOICE: ">="}
"""What a point may limit, and which side of the limit is good."""

IDENTITY = ("similarity", "margin")
"""Measures of whether it is that person."""

SPEECH = ("speaking", "asd", "chance", "other_speaker", "offset", VOICE)
"""Measures of whether it is that person who speaks."""

AMOUNT = ("length",)
"""Measures of how much there was to judge by. To those of how well it could be seen and heard, limits are put only
where labels have taught that it helps."""

Weights: TypeAlias = Mapping[str, float]
"""By measure, how much of the strictness of a point it takes, 0 to 1."""

STEPS = 120
"""Points of a path: each keeps some three per cent more than the one before."""

LEAST_KEPT = 0.02
"""Share of the segments that the strictest point keeps."""

BEYOND = 1e-8
"""A strictness that is nothing beside that of one segment more, and much beside :data:`ROUNDING`."""

ROUNDING = 1e-12
"""By how much a share may be off that was divided by a weight and multiplied by it."""


@dataclass(frozen=True, slots=True)
class Point:
    """Limits of some measures.

    Attributes
    ----------
    limits
        By measure; ``>=`` or ``<=`` as of :data:`MEASURES`. Empty: everything is kept.
    """

    limits: Mapping[str, float]

    def keeps(self, population: Population) -> Array:
        """Return which segments pass, bool [n]; of what nothing is known, that passes, as at every gate."""
        kept = np.ones(len(population), dtype=bool)
        for name, limit in self.limits.items():
            values = population.measures[name]
            passed = values >= limit if MEASURES[name] == ">=" else values <= limit
            kept &= passed | np.isnan(values)
        return kept


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Points, the strictest first, the last of which keeps everything.

    Attributes
    ----------
    name
        What it goes by, in words.
    weights
        Of its measures.
    points
        At least one.
    entries
        int64 [segments]: the first point that keeps each.
    """

    name: str
    weights: Weights
    points: tuple[Point, ...]
    entries: Array


def path_of(population: Population, name: str, weights: Weights) -> Path:
    """Return the path of some weights; measures of which nothing is known, or all the same, are left out.

    Parameters
    ----------
    population
        The segments that it leads through.
    name
        What to call it.
    weights
        By measure.
    """
    told = {measure: weight for measure, weight in weights.items() if weight > 0 and _tells(population, measure)}
    if not told:
        return Path(name, told, (Point({}),), np.zeros(len(population), dtype=np.int64))
    reach = strictness(population, told)
    bounds = _bounds(reach)
    ladders = {measure: _Ladder.of(population, measure) for measure in told}
    points = [Point(dict(_limits(ladders, told, bound))) for bound in bounds]
    # the bounds fall: the first one that is not above what a segment reaches is that of the first point to keep it
    entries = np.searchsorted(-np.array(bounds), -reach, side="left")
    return Path(name, told, (*points, Point({})), entries.astype(np.int64))


def strictness(population: Population, weights: Weights) -> Array:
    """Return up to which strictness a path keeps each segment, float64 [n]; infinite where nothing is known of it."""
    reach = np.full(len(population), np.inf)
    for name, weight in weights.items():
        reach = np.minimum(reach, _ranks(population, name) / weight)
    return reach


def _tells(population: Population, name: str) -> bool:
    values = population.measures.get(name)
    return values is not None and len(np.unique(values[~np.isnan(values)])) > 1


def _goodness(population: Population, name: str) -> Array:
    values = population.measures[name]
    return values if MEASURES[name] == ">=" else -values


def _ranks(population: Population, name: str) -> Array:
    """Return which share of the segments is worse than each, float64 [n]; infinite where no limit can leave it out.

    That is where nothing is known, and at the best value of all: a limit beyond it would say nothing.
    """
    values = _goodness(population, name)
    known = ~np.isnan(values)
    ordered = np.sort(values[known])
    ranks = np.full(len(values), np.inf)
    ranks[known] = np.searchsorted(ordered, values[known], side="left") / len(ordered)
    ranks[values == ordered[-1]] = np.inf
    return ranks


def _bounds(reach: Array) -> list[float]:
    """Return the strictness of each point, falling, so that what is kept grows by the same factor each time."""
    shares = np.geomspace(LEAST_KEPT, 1.0, STEPS, endpoint=False)
    ordered = np.sort(reach)[::-1]
    places = np.minimum((shares * len(ordered)).astype(int), len(ordered) - 1)
    finite = reach[np.isfinite(reach)]
    strictest = float(finite.max()) + BEYOND if len(finite) else 0.0  # leaves out all that any limit can leave out
    bounds = np.unique(np.minimum(ordered[places], strictest))[::-1]
    return [float(bound) for bound in bounds if bound > 0]


@dataclass(frozen=True, slots=True, eq=False)
class _Ladder:
    """The values of a measure, the worst first, each with which share of the segments is worse."""

    values: Array
    ranks: Array

    @classmethod
    def of(cls, population: Population, name: str) -> _Ladder:
        values = _goodness(population, name)
        ordered, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        return cls(ordered, (np.cumsum(counts) - counts) / counts.sum())

    def limit(self, strictness: float) -> float | None:
        """Return what divides the worst `strictness` of all from the rest; None where that is nothing."""
        known = strictness - ROUNDING  # it was divided by a weight, and multiplied by it
        place = min(int(np.searchsorted(self.ranks, known, side="left")), len(self.values) - 1)
        return None if place == 0 else _between(float(self.values[place - 1]), float(self.values[place]))


def _limits(ladders: Mapping[str, _Ladder], weights: Weights, bound: float) -> Iterator[tuple[str, float]]:
    for name, weight in weights.items():
        limit = ladders[name].limit(weight * bound)
        if limit is not None:
            yield name, limit if MEASURES[name] == ">=" else -limit


def _between(worse: float, better: float) -> float:
    """Return a limit between two values with as few decimals as tell them apart: files are read by people."""
    middle = (worse + better) / 2
    for digits in range(1, 6):
        limit = round(middle, digits)
        if worse < limit < better:
            return limit
    return float(rounded(better))
