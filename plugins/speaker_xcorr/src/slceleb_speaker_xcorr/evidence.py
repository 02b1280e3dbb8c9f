"""What a correlation is worth: how much likelier it is with the face's own voice than with a wrong one.

A correlation says little by itself: over three seconds that of two rhythms which have nothing to do with each other is
as large as that of a weak talker, over twenty it is not. So it is weighed by how it scatters over a window of its
length, and, where the window is long enough to tell, by how it scatters for these lips with this sound at other times.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from slceleb_core.types import Array

OWN, OWN_SPREAD = 0.39, 0.12
"""Mean and deviation over talkers of the correlation of lips with their own voice, beside chance: 0.35 to 0.6 for 13
talkers, over as much as there is of each (``docs/accuracy.md``)."""

WRONG_SPREAD = 0.035
"""Deviation of that with a wrong voice, beside chance: people who speak at one pace."""

CHANCE, CHANCE_SECONDS = 0.089, 3.0
"""Deviation of the correlation of lips with an unrelated sound over so many seconds; it falls with the root of the
time."""

FADE = 1.25
"""Seconds that count for each second of weight: a window that fades has more independent moments than its sum says."""

LEAST_SECONDS = 0.3
"""What a window is taken to hold at the least."""

CHANCE_COUNT = 12
"""For how many comparisons with other times the usual scatter counts."""

LARGEST_MEAN = 0.1
"""What the mean of the correlations at other times may be taken off at the most."""


def scatter(seconds: Array) -> Array:
    """Return the usual deviation of an unrelated correlation; `seconds`, [n]: how many its window holds."""
    return np.asarray(CHANCE * np.sqrt(CHANCE_SECONDS / np.maximum(FADE * seconds, LEAST_SECONDS)))


def telling(weighted: Array, seen: Array) -> Array:
    """Return how many seconds a window holds of which some count less.

    Between the two, as such moments have less to do with the correlation, and those that have are as sparse in every
    window: over 3 to 20 s of 12 talkers unrelated correlations scatter as much as that says within a fifth.

    Parameters
    ----------
    weighted, seen
        float64 [n]: seconds of weight, and seconds at all.
    """
    return np.asarray(np.sqrt(weighted * seen))


def by_chance(elsewhere: Array, enough: Array, usual: Array) -> tuple[Array, Array]:
    """Return mean and deviation of correlations at other times, float64 [n] each.

    Parameters
    ----------
    elsewhere
        float64 [f, n].
    enough
        bool [f, n]: which of them count.
    usual
        float64 [n]: the deviation as a rule, which counts as `CHANCE_COUNT` of them, all around 0.
    """
    count = enough.sum(axis=0)
    mean = np.where(enough, elsewhere, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(enough, elsewhere - mean, 0.0) ** 2).sum(axis=0)
    total = count + CHANCE_COUNT
    deviation = np.sqrt((squares + CHANCE_COUNT * usual**2) / total)
    return np.minimum(mean * count / total, LARGEST_MEAN), deviation


LEAST_CLARITY = 0.02
"""What the share of the lips' motion that is not noise is taken to be at the least."""


def clarity(lips: Array, noise: Array) -> Array:
    """Return the share of a lip signal that is not noise of the landmarks, 0..1: float64 [n].

    Parameters
    ----------
    lips, noise
        float64 [n]: the power of the signal, and that of a distance which does not change.
    """
    share = 1.0 - noise / np.maximum(lips, 1e-12)
    return np.asarray(np.clip(share, LEAST_CLARITY, 1.0))


def log_ratio(correlation: Array, mean: Array, deviation: Array, clear: Array) -> Array:
    """Return the logarithm of how much likelier a correlation is with the own voice than with a wrong one.

    Both are normal; the ratio is held where it would rise again for correlations far below either.

    Parameters
    ----------
    correlation
        float64 [..., n].
    mean, deviation
        float64 [n]: of those by chance.
    clear
        float64 [n], above 0 to 1: the share of the lip signal that is not noise. Noise lowers the correlation with the
        own voice by its root; where there is nothing else, no correlation says anything.
    """
    expected, spread = OWN * np.sqrt(clear), OWN_SPREAD * np.sqrt(clear)
    wrong = WRONG_SPREAD**2 * clear + deviation**2
    own = spread**2 + deviation**2
    lowest = -expected * wrong / (own - wrong)
    above = np.maximum(correlation - mean, lowest)
    return np.asarray(0.5 * above**2 / wrong - 0.5 * (above - expected) ** 2 / own - 0.5 * np.log(own / wrong))


def p_value(correlation: Array, mean: Array, deviation: Array, trials: Array) -> Array:
    """Return how likely chance gives as large a correlation, the largest of so many trials: float64 [n], 0..1."""
    single = ndtr(-(correlation - mean) / np.sqrt(deviation**2 + WRONG_SPREAD**2))
    return np.asarray(-np.expm1(trials * np.log1p(-np.minimum(single, 1.0 - 1e-12))))
