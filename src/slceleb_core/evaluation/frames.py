"""Figures of scores against labels, one of each a face and frame.

Everything takes plain arrays, so that other measurements can use the same definitions. AP, AUC and the curves are
scikit-learn's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slceleb_core.evaluation.extras import extra
from slceleb_core.types import Array

BINS = 10
"""Bins of the reliability curve, as usual since Guo et al. 2017."""

POINTS = 300
"""Points of a curve that is drawn or written: about one a pixel."""


@dataclass(frozen=True, slots=True)
class FrameMetrics:
    """How well scores tell speaking from silent.

    Attributes
    ----------
    count, positives
        Face-frames, and those that are labelled as speaking.
    ap
        Average precision: the area under the precision-recall curve as a sum of steps. None without a positive.
    auc
        Area under the ROC curve; None unless both labels occur.
    eer
        Equal error rate: where false alarms and misses are equally frequent; None unless both labels occur.
    eer_threshold
        The score at which that is so.
    threshold
        At or above it a score counts as speaking in the next three.
    precision, recall, f1
        At the threshold; None where there is nothing to divide by.
    ece
        Expected calibration error (:func:`reliability`); None without face-frames.
    """

    count: int
    positives: int
    ap: float | None
    auc: float | None
    eer: float | None
    eer_threshold: float | None
    threshold: float
    precision: float | None
    recall: float | None
    f1: float | None
    ece: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether a score of 0.8 is right eight times in ten. A value a bin of equal width over 0..1, in order.

    Attributes
    ----------
    counts
        Face-frames.
    mean_score
        Their mean score; None in an empty bin.
    speaking
        The part of them that is labelled as speaking; None in an empty bin.
    ece
        Expected calibration error: the mean over face-frames of the distance between those two in their bin
        (Naeini et al., AAAI 2015; Guo et al., ICML 2017). None without face-frames.
    """

    counts: tuple[int, ...]
    mean_score: tuple[float | None, ...]
    speaking: tuple[float | None, ...]
    ece: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A precision-recall curve.

    Attributes
    ----------
    recall, precision
        float64 [n]: recall never rises from one point to the next.
    thresholds
        float64 [n - 1]: the score from which on each point but the last holds.
    """

    recall: Array
    precision: Array
    thresholds: Array

    def thinned(self, points: int = POINTS) -> Curve:
        """Return the curve with no more than so many of its points, the first and the last among them."""
        kept = np.unique(np.linspace(0, len(self.recall) - 1, min(len(self.recall), points)).astype(np.int64))
        return Curve(self.recall[kept], self.precision[kept], self.thresholds[kept[:-1]])


def frame_metrics(labels: npt.ArrayLike, scores: npt.ArrayLike, threshold: float) -> FrameMetrics:
    """Return the figures of scores against labels.

    Parameters
    ----------
    labels
        bool [n]: speaking.
    scores
        float [n]: 0..1.
    threshold
        A score at or above it counts as speaking.

    Raises
    ------
    ValueError
        The arrays do not fit each other, or a score is not in 0..1.
    UsageError
        scikit-learn is not installed.
    """
    true, score = _checked(labels, scores)
    metrics = extra("sklearn.metrics")
    both = bool(true.any() and not true.all())
    claimed = score >= threshold
    right, n_claimed, n_true = int((claimed & true).sum()), int(claimed.sum()), int(true.sum())
    eer, eer_threshold = equal_error_rate(true, score) if both else (None, None)
    return FrameMetrics(
        count=len(true),
        positives=n_true,
        ap=float(metrics.average_precision_score(true, score)) if n_true else None,
        auc=float(metrics.roc_auc_score(true, score)) if both else None,
        eer=eer,
        eer_threshold=eer_threshold,
        threshold=threshold,
        precision=right / n_claimed if n_claimed else None,
        recall=right / n_true if n_true else None,
        f1=2 * right / (n_claimed + n_true) if n_claimed + n_true else None,
        ece=reliability(true, score).ece,
    )


def equal_error_rate(labels: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[float, float]:
    """Return the equal error rate and its threshold, interpolated linearly between two points of the ROC curve.

    Parameters
    ----------
    labels
        bool [n]; both values must occur.
    scores
        float [n]: 0..1.

    Raises
    ------
    ValueError
        As for :func:`frame_metrics`, or only one label occurs.
    UsageError
        scikit-learn is not installed.
    """
    true, score = _checked(labels, scores)
    if true.all() or not true.any():
        raise ValueError("an equal error rate needs both labels")
    alarms, hits, thresholds = extra("sklearn.metrics").roc_curve(true, score, drop_intermediate=False)
    excess = (1 - hits) - alarms  # misses above false alarms: falls from 1 to -1
    after = int(np.argmax(excess <= 0))
    before = after - 1
    part = excess[before] / (excess[before] - excess[after])
    start = thresholds[before] if np.isfinite(thresholds[before]) else thresholds[after]  # the first one is infinite
    rate = alarms[before] + part * (alarms[after] - alarms[before])
    return float(rate), float(start + part * (thresholds[after] - start))


def reliability(labels: npt.ArrayLike, scores: npt.ArrayLike, bins: int = BINS) -> Reliability:
    """Return the reliability curve in bins of equal width.

    Parameters
    ----------
    labels
        bool [n]: speaking.
    scores
        float [n]: 0..1; a score on the border of two bins belongs to the upper one, 1.0 to the last.
    bins
        How many.

    Raises
    ------
    ValueError
        As for :func:`frame_metrics`.
    """
    true, score = _checked(labels, scores)
    place = np.minimum(np.searchsorted(np.arange(1, bins) / bins, score, side="right"), bins - 1)
    counts = np.bincount(place, minlength=bins)
    score_sums = np.bincount(place, weights=score, minlength=bins)
    true_sums = np.bincount(place, weights=true, minlength=bins)
    return Reliability(
        tuple(counts.tolist()),
        _means(score_sums, counts),
        _means(true_sums, counts),
        float(np.abs(score_sums - true_sums).sum() / len(true)) if len(true) else None,
    )


def precision_recall(labels: npt.ArrayLike, scores: npt.ArrayLike) -> Curve | None:
    """Return the precision-recall curve; None without a positive label.

    Parameters
    ----------
    labels
        bool [n]: speaking.
    scores
        float [n]: 0..1.

    Raises
    ------
    ValueError
        As for :func:`frame_metrics`.
    UsageError
        scikit-learn is not installed.
    """
    true, score = _checked(labels, scores)
    if not true.any():
        return None
    precision, recall, thresholds = extra("sklearn.metrics").precision_recall_curve(true, score)
    return Curve(recall, precision, thresholds)


def _means(sums: Array, counts: Array) -> tuple[float | None, ...]:
    return tuple(float(total / n) if n else None for total, n in zip(sums, counts, strict=True))


def _checked(labels: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Array, Array]:
    true, score = np.asarray(labels, dtype=bool), np.asarray(scores, dtype=np.float64)
    if true.ndim != 1 or true.shape != score.shape:
        raise ValueError(f"labels {list(true.shape)} and scores {list(score.shape)} must be two rows of one length")
    if not ((score >= 0) & (score <= 1)).all():
        raise ValueError("scores must lie in 0..1")
    return true, score
