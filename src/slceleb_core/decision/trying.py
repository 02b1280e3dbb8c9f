"""What an operating point would have done to people whose photos are at hand: who is missed, and who gets a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from slceleb_core.decision.calibrating import LEAST_PHOTOS, Embeddings, Measurement
from slceleb_core.decision.calibration import Strangers, Templates, comparison_rate
from slceleb_core.decision.identity import mean_length, template
from slceleb_core.decision.operating import MOST_LOOKS
from slceleb_core.types import LEAST_PEOPLE, Array, Calibration

DRAWS = 20
"""Times that photos of each person are drawn for a template; enough for a percent, with some people."""

TRACK = int(MOST_LOOKS)
"""Distinct looks of the track that is tried beside a single picture: as many as count."""


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


class Trial:
    """Templates that are drawn from people's photos, and what is left of the photos as pictures of the right people.

    Parameters
    ----------
    people
        By person.
    photos
        In a template; who has no more is left out.
    """

    def __init__(self, people: Embeddings, photos: int) -> None:
        random = np.random.default_rng(0)
        self._photos = photos
        self._lengths: list[float] = []
        self._similar: list[Array] = []
        for rows in people.values():
            for _ in range(DRAWS if len(rows) > photos else 0):
                order = random.permutation(len(rows))
                chosen, left = rows[order[:photos]], rows[order[photos:]]
                self._lengths.append(mean_length(chosen))
                self._similar.append(left @ template(chosen))

    def missed(self, calibration: Calibration, fpir: float, gallery: int) -> Missed:
        """Return what a stated rate costs in a gallery of so many people."""
        rate = comparison_rate(fpir, gallery)
        if not self._lengths:
            expected = Strangers(calibration, Templates.expected(calibration, self._photos)).limits(rate, 1)
            return Missed(self._photos, float(expected[0]), None, None)
        made_of = Templates(np.full(len(self._lengths), self._photos), np.array(self._lengths))
        strangers = Strangers(calibration, made_of)
        one, many = (strangers.limits(rate, looks) for looks in (1, TRACK))
        below = np.concatenate([similar < limit for similar, limit in zip(self._similar, one, strict=True)])
        tracks = [
            similar[:TRACK].mean() < limit
            for similar, limit in zip(self._similar, many, strict=True)
            if len(similar) >= TRACK
        ]
        missed = float(np.mean(tracks)) if tracks else None
        return Missed(self._photos, float(one.mean()), float(below.mean()), missed)


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


def outsiders(people: Embeddings, measurement: Measurement) -> Iterator[Outsider]:
    """Yield each person as one who is in no gallery, before that of all others; nobody of so few that none is left.

    Who is tried has no part in the calibration that is tried: that is what makes it a test. Left out is whoever cannot
    be tried, as the others alone tell nothing.

    Parameters
    ----------
    people
        By person.
    measurement
        Of them.
    """
    several = sum(len(rows) >= LEAST_PHOTOS for rows in people.values())
    every = list(people.values())
    templates = np.stack([template(rows) for rows in every])
    lengths, photos = np.array([mean_length(rows) for rows in every]), np.array([len(rows) for rows in every])
    for place, looks in enumerate(every):
        enough = several - (len(looks) >= LEAST_PHOTOS) >= LEAST_PEOPLE
        calibration = measurement.without(place) if enough else None
        if calibration is not None:
            others = np.arange(len(every)) != place
            made_of = Templates(photos[others], lengths[others])
            yield Outsider(looks, templates[others], made_of, calibration)
