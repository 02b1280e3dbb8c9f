"""What a recognizer makes of people's own photos: how alike they are, which points follow, what each costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np

from slceleb_core.decision.calibrating import DIGITS, Measurement
from slceleb_core.decision.calibration import Strangers, Templates, comparison_rate
from slceleb_core.decision.operating import Known
from slceleb_core.decision.trying import Missed, Named, Outsider, Trial, outsiders
from slceleb_core.perception.photos.auditing import SAME_PICTURE
from slceleb_core.perception.photos.enrolling import embeddings_of
from slceleb_core.perception.photos.examining import Photo
from slceleb_core.types import Array, Calibration, JsonValue

RATES = (0.01, 0.001, 0.0001)
"""Stated rates for which points are given."""

PHOTOS = (1, 3, 5)
"""Photos of a template for which points are given."""

GALLERIES = (5, 50, 500)
"""People in a gallery for which points are given."""

ENOUGH_PEOPLE = 10
"""People from whom on a calibration says something of people who are not among them; 45 pairs."""

INTERVAL = (0.05, 0.95)
"""Quantiles of the calibrations of people drawn anew that an interval lies between."""

PARTS = ("strangers", "genuine", "pair", "look", "residual")
"""What of a calibration is shown with its interval; photos deviate as looks do, both being photos here."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a stated rate takes, and costs.

    Attributes
    ----------
    fpir, gallery
        The rate, and how many people there are to be taken for.
    cost
        Photos of a template, the limit, and who is missed.
    interval
        Between what the limit lies, by people drawn anew.
    """

    fpir: float
    gallery: int
    cost: Missed
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised of strangers, and what came of it, each person once taken out.

    Attributes
    ----------
    point
        ``fpir``, or ``threshold``.
    value
        Of it.
    named
        How many of the pictures got a name.
    """

    point: str
    value: float
    named: Named


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured.

    Attributes
    ----------
    calibration
        Of the recognizer.
    intervals
        By part of the calibration, between what it lies.
    points
        By rate, gallery and photos.
    promises
        Each person once as a stranger; empty of fewer than three people.
    """

    calibration: Calibration
    intervals: Mapping[str, tuple[float, float]]
    points: tuple[Point, ...]
    promises: tuple[Promise, ...]

    @property
    def few(self) -> bool:
        """Whether so few people were measured that it says little of others."""
        return self.calibration.people < ENOUGH_PEOPLE

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready."""
        return asdict(self)


def measure(photos: Sequence[Photo], known: Known, data: str) -> Report:
    """Return what a recognizer makes of photos that have been examined.

    Parameters
    ----------
    photos
        As examined.
    known
        Of the recognizer.
    data
        What the photos are, in words; kept in the calibration.

    Raises
    ------
    GalleryError
        There are too few people, or photos; or photos of one person are no more alike than those of two.
    """
    people = {person: without_copies(rows) for person, rows in embeddings_of(photos).items()}
    measurement = Measurement(people)
    calibration = measurement.calibration(known.model, data)
    drawn = list(measurement.drawn())
    intervals = {part: _interval([getattr(each, part) for each in drawn]) for part in PARTS}
    trials = [Trial(people, photos) for photos in PHOTOS]
    points = tuple(_points(trials, calibration, drawn))
    return Report(calibration, intervals, points, tuple(_promises(list(outsiders(people, measurement)), known)))


def without_copies(rows: Array) -> Array:
    """Return those of a person's embeddings [photos, dim] that are of a picture of their own: a copy says nothing."""
    kept: list[int] = []
    for place, row in enumerate(rows):
        if not kept or float((rows[kept] @ row).max()) < SAME_PICTURE:
            kept.append(place)
    return rows[kept]


def _points(trials: Sequence[Trial], calibration: Calibration, drawn: Sequence[Calibration]) -> Iterator[Point]:
    for fpir, gallery, trial in product(RATES, GALLERIES, trials):
        cost = trial.missed(calibration, fpir, gallery)
        limits = [_limit(each, comparison_rate(fpir, gallery), cost.photos) for each in drawn]
        yield Point(fpir, gallery, cost, _interval(limits))


def _limit(calibration: Calibration, rate: float, photos: int) -> float:
    return float(Strangers(calibration, Templates.expected(calibration, photos)).limits(rate, 1)[0])


def _promises(people: Sequence[Outsider], known: Known) -> Iterator[Promise]:
    if people:
        yield Promise("threshold", known.threshold, _sum([one.named_at(known.threshold) for one in people]))
        for fpir in RATES[:2]:
            yield Promise("fpir", fpir, _sum([one.named(fpir) for one in people]))


def _sum(each: Sequence[Named]) -> Named:
    return Named(sum(one.pictures for one in each), sum(one.named for one in each))


def _interval(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, INTERVAL) if len(values) else (np.nan, np.nan)
    return round(float(low), DIGITS), round(float(high), DIGITS)
