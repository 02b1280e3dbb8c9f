"""How far lips and sound move together: correlations, at any lag and over any window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array
from slceleb_speaker_xcorr.evidence import clarity
from slceleb_speaker_xcorr.hearing import HIGH, HISS, LOW
from slceleb_speaker_xcorr.lips import Lips

PAIRS = ((0, LOW, 1.0), (0, HIGH, 1.0), (1, LOW, 1.0), (1, HIGH, 1.0), (2, HISS, -2.0))
"""Which measure of the mouth goes with which feature of the sound, which way, and how much it counts: lower lip and
chin fall in vowels, the upper lip rises in hissed sounds. A linear discriminant over fifty such pairs, with each talker
left out in turn, gave the three measures about equal weights, and more of them told no more (see the README)."""

WEIGHTS = sum(abs(weight) for _, _, weight in PAIRS)
"""Of all pairs."""

LIP_FLOOR, SOUND_FLOOR = 0.004, 0.3
"""Deviations, in eye distances and in those of the sound, that are added to every window's: without them the jitter of
a still mouth would correlate as well as speech does (after the project's study on 692 composed clips)."""


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """Sums over windows from which correlations follow; those of parts of a window may be added.

    Attributes
    ----------
    together
        float64 [pairs, m, n]: of the products of lips and sound, at m delays.
    lips
        float64 [measures, n]: of the squares of the lips' signals.
    sound
        float64 [3, m, n]: of those of the sound's.
    noise
        float64 [n]: of the squares of the landmarks' jitter.
    count
        float64 [n]: of the weights.
    """

    together: Array
    lips: Array
    sound: Array
    noise: Array
    count: Array

    def __add__(self, other: Products) -> Products:
        return Products(
            self.together + other.together,
            self.lips + other.lips,
            self.sound + other.sound,
            self.noise + other.noise,
            self.count + other.count,
        )

    @property
    def clear(self) -> Array:
        """float64 [n]: the share of the lower lip's motion that is not noise."""
        return clarity(self.lips[0], self.noise)

    def correlations(self) -> Array:
        """Return the weighted mean of the correlations of `PAIRS`, with variance floors: float64 [m, n], -1..1."""
        found = np.zeros(self.together.shape[1:])
        for (measure, feature, weight), together in zip(PAIRS, self.together, strict=True):
            moved = np.maximum(self.lips[measure], 0.0) + self.count * LIP_FLOOR**2
            loud = np.maximum(self.sound[feature], 0.0) + self.count * SOUND_FLOOR**2
            found += weight * together / np.sqrt(np.maximum(moved * loud, 1e-12))
        return found / WEIGHTS


def products(lips: Lips, signals: Array, weight: Array, total: Callable[[Array], Array]) -> Products:
    """Return the sums for one face.

    Parameters
    ----------
    lips
        Of one track, n moments.
    signals
        float64 [m, 3, n]: the sound at m delays.
    weight
        float64 [n]: how much each moment counts; 0 where the face was not seen.
    total
        Sums over a window around each moment.
    """
    weighted = lips.signals * weight
    return Products(
        np.stack([total(weighted[measure] * signals[:, feature]) for measure, feature, _ in PAIRS]),
        total(weighted * lips.signals),
        np.stack([total(signals[:, feature] ** 2 * weight) for feature in (LOW, HIGH, HISS)]),
        total(weight * lips.jitter**2),
        total(weight),
    )


def around(lag: Array, stray: int, count: int) -> Array:
    """Return the indices of the lags up to `stray` steps from a face's own, int64 [n], within `count`: [tried, n]."""
    return np.clip(lag + np.arange(-stray, stray + 1)[:, None], 0, count - 1)


def best_near(lips: Lips, signals: Array, tried: Array, total: Callable[[Array], Array]) -> Array:
    """Return the largest correlation at the lags that are tried: float64 [n].

    Parameters
    ----------
    lips, signals, total
        As of :func:`products`; every moment at which the face was seen counts alike.
    tried
        int64 [k, n]: indices of lags.
    """
    needed, place = np.unique(tried, return_inverse=True)
    found = products(lips, signals[needed], lips.seen.astype(np.float64), total).correlations()
    return np.asarray(found[place.reshape(tried.shape), np.arange(tried.shape[1])].max(axis=0))
