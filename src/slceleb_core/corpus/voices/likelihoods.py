"""How likely a cosine of two voices is, where they are one person's and where they are two people's.

Two sounds of one person have a cosine near what :class:`~slceleb_core.types.VoiceFigures` says of their lengths, those
of two people one near theirs; both are taken for normal. What is compared with a limit is log10 of the ratio of the two
likelihoods, so that it means the same at all lengths: of a short sound little can be said, and the ratio stays near 1.
Beyond the two means nothing is added to it: one that is still more alike is not less likely the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from slceleb_core.types import Array, VoiceFigures

LEAST_SPREAD = 0.02
"""Of the cosines of one person: sounds of minutes are not the same for all that."""

LARGEST = 20.0
"""log10 beyond which no ratio goes: so sure is nobody of what is normal."""

STEPS = 40
"""Halvings by which the cosine is found at which the ratio is as asked for: to 1e-12."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What cosines are expected; float64, each of one shape.

    Attributes
    ----------
    own, own_spread
        Of one person: mean, and standard deviation.
    other, other_spread
        Of two people.
    """

    own: Array
    own_spread: Array
    other: Array
    other_spread: Array

    def log_ratio(self, cosine: Array) -> Array:
        """Return log10 of how many times likelier cosines are of one person than of two."""
        inside = np.clip(cosine, self.other, np.maximum(self.own, self.other))
        own = norm.logpdf(inside, self.own, self.own_spread)
        ratio = (own - norm.logpdf(inside, self.other, self.other_spread)) / np.log(10)
        return np.asarray(np.clip(ratio, -LARGEST, LARGEST))

    def cosine_at(self, limit: float) -> Array:
        """Return the least cosines whose ratio reaches a limit; infinite where none does, or all do."""
        low, high = self.other.copy(), np.maximum(self.own, self.other)
        all_do, none_does = self.log_ratio(low) >= limit, self.log_ratio(high) < limit
        for _ in range(STEPS):
            middle = (low + high) / 2
            reached = self.log_ratio(middle) >= limit
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return np.asarray(np.where(all_do, -np.inf, np.where(none_does, np.inf, high)))

    def lost(self, limit: float) -> Array:
        """Return which share of one person's cosines does not reach a limit."""
        return np.asarray(norm.cdf(self.cosine_at(limit), self.own, self.own_spread))

    def found(self, limit: float) -> Array:
        """Return which share of two people's cosines does not reach a limit."""
        return np.asarray(norm.cdf(self.cosine_at(limit), self.other, self.other_spread))


def moved(seconds: Array, figures: VoiceFigures) -> Array:
    """Return by how much sounds of so many seconds, of a video each, stray from a person's voice, as a variance."""
    return np.asarray(figures.session + faded(seconds, figures))


def faded(seconds: Array, figures: VoiceFigures) -> Array:
    """Return that of sounds of one video, which moves them all alike."""
    return np.asarray(figures.words / np.maximum(seconds, 1e-9))


def nearness(one: Array, other: Array) -> Array:
    """Return the cosine that is expected of two sounds of one person which stray by these variances."""
    return np.asarray(1.0 / np.sqrt((1.0 + one) * (1.0 + other)))


def expected(one: Array, other: Array, figures: VoiceFigures) -> Expected:
    """Return what cosines are expected of sounds that stray by these variances from whose voice they are.

    Parameters
    ----------
    one, other
        As :func:`moved` and :func:`faded` return them; of one shape.
    figures
        Of the voice stage, or as a corpus has corrected them.
    """
    near = nearness(one, other)
    own_spread = np.maximum(figures.spread * (1.0 - near), LEAST_SPREAD)
    other_spread = np.sqrt((figures.pairs * near) ** 2 + figures.noise * (1.0 - near**2))
    return Expected(near, own_spread, figures.strangers * near, other_spread)
