"""What it takes where nothing can be proven: how many more labels, and of which segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slceleb_core.precision.bounds import needed
from slceleb_core.precision.calibrating.paths import Path, Point
from slceleb_core.precision.calibrating.sequence import Sample
from slceleb_core.precision.evidence import Evidence
from slceleb_core.types import Array

SAFETY = 1.25
"""By how many more labels are named than would just do at the error rate seen: with just those, half of all tries fail
by chance."""

MOST = 1_000_000
"""Labels that are worth naming."""

SHOWN = 50
"""Segments that are named, of those to label."""

SEED = 15
"""Of the order in which they are named: the same folder gives the same ones."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What lacks to a promise.

    Attributes
    ----------
    more
        Labels, about, of a random draw of what `point` keeps, or of everything where that keeps all; None: as far as
        the labels tell, too many are wrong at every point, however many are labelled.
    point
        The point that would then be proven.
    seconds
        How much that keeps.
    errors, labels
        That prove, of what it keeps.
    first
        Ids of segments to label, of those without a proving label, in a random order.
    free
        How many segments there are without one, of what it keeps; where that is fewer than `more`, this folder cannot
        give what lacks.
    """

    more: int | None
    point: Point
    seconds: float
    errors: int
    labels: int
    first: tuple[str, ...]
    free: int


def lacking(path: Path, evidence: Evidence, sample: Sample, target: float, risk: float) -> Lacking:
    """Return what it takes to prove a point of a path: of the one that takes the fewest labels.

    How many it takes follows from the errors seen: as long as there are none at a point, none are reckoned with.
    """
    population = evidence.population
    asked = [_missing(sample, point, target, risk) for point in range(len(path.points))]
    best = _cheapest(path, population.seconds, asked)
    kept = path.entries <= best
    labels = sample.until(best)
    proving = {label.segment for label in evidence.proving}
    free = [population.ids[row] for row in np.flatnonzero(kept) if population.ids[row] not in proving]
    order = np.random.default_rng(SEED).permutation(len(free))
    more = asked[best]
    return Lacking(
        more=more,
        point=path.points[best],
        seconds=float(population.seconds[kept].sum()),
        errors=int((~labels.right).sum()),
        labels=len(labels),
        first=tuple(free[place] for place in order[: min(SHOWN, more or 0)]),
        free=len(free),
    )


def _missing(sample: Sample, point: int, target: float, risk: float) -> int | None:
    """Return how many more labels of what a point keeps would prove it; None: no number would."""
    labels = sample.until(point)
    count = len(labels)
    errors = int((~labels.right).sum())
    rate = errors / count if count else 0.0
    spread = count / sample.worth(point) if count else 1.0  # how many labels one that comes alone is worth
    worth = needed(target, 1.0 - risk)
    while True:
        expected = round(rate * worth)
        enough = needed(target, 1.0 - risk, expected)
        if enough <= worth:
            break
        worth = enough
        if worth > MOST:
            return None
    total = worth * spread * (SAFETY if errors else 1.0)
    return max(int(np.ceil(total)) - count, 1)


def _cheapest(path: Path, seconds: Array, asked: list[int | None]) -> int:
    """Return the point that keeps the most for the least: of those that take about the fewest labels, the loosest."""
    told = [more for more in asked if more is not None]
    if not told:
        return len(asked) - 1
    near = SAFETY * min(told)
    fitting = [place for place, more in enumerate(asked) if more is not None and more <= near]
    return max(fitting, key=lambda place: float(seconds[path.entries <= place].sum()))
