"""How often labels are right, of which some were looked at: an estimate, and what it cannot be beyond.

Bounds are those of Clopper and Pearson (The use of confidence or fiducial limits illustrated in the case of the
binomial, Biometrika 26, 1934), which hold at every precision and every number of labels. Labels that were drawn with
different probabilities, or come in clusters, tell less than as many that were drawn alike: bounds are then those of as
many labels as they are worth, as Korn and Graubard do it (Confidence intervals for proportions with small expected
number of positive counts estimated from survey data, Survey Methodology 24, 1998; compared in Franco et al.,
Comparative study of confidence intervals for proportions in complex sample surveys, JSSAM 7, 2019).

What labels are worth is told by the errors among them, and of a good corpus they are few. So it is presumed what is
worst, until errors have shown otherwise: that they come all at once in a cluster, and where the weights are
largest (after Fay and Feuer, Confidence intervals for directly standardized rates, Statistics in
Medicine 16, 1997, who let the next event have the largest weight).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, log, nan

import numpy as np

from slceleb_core.types import Array

PRESUMED = 10.0
"""How many errors the presumption counts for that errors of a cluster come together: with ten errors seen, what they
say of it counts as much."""

STEPS = 32
"""Fewer errors that are tried, at most, so that one more never makes a bound better."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A precision, and between what it lies.

    Attributes
    ----------
    estimate
        NaN where there are no labels.
    low, high
        It lies between them at the stated confidence.
    confidence
        At least how often such an interval holds the truth.
    count
        How many labels drawn alike it is worth.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    count: float


def clopper_pearson(right: float, count: float, confidence: float) -> Interval:
    """Return the two-sided interval of a precision.

    Parameters
    ----------
    right
        How many labels are right; need not be whole.
    count
        Of how many.
    confidence
        Between 0 and 1.
    """
    from scipy.special import betaincinv  # takes a while to import

    if count <= 0:
        return Interval(nan, 0.0, 1.0, confidence, 0.0)
    right = min(max(right, 0.0), count)
    outside = (1.0 - confidence) / 2
    low = 0.0 if right <= 0 else float(betaincinv(right, count - right + 1, outside))
    high = 1.0 if right >= count else float(betaincinv(right + 1, count - right, 1.0 - outside))
    return Interval(right / count, low, high, confidence, count)


def lowest(wrong: float, count: float, confidence: float) -> float:
    """Return the one-sided lower bound of a precision, of so many labels of which so many are wrong."""
    return float(_lowest(np.array([wrong]), np.array([count]), confidence)[0])


def _lowest(wrong: Array, count: Array, confidence: float) -> Array:
    """Return :func:`lowest` of float64 [n] and float64 [n]."""
    from scipy.special import betaincinv

    right = count - wrong
    told = right > 0
    bounds = np.zeros(len(count))
    bounds[told] = betaincinv(right[told], np.maximum(wrong[told], 0.0) + 1, 1.0 - confidence)
    return bounds


def needed(target: float, confidence: float, wrong: int = 0) -> int:
    """Return how many labels, so many of them wrong, prove that a precision is at least the target.

    Raises
    ------
    ValueError
        The target or the confidence does not lie between 0 and 1.
    """
    if not (0.0 < target < 1.0 and 0.0 < confidence < 1.0):
        raise ValueError(f"no number of labels proves {target} at a confidence of {confidence}")
    alone = ceil(log(1.0 - confidence) / log(target))
    low, high = wrong, max(alone, 1)
    while lowest(wrong, high, confidence) < target:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if lowest(wrong, middle, confidence) >= target else (middle, high)
    return high


# Labels of different weight, in clusters ----------------------------------------------------------------------------


def weighted(
    right: Array | Sequence[bool],
    weights: Array | Sequence[float],
    clusters: Sequence[Hashable] | Array,
    confidence: float,
) -> Interval:
    """Return the two-sided interval of a precision; the estimate is Hájek's: weight that is right, of all weight.

    Parameters
    ----------
    right
        bool [n]: whether each label is.
    weights
        float [n]: how many each stands for, the inverse of the probability that it was drawn with.
    clusters
        [n]: labels of one cluster may be wrong together. Where segments were drawn one by one and the question is about
        those that they were drawn from, each is a cluster of its own.
    confidence
        Between 0 and 1.
    """
    labels = _Labels.of(right, weights, clusters)
    if not labels.count:
        return clopper_pearson(0.0, 0.0, confidence)
    count = labels.worth()
    plain = clopper_pearson((1.0 - labels.wrong_share) * count, count, confidence)
    return replace(plain, low=labels.lowest(1.0 - (1.0 - confidence) / 2))


def lowest_weighted(
    right: Array | Sequence[bool],
    weights: Array | Sequence[float],
    clusters: Sequence[Hashable] | Array,
    confidence: float,
) -> float:
    """Return the one-sided lower bound of a precision; 0 where there are no labels. Parameters as of `weighted`."""
    labels = _Labels.of(right, weights, clusters)
    if not labels.count:
        return 0.0
    return labels.lowest(confidence)


def effective(
    right: Array | Sequence[bool], weights: Array | Sequence[float], clusters: Sequence[Hashable] | Array
) -> float:
    """Return how many labels drawn alike these are worth; 0 where there are none. Parameters as of `weighted`."""
    labels = _Labels.of(right, weights, clusters)
    return labels.worth() if labels.count else 0.0


@dataclass(frozen=True, eq=False)
class _Labels:
    """Labels, and what they tell together.

    Attributes
    ----------
    wrong
        float64 [n]: 1 where a label is wrong.
    weights
        float64 [n], of which the largest is 1.
    clusters
        int64 [n].
    """

    wrong: Array
    weights: Array
    clusters: Array

    @classmethod
    def of(
        cls, right: Array | Sequence[bool], weights: Array | Sequence[float], clusters: Sequence[Hashable] | Array
    ) -> _Labels:
        """Return labels as they are handed in.

        Raises
        ------
        ValueError
            There are not as many of each, or a weight is no number above 0.
        """
        wrong, given = 1.0 - np.asarray(right, dtype=np.float64), np.asarray(weights, dtype=np.float64)
        numbers: dict[Hashable, int] = {}
        known = [numbers.setdefault(cluster, len(numbers)) for cluster in clusters]
        if not len(wrong) == len(given) == len(known):
            raise ValueError(f"{len(wrong)} labels, {len(given)} weights and {len(known)} clusters")
        if not np.all((given > 0) & np.isfinite(given)):
            raise ValueError("the weight of a label is a number above 0")
        return cls(wrong, given / given.max(initial=0.0) if len(given) else given, np.array(known, dtype=np.int64))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.wrong)

    @cached_property
    def total(self) -> float:
        """Weight of all."""
        return float(self.weights.sum())

    @cached_property
    def wrong_share(self) -> float:
        """Weight that is wrong, of all weight."""
        return float(self.weights @ self.wrong) / self.total

    @cached_property
    def errors(self) -> float:
        """How many are wrong."""
        return float(self.wrong.sum())

    def worth(self) -> float:
        """Return how many labels drawn alike they are worth."""
        return float(self._worth(np.ones(1))[0])

    def lowest(self, confidence: float) -> float:
        """Return the one-sided lower bound of their precision: not above what fewer errors would have given.

        Errors also tell how they come, so one more can make labels worth more. It does not make the bound better.
        """
        parts = np.linspace(0.0, 1.0, min(int(self.errors), STEPS) + 1) if self.errors else np.zeros(1)
        counts = self._worth(parts)
        return float(_lowest(parts * self.wrong_share * counts, counts, confidence).min())

    def _worth(self, parts: Array) -> Array:
        """Return float64 [m]: what they were worth if only a part of the errors had been seen, float64 [m]."""
        errors = parts * self.errors
        seen = np.minimum(errors, self.count - errors)
        correlation = (PRESUMED + seen * self._correlation) / (PRESUMED + seen)
        return np.asarray(self._alone(parts) / (1.0 + (self._together - 1.0) * correlation))

    def _alone(self, parts: Array) -> Array:
        """Return float64 [m]: what they were worth if each came alone.

        By their weights (Kish), or less, by the variance of the estimate (Korn and Graubard). One more of the largest
        weight is added to those that were seen, wrong where few are, right where few are that, as it may be the next.
        """
        squares, total = float(self.weights @ self.weights), self.total + 1.0
        added = np.where(parts * self.wrong_share <= 0.5, 1.0, 0.0)
        share = (parts * self.wrong_share * self.total + added) / total
        wrong = parts * float((self.weights**2) @ self.wrong) + added
        variance = wrong * (1.0 - share) ** 2 + (squares + 1.0 - wrong) * share**2
        by_errors = share * (1.0 - share) * total**2 / variance - 1.0
        return np.minimum(self.total**2 / squares, np.maximum(by_errors, 1.0))

    @cached_property
    def _together(self) -> float:
        """The mean size of a cluster, by weight (Gabler, Häder and Lahiri, Survey Methodology 25, 1999)."""
        sums = np.bincount(self.clusters, self.weights)
        return max(float(sums @ sums) / float(self.weights @ self.weights), 1.0)

    @cached_property
    def _correlation(self) -> float:
        """How much errors of a cluster come together, 0 to 1: the estimate of the analysis of variance.

        1 where nothing can be told: of one cluster, or of labels that all say the same.
        """
        sizes = np.bincount(self.clusters).astype(np.float64)
        clusters, labels = len(sizes), len(self.wrong)
        if clusters < 2 or labels == clusters:
            return 1.0
        rates = np.bincount(self.clusters, self.wrong) / sizes
        overall = float(self.wrong.mean())
        between = float(sizes @ (rates - overall) ** 2) / (clusters - 1)
        within = float(sizes @ (rates * (1.0 - rates))) / (labels - clusters)
        typical = (labels - float(sizes @ sizes) / labels) / (clusters - 1)
        spread = between + (typical - 1.0) * within
        return 1.0 if spread <= 0 else min(max((between - within) / spread, 0.0), 1.0)
