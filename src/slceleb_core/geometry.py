"""Arithmetic of boxes that the tracker and detectors share."""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array

SHORTEST = 1 / 60
"""Seconds that a movement is taken to have lasted at least: the rate at which ordinary cameras stop. Time stamps that
were mended lie microseconds apart, and over those the tremble of a box, a hundredth of its size, would be a leap."""


def intersection_over_union(a: Array, b: Array) -> float:
    """Return the overlap of two boxes (x0, y0, x1, y1), 0..1."""
    inner = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    if (inner <= 0).any():
        return 0.0
    shared = float(inner.prod())
    return shared / (float((a[2:] - a[:2]).prod()) + float((b[2:] - b[:2]).prod()) - shared)


def carried_on(velocity: Array, moved: Array, elapsed: float) -> Array:
    """Return a velocity after a movement that took `elapsed` seconds: half of it is the old one, half the new one."""
    return np.asarray(0.5 * velocity + 0.5 * moved / max(elapsed, SHORTEST))
