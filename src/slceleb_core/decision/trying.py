"""What an operating point would have done to people whose photos are at hand: who is missed, and who gets a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from slceleb_core.decision.calibrating import LEAST_PHOTOS, Embeddings, Measurement
from slceleb_core.decision.calibration import Strangers, Templates, comparison_rate
from slceleb_core.decision.identity import mean_length, template
from slceleb_core.errors import GalleryError
from slceleb_core.types import LEAST_PEOPLE, Array, Calibration

DRAWS = 20
"""Times that photos of each person are drawn for a template; enough for a percent, with some people."""

TRACK = 8
"""Distinct looks of the track that is tried beside a single picture: as many as count (``operating.MOST_LOOKS``)."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Which part of the right people would be missed.

    Attributes
    ----------
    photos
        In a template.
    limit
        Similarity that a picture must reach; the mean over people.
    pictures, tracks
        Parts of single pictures, and of tracks of eight, that do not reach theirs; None where there are too few photos.
    """

    photos: int
    limit: float
    pictures: float | None
    tracks: float | None


@dataclass(frozen=True, slots=True)
class Named:
    """How many pictures of strangers got a name.

    Attributes
    ----------
    pictures
        All that were tried.
    named
        Of those.
    """

    pictures: int
    named: int


def missed(people: Embeddings, calibration: Calibration, fpir: float, gallery: int, photos: int) -> Missed:
    """Return what a stated rate costs, by templates that are drawn from people's photos, and the others.

    Parameters
    ----------
    people
        By person.
    calibration
        Of the recognizer.
    fpir
        The rate.
    gallery
        People in it.
    photos
        In a template.
    """
    random, rate = np.random.default_rng(0), comparison_rate(fpir, gallery)
    limits: list[float] = []
    pictures: list[bool] = []
    tracks: list[bool] = []
    for rows in people.values():
        for _ in range(DRAWS if len(rows) > photos else 0):
            order = random.permutation(len(rows))
            similar, strangers = _against(rows[order[:photos]], rows[order[photos:]], calibration)
            one, many = (float(strangers.limits(rate, looks)[0]) for looks in (1, TRACK))
            limits.append(one)
            pictures.extend((similar < one).tolist())
            if len(similar) >= TRACK:
                tracks.append(float(similar[:TRACK].mean()) < many)
    limit = float(np.mean(limits)) if limits else _expected(calibration, rate, photos)
    return Missed(photos, limit, _part(pictures), _part(tracks))


def _against(photos: Array, looks: Array, calibration: Calibration) -> tuple[Array, Strangers]:
    """Return the similarities of looks to the template of photos, and what strangers' are."""
    templates = Templates(np.array([len(photos)]), np.array([mean_length(photos)]))
    return looks @ template(photos), Strangers(calibration, templates)


def _expected(calibration: Calibration, rate: float, photos: int) -> float:
    """Return the limit of a template of photos that are as alike as photos of one person are."""
    return float(Strangers(calibration, Templates.expected(calibration, photos)).limits(rate, 1)[0])


def _part(those: list[bool]) -> float | None:
    return float(np.mean(those)) if those else None


@dataclass(frozen=True, slots=True, eq=False)
class Outsider:
    """One person, once taken out of the gallery: who comes near.

    Attributes
    ----------
    looks
        Embeddings of the person's photos, [n, dim].
    templates
        float32 [persons, dim]: those of everybody else.
    made_of
        What these are the means of.
    calibration
        Made without the person.
    """

    looks: Array
    templates: Array
    made_of: Templates
    calibration: Calibration

    def named(self, fpir: float) -> Named:
        """Return how many pictures are given a name at a stated rate."""
        rate = comparison_rate(fpir, self.made_of.persons)
        return self._reaching(Strangers(self.calibration, self.made_of).limits(rate, 1))

    def named_at(self, threshold: float) -> Named:
        """Return how many are at one similarity for all."""
        return self._reaching(np.array([threshold]))

    def _reaching(self, limits: Array) -> Named:
        reached = (self.looks @ self.templates.T >= limits).any(axis=1)
        return Named(len(reached), int(reached.sum()))


def outsiders(people: Embeddings) -> Iterator[Outsider]:
    """Yield each person as one who is in no gallery, before that of all others; nobody of so few that none is left.

    Who is tried has no part in the calibration that is tried: that is what makes it a test.
    """
    for name, looks in people.items():
        others = {other: rows for other, rows in people.items() if other != name}
        if sum(len(rows) >= LEAST_PHOTOS for rows in others.values()) < LEAST_PEOPLE:
            continue
        try:
            calibration = Measurement(others).calibration("", "")
        except GalleryError:  # of the others, photos of one person are no more alike than those of two
            continue
        rows = list(others.values())
        made_of = Templates(np.array([len(of) for of in rows]), np.array([mean_length(of) for of in rows]))
        yield Outsider(looks, np.stack([template(of) for of in rows]), made_of, calibration)
