"""Who a track is: an open-set decision by a quality-weighted vote against a gallery.

Every face of a track is compared with every person; the track's similarity to a person is the mean of those cosines,
weighted by the quality of each face. The nearest person is accepted when that mean reaches the operating point, which
depends on the person's photos, the gallery and the track, and is a margin above the second. What is not a number
reaches nothing: a face of which something is unknown that must be known costs its own vote, and no other's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field

from slceleb_core.decision.calibration import Templates
from slceleb_core.decision.operating import AnyPoint, FixedPoint, Known, OperatingPoint, RatedPoint, point_of
from slceleb_core.decision.options import PolicyConfig
from slceleb_core.decision.strangers import Comparison
from slceleb_core.errors import UsageError
from slceleb_core.results import rounded
from slceleb_core.types import Array, Calibration


def _or_a_file(schema: dict[str, Any]) -> None:
    """Let an editor accept a file's name, which is replaced by what the file holds before a profile is checked."""
    schema["anyOf"].insert(0, {"type": "string"})


class LearnedIdentity(PolicyConfig):
    """What decisions on segments have taught of names; ``slceleb review learn`` makes it.

    It is for one recognizer and its model, and refused for any other.
    """

    stage: str = Field(description="Name of the recognizer.")
    revision: int = Field(ge=1, description="Its revision.")
    model: str = Field(description="sha256 of its model's file; empty where it does not tell.")
    beyond: float = Field(ge=0, le=1, description="By how much more similar a track must be than without it.")
    precision: float = Field(gt=0, lt=1, description="How often a name is right at that similarity.")
    decisions: dict[str, Any] = Field(
        default_factory=dict, description="What it was learned from: counts, and a hash of which decisions."
    )
    held_out: dict[str, Any] = Field(
        default_factory=dict, description="Log loss on decisions that were held out, before and after."
    )


class IdentityConfig(PolicyConfig):
    """When a track is taken for a person."""

    threshold: float | None = Field(
        default=None,
        ge=-1,
        le=1,
        description="Least mean cosine similarity, the same for all; null: what `fpir` asks for.",
    )
    fpir: float = Field(
        default=0.001,
        gt=0,
        le=0.2,
        description="Tracks of strangers, of all of them, that may be given a name (false-positive identification "
        "rate). The similarity that this takes follows from the recognizer's calibration, the photos, the gallery and "
        "the track; without a calibration it is the one that the recognizer's authors publish.",
    )
    calibration: Calibration | None = Field(
        default=None,
        description="A calibration made by `slceleb poi calibrate`, or the file that it is in; null: the one that the "
        "recognizer brings for its model.",
        json_schema_extra=_or_a_file,
    )
    margin: float = Field(
        default=0.05, ge=0, le=2, description="Least distance of the nearest person's similarity to the second's."
    )
    learned: LearnedIdentity | None = Field(
        default=None,
        description="What `slceleb review learn` has made of decisions on names, or the file that it is in; null: "
        "nothing. It is added to what a track must reach, wherever that comes from.",
        json_schema_extra=_or_a_file,
    )

    def operating_point(self, known: Known, templates: Templates) -> OperatingPoint:
        """Return what a track must reach.

        Parameters
        ----------
        known
            Of the recognizer.
        templates
            Of the gallery.

        Raises
        ------
        UsageError
            The calibration, or what was learned, is for another model.
        """
        beyond = self._beyond(known)
        if self.threshold is not None:
            return FixedPoint(self.threshold, "identity.threshold", beyond)
        calibration = self.calibration_for(known)
        if calibration is None:
            return FixedPoint(known.threshold, "as the recognizer's authors publish it", beyond)
        return RatedPoint(calibration, templates, self.fpir, beyond=beyond)

    def _beyond(self, known: Known) -> float:
        """Return how much more similar a track must be, as was learned; errors as of `operating_point`."""
        if self.learned is None:
            return 0.0
        if self.learned.model != known.model:
            models = f"({_short(self.learned.model)}) than embed uses ({_short(known.model)})"
            hint = "teach this one: `slceleb review learn OUT`, of a folder that was made with it"
            raise UsageError(f"identity.learned is for another model {models}", hint)
        return self.learned.beyond

    def calibration_for(self, known: Known) -> Calibration | None:
        """Return the calibration that holds for a recognizer; None where there is none.

        Raises
        ------
        UsageError
            That of the profile is for another model.
        """
        own = self.calibration
        if own is None:
            return known.calibration
        if own.model != known.model:
            models = f"({_short(own.model)}) than embed uses ({_short(known.model)})"
            hint = "measure this one: `slceleb poi calibrate DIR --save FILE`, with the same profile"
            raise UsageError(f"identity.calibration is for another model {models}", hint)
        return own


def _short(model: str) -> str:
    return f"sha256 {model[:12]}" if model else "which does not tell its file"


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """The persons of interest.

    Attributes
    ----------
    names
        One a person.
    templates
        float32 [persons, dim]: each person's template, the mean of the photos' embeddings, of unit length; finite.
    wanted
        Names that may be given a segment; the others only serve as other people.
    doubles
        Names of people who cannot be told from somebody else in the gallery, and from whom.
    warnings
        What else is to be known of the photos that it was made of; kept in the results.
    grown
        What is to be known of photos that were taken out of videos: one line, or none; kept in the results of each.
    photos
        int64 [persons]: usable photos of each; None: one of each.
    lengths
        float64 [persons]: length of the mean of their embeddings, before it was made unit; None: 1 each.
    """

    names: tuple[str, ...]
    templates: Array
    wanted: frozenset[str]
    doubles: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    grown: tuple[str, ...] = ()
    photos: Array | None = None
    lengths: Array | None = None

    def __post_init__(self) -> None:
        if np.shape(self.templates)[:1] != (len(self.names),):
            raise ValueError(f"{len(self.names)} names but templates of shape {np.shape(self.templates)}")
        finite = np.isfinite(self.templates).all(axis=1)
        if not finite.all():
            raise ValueError(f"the template of {self.names[int(np.argmin(finite))]} is not finite")

    @property
    def made_of(self) -> Templates:
        """What the similarity to each person depends on beside the face."""
        persons = len(self.names)
        photos = np.ones(persons, dtype=np.int64) if self.photos is None else self.photos
        return Templates(photos, np.ones(persons) if self.lengths is None else self.lengths)

    def similarities(self, embeddings: Array) -> Array:
        """Return float32 [n, persons]: the cosine of each embedding [n, dim] to each person."""
        return np.asarray(embeddings @ self.templates.T, dtype=np.float32)


def template(embeddings: Array) -> Array:
    """Return float32 [dim]: the mean of a person's embeddings [photos, dim], of unit length (IJB's media averaging)."""
    mean = np.asarray(embeddings, dtype=np.float32).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def mean_length(embeddings: Array) -> float:
    """Return how long the mean of a person's embeddings [photos, dim] is: the shorter, the less alike they are."""
    return float(np.linalg.norm(np.asarray(embeddings, dtype=np.float64).mean(axis=0)))


@dataclass(slots=True)
class Vote:
    """What the faces of one track have said so far; its size does not grow with the track.

    Attributes
    ----------
    weight
        Of all faces that count.
    total
        float64 [persons]: the sum of their similarities, weighted; empty where there are none.
    square
        Squared length of the weighted sum of their embeddings.
    """

    weight: float = 0.0
    total: Array = field(default_factory=lambda: np.zeros(0))
    square: float = 0.0

    def add(self, similarities: Array, weights: Array, growth: Array | None = None) -> None:
        """Take faces.

        Parameters
        ----------
        similarities
            [n, persons]; a face with one that is not finite has no vote.
        weights
            [n]; one that is not finite, or not above 0, has no vote either.
        growth
            float64 [n]: by how much each makes `square` larger; None: not known, and all faces count as one look.
        """
        counted = np.isfinite(similarities).all(axis=1) & np.isfinite(weights) & (weights > 0)
        if not counted.any():
            return
        added = float(weights[counted].astype(np.float64).sum())
        self.square += (2 * self.weight + added) * added if growth is None else float(growth[counted].sum())
        if not self.total.size:
            self.total = np.zeros(similarities.shape[1])
        self.total = self.total + weights[counted].astype(np.float64) @ similarities[counted]
        self.weight += added

    def means(self) -> Array:
        """Return float64 [persons]: the weighted mean similarities."""
        return np.asarray(self.total / max(self.weight, 1e-9))

    def squared_length(self) -> float:
        """Return that of the weighted mean of the embeddings: 1 where all are the same."""
        return self.square / max(self.weight, 1e-9) ** 2


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How like each person of the gallery some faces are.

    It is kept for all of them: whom the faces are compared with is known when the track has ended, and not before.

    Attributes
    ----------
    faces
        How many could be compared.
    total, least
        float64 [persons]: sum and minimum of their similarities; empty where there are none.
    """

    faces: int = 0
    total: Array = field(default_factory=lambda: np.zeros(0))
    least: Array = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, similarities: Array | None) -> Likeness:
        """Return that of one face, [persons]; of none where it is not compared, or not with numbers."""
        if similarities is None or not similarities.size or not np.isfinite(similarities).all():
            return cls()
        values = similarities.astype(np.float64)
        return cls(1, values, values)

    def __add__(self, other: Likeness) -> Likeness:
        if not self.faces or not other.faces:
            return self if self.faces else other
        least = np.minimum(self.least, other.least)
        return Likeness(self.faces + other.faces, self.total + other.total, least)

    def mean_to(self, person: int | None) -> float | None:
        """Return the mean similarity to a person, by row; None where nothing was compared."""
        return None if person is None or not self.faces else float(self.total[person]) / self.faces

    def least_to(self, person: int | None) -> float | None:
        """Return the least similarity to a person, by row; None where nothing was compared."""
        return None if person is None or not self.faces else float(self.least[person])


@dataclass(frozen=True, slots=True)
class Identity:
    """A decision, and why.

    Attributes
    ----------
    nearest
        Row of the nearest person in the gallery; None without a gallery.
    person
        The name; None when nobody is accepted.
    similarity, margin
        Of the nearest person, and above the second; None where they do not exist.
    reason
        In words, for the person who asks why.
    limit
        The similarity that `similarity` had to reach; None where there is none.
    """

    nearest: int | None
    person: str | None
    similarity: float | None
    margin: float | None
    reason: str
    limit: float | None = None


NO_GALLERY = Identity(None, None, None, None, "no gallery: labelled by track")


def decide(vote: Vote, gallery: Gallery, threshold: AnyPoint, margin: float) -> Identity:
    """Return who one track is, taken by itself.

    Parameters
    ----------
    vote
        Of all its faces.
    gallery
        The persons of interest.
    threshold
        What it must reach.
    margin
        By how much the nearest person must be above the second.
    """
    means = vote.means()
    if not means.size:
        return Identity(None, None, None, None, "no face of the track could be compared")
    order = np.argsort(-means, kind="stable")
    nearest, similarity = int(order[0]), float(means[order[0]])
    name = gallery.names[nearest]
    ahead = similarity - float(means[order[1]]) if means.size > 1 else None
    point, square = point_of(threshold), vote.squared_length()
    limit = float(rounded(float(np.broadcast_to(point.limits(square), means.shape)[nearest])))
    origin = point.origin(nearest, square)
    needed = f"{limit:.3f} ({origin})" if origin else f"{limit:.3f}"
    if not similarity >= limit:
        reason = f"nobody: similarity {similarity:.3f} to {name} is below {needed}"
        return Identity(nearest, None, similarity, ahead, reason, limit)
    if ahead is not None and not ahead >= margin:
        reason = (
            f"nobody: {name} is only {ahead:.3f} above {gallery.names[int(order[1])]}, below the margin {margin:.3f}"
        )
        return Identity(nearest, None, similarity, ahead, reason, limit)
    return Identity(nearest, name, similarity, ahead, f"similarity {similarity:.3f} reaches {needed}", limit)


def comparisons(vote: Vote, gallery: Gallery, point: RatedPoint) -> dict[str, Comparison]:
    """Return how near a track comes to each person, by name; nothing where it could not be compared."""
    means, square = vote.means(), vote.squared_length()
    if not means.size:
        return {}
    stands, needed = (point.standing(values, square).tolist() for values in (means, point.limits(square)))
    return {name: Comparison(*pair) for name, *pair in zip(gallery.names, stands, needed, strict=True)}
