"""The similarity that a track must reach to be taken for a person, and where that comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np

from slceleb_core.decision.calibration import Strangers, Templates, comparison_rate, distinct
from slceleb_core.decision.strangers import NOT_RAISED, Raise
from slceleb_core.types import Array, Calibration, JsonValue

MOST_LOOKS = 8.0
"""Distinct looks of a track that count; more are worth little, and nobody has measured them (the figures that the
shipped calibrations were made from are of tracks of one and of eight pictures)."""


class OperatingPoint(Protocol):
    """Says what a track must reach."""

    def limits(self, squared_length: float) -> Array:
        """Return float64 [persons]: the least similarity to each, or one for all.

        Parameters
        ----------
        squared_length
            Of the weighted mean of the track's embeddings.
        """

    def origin(self, person: int, squared_length: float) -> str:
        """Return in a few words what the limit of a person comes from; empty where there is nothing to be said."""

    def among_as_many(self, templates: Templates) -> OperatingPoint:
        """Return the point of other templates, each in a gallery of as many people as this one's."""


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """One similarity for all, as a profile sets it or the recognizer's authors publish it.

    Attributes
    ----------
    threshold
        The similarity.
    source
        Who says so.
    beyond
        By how much more is asked for, as decisions have taught.
    """

    threshold: float
    source: str = ""
    beyond: float = 0.0

    def limits(self, squared_length: float) -> Array:  # noqa: ARG002 - the protocol's
        """Return float64 [1]."""
        return np.array([self.threshold + self.beyond])

    def origin(self, person: int, squared_length: float) -> str:  # noqa: ARG002 - the protocol's
        """Return who says so."""
        return f"{self.source}{_taught(self.beyond)}"

    def among_as_many(self, templates: Templates) -> FixedPoint:  # noqa: ARG002 - the protocol's
        """Return itself."""
        return self


@dataclass(frozen=True, eq=False)
class RatedPoint:
    """The similarities that a track of a stranger reaches at a stated rate, whomever of the gallery it is taken for.

    Attributes
    ----------
    calibration
        Of the recognizer.
    templates
        Of the gallery.
    fpir
        Tracks of strangers, of all of them, that may be taken for somebody (false-positive identification rate).
    raised
        By how much the strangers of this very video come nearer than the calibration says.
    persons
        People of the gallery; None: as many as there are templates.
    beyond
        By how much more is asked for, as decisions have taught.
    """

    calibration: Calibration
    templates: Templates
    fpir: float
    raised: Raise = field(default=NOT_RAISED)
    persons: int | None = None
    beyond: float = 0.0

    def limits(self, squared_length: float) -> Array:
        """Return float64 [persons]."""
        looks = self.looks(squared_length)
        limits = self._strangers.limits(self._rate, looks)
        if self.raised != NOT_RAISED:
            limits = self.raised.of(limits, self._strangers.means(), self._strangers.deviations(looks))
        return limits + self.beyond

    def origin(self, person: int, squared_length: float) -> str:
        """Return the rate and what it was worked out for."""
        photos = int(self.templates.photos[person])
        told = f"fpir {self.fpir:g}, gallery of {self._size}, {photos} photo{'s' * (photos != 1)}"
        looks = self.looks(squared_length)
        raised = "" if self.raised == NOT_RAISED else ", raised by this video's strangers"
        return f"{told}, {looks:.1f} look{'s' * (f'{looks:.1f}' != '1.0')}{raised}{_taught(self.beyond)}"

    def looks(self, squared_length: float) -> float:
        """Return how many distinct looks of a face a track has."""
        return min(distinct(self.calibration, squared_length), MOST_LOOKS)

    def standing(self, similarities: Array, squared_length: float) -> Array:
        """Return float64 [persons]: how far similarities lie above a stranger's mean, in a stranger's deviations."""
        looks = self.looks(squared_length)
        return np.asarray((similarities - self._strangers.means()) / self._strangers.deviations(looks))

    def among_as_many(self, templates: Templates) -> RatedPoint:
        """Return the point of other templates, each in a gallery of as many people as this one's."""
        return replace(self, templates=templates, persons=self._size)

    @property
    def _size(self) -> int:
        return self.templates.persons if self.persons is None else self.persons

    @cached_property
    def _rate(self) -> float:
        return comparison_rate(self.fpir, self._size)

    @cached_property
    def _strangers(self) -> Strangers:
        return Strangers(self.calibration, self.templates)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a recognizer's operating point.

    Attributes
    ----------
    threshold
        The similarity that its authors publish.
    model
        sha256 of its model's file; empty where it does not tell.
    calibration
        That of the model; None where nobody has measured it.
    """

    threshold: float
    model: str = ""
    calibration: Calibration | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, JsonValue]) -> Known:
        """Return what :meth:`to_json` gave."""
        found = data["calibration"]
        return cls(float(data["threshold"]), data["model"], None if found is None else Calibration(**found))


def _taught(beyond: float) -> str:
    return f", {beyond:.3f} more as decisions have taught" if beyond else ""


AnyPoint: TypeAlias = "OperatingPoint | float"
"""What can be decided by; a bare number holds for all."""


def point_of(point: AnyPoint) -> OperatingPoint:
    """Return what a track must reach, of what may be a bare number."""
    return FixedPoint(point) if isinstance(point, (int, float)) else point
