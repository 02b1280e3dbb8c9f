"""The strangers of a video, as a cohort: whether they come nearer to the gallery than the calibration says.

Every track is compared with every person, and most are nobody. How far each comparison lies above a stranger's mean, in
a stranger's deviations, is counted in a histogram of fixed steps: constant memory, sums of videos are exact, and its
quantiles do not mind a few tracks that are somebody after all. The point of a video is raised where its cohort lies
higher, or is wider upwards, than the calibration says, by more than chance explains; it is never lowered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from slceleb_core.types import Array, JsonValue

STEP = 0.25
"""Width of a step of the histogram, in deviations; quantiles are looked up within it by a straight line."""

FARTHEST = 40
"""Steps on either side of the mean; what lies beyond counts in the last: ten deviations."""

LEAST_TRACKS = 30
"""Tracks of nobody from which on a cohort says anything."""

RETURNS = 10
"""Tracks that one stranger has in a video, for how sure a cohort is: cuts go to and fro between few faces, and the same
face says the same again. Each counts a tenth of a track."""

SURE = 2.58
"""Standard errors by which a cohort must lie out before it moves the point: chance alone does that in one of 200."""

DIGITS = 3
"""Decimals of deviations that are written down."""

UPPER = 0.8413
"""The quantile that lies one deviation above the median of a normal distribution."""

MEDIAN_ERROR, SPREAD_ERROR = 1.25, 1.52
"""Standard errors of a median, and of the distance from it to :data:`UPPER`, in deviations, of one comparison (normal
distribution: variances p(1-p)/f(x)^2 of its quantiles, and their covariance)."""


@dataclass(frozen=True, slots=True)
class Raise:
    """By how much strangers come nearer than they should.

    Attributes
    ----------
    shift
        Deviations by which their median lies higher.
    widening
        How many times wider they are, upwards.
    """

    shift: float = 0.0
    widening: float = 1.0

    def of(self, limits: Array, means: Array, deviations: Array) -> Array:
        """Return float64 [persons]: the raised limits of those of a calibration, with its means and deviations."""
        return np.asarray(means + self.shift * deviations + self.widening * (limits - means))


NOT_RAISED = Raise()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How near a track comes to a person, in a stranger's deviations above a stranger's mean.

    Attributes
    ----------
    deviations
        Of the track.
    needed
        Of the point, as it is before it is raised.
    """

    deviations: float
    needed: float

    def excess(self, raised: Raise = NOT_RAISED) -> float:
        """Return by how much the track reaches a point that is raised; below 0 where it does not."""
        return self.deviations - raised.shift - raised.widening * self.needed


@dataclass(slots=True)
class Cohort:
    """How near strangers come.

    Attributes
    ----------
    tracks
        How many there are.
    counts
        Comparisons by step, of all persons together.
    persons
        The same, by person.
    """

    tracks: int = 0
    counts: Counter[int] = field(default_factory=Counter)
    persons: dict[str, Counter[int]] = field(default_factory=dict)

    def take(self, standing: Mapping[str, float]) -> None:
        """Take a track that is nobody: by person, deviations above a stranger's mean."""
        self.tracks += 1
        for person, deviations in standing.items():
            self.compare(person, deviations)

    def compare(self, person: str, deviations: float) -> None:
        """Take one comparison of a track that has been counted: deviations above a stranger's mean to a person."""
        step = _step(deviations)
        self.counts[step] += 1
        self.persons.setdefault(person, Counter())[step] += 1

    def add(self, other: Cohort) -> None:
        """Take all tracks of another cohort, such as that of another video."""
        self.tracks += other.tracks
        self.counts.update(other.counts)
        for person, counts in other.persons.items():
            self.persons.setdefault(person, Counter()).update(counts)

    def without(self, persons: Set[str]) -> Cohort:
        """Return a cohort of the same tracks, without what was compared with some persons."""
        made = Cohort(self.tracks)
        for person in self.persons.keys() - persons:
            made.persons[person] = Counter(self.persons[person])
            made.counts.update(self.persons[person])
        return made

    def asked(self) -> Raise:
        """Return by how much the cohort asks the point to be raised; nothing where it is too small to tell."""
        comparisons = self.counts.total()
        return self._raise(SURE * sqrt(RETURNS / comparisons)) if comparisons else NOT_RAISED

    def likely(self) -> Raise:
        """Return by how much strangers most likely come nearer, be it by chance."""
        return self._raise(0.0) if self.counts else NOT_RAISED

    def _raise(self, error: float) -> Raise:
        if self.tracks < LEAST_TRACKS:
            return NOT_RAISED
        shift = self.median() - MEDIAN_ERROR * error
        widening = self.spread() - SPREAD_ERROR * error
        return Raise(max(shift, 0.0), max(widening, 1.0))

    def median(self) -> float:
        """Return deviations by which the median comparison lies above where the calibration has it."""
        return quantile(self.counts, 0.5)

    def spread(self) -> float:
        """Return how many deviations of the calibration the upper one of the comparisons is."""
        return quantile(self.counts, UPPER) - self.median()

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready; of each person in one short line, as a gallery may have thousands."""
        persons = {person: _in_a_line(counts) for person, counts in sorted(self.persons.items())}
        return {"tracks": self.tracks, "step": STEP, "persons": persons}

    @classmethod
    def from_json(cls, data: Mapping[str, JsonValue]) -> Cohort:
        """Return the cohort of :meth:`to_json`."""
        made = cls(int(data["tracks"]))
        for person, line in data["persons"].items():
            made.persons[person] = _of_a_line(line)
            made.counts.update(made.persons[person])
        return made


def quantile(counts: Counter[int], part: float) -> float:
    """Return the deviations that a part of the comparisons does not exceed; NaN of none."""
    wanted, passed = part * counts.total(), 0
    for step, count in _in_order(counts):
        if passed + count >= wanted:
            return STEP * (step + (wanted - passed) / count)
        passed += count
    return float("nan")


def _in_a_line(counts: Counter[int]) -> str:
    """Return the first step with comparisons, and how many there are in it and in each behind it: ``-3: 1 0 4``."""
    first, last = min(counts), max(counts)
    return f"{first}: {' '.join(str(counts[step]) for step in range(first, last + 1))}"


def _of_a_line(line: str) -> Counter[int]:
    first, _, counts = line.partition(": ")
    found = enumerate(map(int, counts.split()), start=int(first))
    return Counter({step: count for step, count in found if count})


def _in_order(counts: Counter[int]) -> Iterator[tuple[int, int]]:
    return iter(sorted((step, count) for step, count in counts.items() if count))


def _step(deviations: float) -> int:
    return int(np.clip(np.floor(deviations / STEP), -FARTHEST, FARTHEST - 1))
