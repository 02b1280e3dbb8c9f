"""Who a track is: an open-set decision by a quality-weighted vote against a gallery.

Every face of a track is compared with every person; the track's similarity to a person is the mean of those cosines,
weighted by the quality of each face. The nearest person is accepted when that mean reaches the operating point of the
recognizer and is a margin above the second. What is not a number reaches nothing: a face of which something is unknown
that must be known costs its own vote, and no other's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field

from slceleb_core.decision.options import PolicyConfig
from slceleb_core.types import Array


class IdentityConfig(PolicyConfig):
    """When a track is taken for a person."""

    threshold: float | None = Field(
        default=None,
        ge=-1,
        le=1,
        description="Least mean cosine similarity; null: the operating point that the recognizer's authors publish.",
    )
    margin: float = Field(
        default=0.05, ge=0, le=2, description="Least distance of the nearest person's similarity to the second's."
    )

    def operating_point(self, own: Callable[[], float]) -> float:
        """Return the threshold, or else the recognizer's own, which is asked for only where it is needed."""
        return own() if self.threshold is None else self.threshold


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
    """

    names: tuple[str, ...]
    templates: Array
    wanted: frozenset[str]
    doubles: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if np.shape(self.templates)[:1] != (len(self.names),):
            raise ValueError(f"{len(self.names)} names but templates of shape {np.shape(self.templates)}")
        finite = np.isfinite(self.templates).all(axis=1)
        if not finite.all():
            raise ValueError(f"the template of {self.names[int(np.argmin(finite))]} is not finite")

    def similarities(self, embeddings: Array) -> Array:
        """Return float32 [n, persons]: the cosine of each embedding [n, dim] to each person."""
        return np.asarray(embeddings @ self.templates.T, dtype=np.float32)


def template(embeddings: Array) -> Array:
    """Return float32 [dim]: the mean of a person's embeddings [photos, dim], of unit length (IJB's media averaging)."""
    mean = np.asarray(embeddings, dtype=np.float32).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


@dataclass(slots=True)
class Vote:
    """What the faces of one track have said so far; its size does not grow with the track."""

    weight: float = 0.0
    total: Array = field(default_factory=lambda: np.zeros(0))

    def add(self, similarities: Array, weights: Array) -> None:
        """Take faces: similarities [n, persons] and weights [n]; a face with one that is not finite has no vote."""
        counted = np.isfinite(similarities).all(axis=1) & np.isfinite(weights) & (weights > 0)
        if not counted.any():
            return
        if not self.total.size:
            self.total = np.zeros(similarities.shape[1])
        self.total = self.total + weights[counted].astype(np.float64) @ similarities[counted]
        self.weight += float(weights[counted].sum())

    def means(self) -> Array:
        """Return float64 [persons]: the weighted mean similarities."""
        return np.asarray(self.total / max(self.weight, 1e-9))


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
    """

    nearest: int | None
    person: str | None
    similarity: float | None
    margin: float | None
    reason: str


NO_GALLERY = Identity(None, None, None, None, "no gallery: labelled by track")


def decide(vote: Vote, gallery: Gallery, threshold: float, margin: float) -> Identity:
    """Return who one track is, taken by itself."""
    means = vote.means()
    if not means.size:
        return Identity(None, None, None, None, "no face of the track could be compared")
    order = np.argsort(-means, kind="stable")
    nearest, similarity = int(order[0]), float(means[order[0]])
    name = gallery.names[nearest]
    ahead = similarity - float(means[order[1]]) if means.size > 1 else None
    if not similarity >= threshold:
        reason = f"nobody: similarity {similarity:.3f} to {name} is below {threshold:.3f}"
        return Identity(nearest, None, similarity, ahead, reason)
    if ahead is not None and not ahead >= margin:
        reason = (
            f"nobody: {name} is only {ahead:.3f} above {gallery.names[int(order[1])]}, below the margin {margin:.3f}"
        )
        return Identity(nearest, None, similarity, ahead, reason)
    return Identity(nearest, name, similarity, ahead, f"similarity {similarity:.3f} reaches {threshold:.3f}")
