"""How far out a sum lies that is exceeded at a given rate, where part of its spread is known from few samples only.

Strangers' similarities are a sum: what two people have in common, and what their pictures add. The second is measured
on thousands of pairs of pictures and is normal. The first is known from as many pairs of people as there were, so its
deviation is itself uncertain; whoever comes next is then distributed as Student's t (the predictive distribution of a
normal sample), which has the heavier tails the fewer pairs there were. The sum of both has no closed form. But t is a
normal distribution whose variance is drawn, so the sum is one too, and its tail the mean of normal tails. Each of these
grows with either part, so every point does: what makes a part smaller can lower the point and never raise it.
"""

from __future__ import annotations

from functools import lru_cache
from math import lgamma, log

import numpy as np

from slceleb_core.types import Array

NODES = 400
"""Steps of the integral over the drawn variance; the error of a tail of 1e-8 is below a hundredth of itself."""

SPAN = (-12.0, 4.0)
"""Where the logarithm of the inverse of the drawn variance lies, from four degrees of freedom on."""

RATIOS = np.concatenate([[0.0], np.geomspace(0.02, 50.0, 120)])
"""Normal deviations, in those of the t part, at which points are worked out; between them a straight line lies above
the points, whose curve bends upwards."""

HALVINGS = 64
"""Of the stretch in which a point is looked for: to 1e-13 of the scale."""

FARTHEST = 1e6
"""Deviations of the t part within which every point lies."""


def exceeded(rate: float, freedom: float, student: float, normal: Array) -> Array:
    """Return float64 [n]: what the sum exceeds at `rate`, above its mean.

    Parameters
    ----------
    rate
        Between 0 and a half.
    freedom
        Degrees of freedom of the t part.
    student
        Scale of the t part; above 0.
    normal
        float64 [n]: standard deviations of the normal part.
    """
    ratios = np.asarray(normal, dtype=np.float64) / student
    points = _points(rate, freedom)
    beyond = np.maximum(ratios / RATIOS[-1], 1.0)
    return np.asarray(student * np.interp(ratios, RATIOS, points) * beyond)


@lru_cache(maxsize=64)
def _points(rate: float, freedom: float) -> Array:
    """Return the points at :data:`RATIOS`, in scales of the t part."""
    from scipy.special import ndtr  # takes a while to import, and is not needed without a gallery

    logs = np.linspace(*SPAN, NODES)
    half = freedom / 2
    weights = np.exp(half * log(half) - lgamma(half) + half * (logs - np.exp(logs)))
    weights /= weights.sum()
    deviations = np.sqrt(np.exp(-logs)[None] + RATIOS[:, None] ** 2)
    low, high = np.zeros(len(RATIOS)), np.full(len(RATIOS), FARTHEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        beyond = ndtr(-middle[:, None] / deviations) @ weights > rate
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return high
