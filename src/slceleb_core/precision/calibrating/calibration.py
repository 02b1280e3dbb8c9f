"""The point that keeps the most seconds of which a precision can be promised; or what lacks where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.precision.bounds import Interval, weighted
from slceleb_core.precision.calibrating.lacking import Lacking, lacking
from slceleb_core.precision.calibrating.learning import taught_weights
from slceleb_core.precision.calibrating.paths import AMOUNT, IDENTITY, SPEECH, Path, Point, Weights, path_of
from slceleb_core.precision.calibrating.sequence import Sample, Trial, stations, tried, worths
from slceleb_core.precision.evidence import Evidence, Label, clusters_of
from slceleb_core.precision.population import Population
from slceleb_core.types import Array

KNOWN: Weights = dict.fromkeys((*IDENTITY, *SPEECH, *AMOUNT), 1.0)
"""The path that is taken where no labels teach a better one: all measures are tightened alike. In a simulation it lost
to a learned one only where most measures tell nothing (docs/precision.md)."""

AT_FIRST = 0.5
"""Share of the labels at which points begin to be tried, as far as that is enough to prove anything. In a simulation
the strictest point that could be proven, several starts, and starting with everything all kept fewer seconds."""

DRAWN = 40
"""Points of the picture."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes
    ----------
    target
        Precision, between 0 and 1.
    confidence
        How often such a promise is kept at least, between 0 and 1.
    """

    target: float
    confidence: float

    @property
    def risk(self) -> float:
        """How often it may be broken."""
        return 1.0 - self.confidence


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one point.

    Attributes
    ----------
    point
        Its limits.
    segments, seconds
        How much it keeps.
    labels, errors
        That prove, of what it keeps.
    clusters
        How many they come in: what one video says of one person.
    precision
        By those labels, by itself: what holds for one point does not hold for the best of many.
    """

    point: Point
    segments: int
    seconds: float
    labels: int
    errors: int
    clusters: int
    precision: Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of a wish.

    Attributes
    ----------
    wish
        What was asked for.
    path
        The points that there were to choose from.
    learned
        Whether labels have taught it.
    trials
        The points that were tried.
    chosen
        The loosest one that is proven, and the bound that was proven of it; None: none is.
    low
        That bound.
    whole
        The corpus as it stands, without any further limit.
    curve
        Points from strict to loose, for a picture.
    lacking
        What it takes where nothing is proven; None where something is.
    proved, taught
        How many labels carry the bound, and how many could only teach.
    """

    wish: Wish
    path: Path
    learned: bool
    trials: tuple[Trial, ...]
    chosen: Standing | None
    low: float | None
    whole: Standing
    curve: tuple[Standing, ...]
    lacking: Lacking | None
    proved: int
    taught: int


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """Which points of a path labels prove.

    Attributes
    ----------
    path
        The points.
    learned
        Whether labels have taught it.
    sample
        The labels that prove, along the path.
    trials
        The points that were tried.
    """

    path: Path
    learned: bool
    sample: Sample
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial | None:
        """The loosest point that is proven; None where none is."""
        return max((trial for trial in self.trials if trial.proven), key=lambda trial: trial.point, default=None)


def prove(evidence: Evidence, wish: Wish) -> Proof:
    """Return which points labels prove.

    Which points there are is decided by the segments and by labels that only teach; where to begin by how many proving
    labels there are. What those say is asked only in the order that is fixed by then.
    """
    path, learned = path_for(evidence)
    sample = sample_of(path, evidence, evidence.proving)
    return Proof(path, learned, sample, tuple(trials_of(sample, len(path.points), wish)))


def calibrate(evidence: Evidence, wish: Wish) -> Calibration:
    """Return the point that keeps the most seconds of those that are proven, or what lacks to one."""
    proof = prove(evidence, wish)
    path, sample, best, population = proof.path, proof.sample, proof.best, evidence.population
    places = np.unique(np.linspace(0, len(path.points) - 1, DRAWN).astype(int))
    stand = [standing(path, int(place), population, sample, wish) for place in places]
    return Calibration(
        wish=wish,
        path=path,
        learned=proof.learned,
        trials=proof.trials,
        chosen=None if best is None else standing(path, best.point, population, sample, wish),
        low=None if best is None else best.low,
        whole=stand[-1],
        curve=tuple(stand),
        lacking=lacking(path, evidence, sample, wish.target, wish.risk) if best is None else None,
        proved=len(sample),
        taught=len(evidence.teaching),
    )


def path_for(evidence: Evidence) -> tuple[Path, bool]:
    """Return the path to try, and whether labels that do not prove have taught it."""
    wrong = evidence.rows(label for label in evidence.teaching if not label.right)
    weights = taught_weights(evidence.population, wrong, KNOWN)
    if weights is None:
        return path_of(evidence.population, "all measures alike", KNOWN), False
    return path_of(evidence.population, "as labels have taught", weights), True


def sample_of(path: Path, evidence: Evidence, labels: Sequence[Label]) -> Sample:
    """Return labels as they lie along a path."""
    rows = evidence.rows(labels)
    return Sample(
        entries=path.entries[rows],
        right=np.array([label.right for label in labels], dtype=bool),
        weights=np.array([label.weight for label in labels], dtype=np.float64),
        clusters=clusters_of(labels),
    )


def trials_of(sample: Sample, points: int, wish: Wish) -> list[Trial]:
    """Return what came of trying the points of a path; where to begin follows from how many labels there are."""
    worth = worths(sample, points)
    order = stations(worth, wish.target, wish.risk)
    if not order:
        return []
    start = int(np.argmin(np.abs(worth[order] - AT_FIRST * worth[-1])))
    return tried(sample, order[start:], [wish.risk, *[0.0] * (len(order) - start - 1)], wish.target)


def standing(path: Path, place: int, population: Population, sample: Sample, wish: Wish) -> Standing:
    """Return what is known of one point of a path."""
    kept: Array = path.entries <= place
    labels = sample.until(place)
    return Standing(
        point=path.points[place],
        segments=int(kept.sum()),
        seconds=float(population.seconds[kept].sum()),
        labels=len(labels),
        errors=int((~labels.right).sum()),
        clusters=len(np.unique(labels.clusters)),
        precision=weighted(labels.right, labels.weights, labels.clusters, wish.confidence),
    )
