"""How similar a stranger comes out to a person of the gallery: what a calibration says of tracks and templates.

A template is the mean of a person's embeddings, made unit again. The mean of several is shorter than one of them, so
what is compared with it is stretched: the same stranger scores the higher the more photos there are. Its length tells
how many photos it is worth, too: alike ones (a burst, a copy) leave it long. Likewise a track: the shorter the mean of
its embeddings, the more distinct looks it has; a hundred frames of one expression are hardly more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from slceleb_core.decision.tails import exceeded
from slceleb_core.types import Array, Calibration

PRIOR_PAIRS = 20
"""Pairs of people that are taken as known before any is measured, with the deviation that :data:`PRIOR_RATIO` tells:
somewhat fewer than the 27 pairs that this was measured on, as those were of two other recognizers. They are what keeps
a calibration from two people from promising too much."""

PRIOR_RATIO = 1.3
"""Deviation from pair to pair of people, in deviations from picture to picture: .97 of SFace on four people, 1.5 on
six, 1.04 of a MobileFaceNet on four; the root of their mean square, each by its pairs."""


LEAST_DEVIATION = 1e-4
"""Of pairs of people; no recognizer is so even, but drawn pictures may be."""


def comparison_rate(fpir: float, persons: int) -> float:
    """Return at which rate one comparison may err, so that a track errs at `fpir` among so many persons."""
    return float(-np.expm1(np.log1p(-fpir) / max(persons, 1)))


def template_length(calibration: Calibration, photos: float) -> float:
    """Return how long the mean of so many embeddings of distinct photos is."""
    return float(np.sqrt((1 + (photos - 1) * calibration.genuine) / photos))


def distinct(calibration: Calibration, squared_length: float) -> float:
    """Return of how many distinct pictures of one person a mean embedding is the mean, by its squared length.

    At least one; infinite where it is as short as the mean of any number would be.
    """
    excess = squared_length - calibration.genuine
    return max((1 - calibration.genuine) / excess, 1.0) if excess > 0 else np.inf


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """What the similarity to each person of a gallery depends on beside the face.

    Attributes
    ----------
    photos
        int64 [persons]: usable photos of each.
    lengths
        float64 [persons]: length of the mean of their embeddings.
    """

    photos: Array
    lengths: Array

    @classmethod
    def expected(cls, calibration: Calibration, photos: int, persons: int = 1) -> Templates:
        """Return those of people with so many photos each, which are as alike as photos of one person are."""
        return cls(np.full(persons, photos), np.full(persons, template_length(calibration, photos)))

    @property
    def persons(self) -> int:
        """How many."""
        return len(self.photos)

    def worth(self, calibration: Calibration) -> Array:
        """Return float64 [persons]: how many distinct photos each template is the mean of."""
        return np.array(
            [
                min(distinct(calibration, length**2), photos)
                for photos, length in zip(self.photos, self.lengths, strict=True)
            ]
        )


@dataclass(frozen=True, eq=False)
class Strangers:
    """How similar strangers come out to each person of a gallery.

    Parameters
    ----------
    calibration
        Of the recognizer.
    templates
        Of the gallery.
    """

    calibration: Calibration
    templates: Templates

    def means(self) -> Array:
        """Return float64 [persons]."""
        return np.asarray(self.calibration.strangers / self.templates.lengths)

    def deviations(self, looks: float) -> Array:
        """Return float64 [persons]: of a track of so many distinct looks."""
        return np.asarray(np.hypot(self._of_pairs(), self._of_pictures(looks)) / self.templates.lengths)

    def limits(self, rate: float, looks: float) -> Array:
        """Return float64 [persons]: the similarity that a stranger reaches at a rate.

        Parameters
        ----------
        rate
            Of one comparison.
        looks
            Distinct looks of the track.
        """
        beyond = exceeded(rate, self._freedom(), self._of_pairs(), self._of_pictures(looks))
        return np.asarray((self.calibration.strangers + beyond) / self.templates.lengths)

    def _of_pictures(self, looks: float) -> Array:
        """Return float64 [persons]: the deviation that is due to pictures, of the look to the mean of the photos."""
        known, photos = self.calibration, self._photos
        one_look = known.look**2 + known.residual**2 / photos
        return np.asarray(np.sqrt(known.photo**2 / photos + one_look / looks))

    @cached_property
    def _photos(self) -> Array:
        return self.templates.worth(self.calibration)

    def _of_pairs(self) -> float:
        """Return the scale of what two people have in common: measured on few of them, it is taken to be more."""
        known = self.calibration
        measured, prior = known.pair**2, max(known.pair, PRIOR_RATIO * known.look) ** 2
        variance = (PRIOR_PAIRS * prior + (known.pairs - 1) * measured) / self._freedom()
        return max(float(np.sqrt(variance * (1 + 1 / known.pairs))), LEAST_DEVIATION)  # so many tell the mean, too

    def _freedom(self) -> float:
        return PRIOR_PAIRS + self.calibration.pairs - 1
