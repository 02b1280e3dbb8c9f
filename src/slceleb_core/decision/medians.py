"""The median of values that count more or less."""

from __future__ import annotations

from collections.abc import Iterable

ROUNDING = 1e-6
"""By which sums of weights may be off: microseconds, where they are seconds."""


def weighted_median(values: Iterable[tuple[float, float]]) -> float | None:
    """Return the value that half of the weight lies on either side of; None of none.

    Parameters
    ----------
    values
        Each with its weight. Where just half of the weight lies up to one of them, the median is the middle between it
        and the next.
    """
    ordered = sorted(values)
    half, passed, lower = sum(weight for _, weight in ordered) / 2, 0.0, None
    for value, weight in ordered:
        passed += weight
        if lower is None and passed >= half - ROUNDING:
            lower = value
        if passed > half + ROUNDING:
            return value if lower is None else (lower + value) / 2
    return lower
