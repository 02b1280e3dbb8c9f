"""From the observations of a track to the signal of its lips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import median_filter

from slceleb_core.types import Array, Track
from slceleb_speaker_xcorr.filters import CUTOFFS, highpass, window_sum
from slceleb_speaker_xcorr.observation import EYE_DISTANCE, LIP_DISTANCE
from slceleb_speaker_xcorr.timeline import STEP, Grid, samples, seen_at

SIZE_WINDOW = 3.0
"""Seconds over which a face's size is the median of its eye distances. The study took the whole track, of a few
seconds; a bounded window gives the same where a long track is handed over in spans."""

MOTION_WINDOW = 0.8
"""Seconds over which motion is averaged (the project's study on 692 composed clips)."""

MOTION_FLOOR = 0.003
"""Root mean square of the lip signal of a still face, in eye distances: landmark jitter (the same study)."""


@dataclass(frozen=True, slots=True, eq=False)
class Lips:
    """The lips of one track, on its part of the grid.

    Attributes
    ----------
    part
        That part.
    signals
        float64 [cutoffs, n]: change of the distance from nose to lower lip, in eye distances, above each of `CUTOFFS`;
        zero where the face was not seen.
    seen
        bool [n].
    """

    part: slice
    signals: Array
    seen: Array


def lips_of(track: Track, grid: Grid) -> Lips | None:
    """Return the lips of a track; None where no row of it has been measured."""
    measured = np.asarray(track.observations, dtype=np.float64)
    valid = np.isfinite(measured).all(axis=1) & (measured[:, EYE_DISTANCE] > 0)
    if not valid.any():
        return None
    rows, measured = track.times[valid], measured[valid]
    part = grid.part(rows[0], rows[-1])
    times = grid.times[part]
    size = _running_median(np.interp(times, rows, measured[:, EYE_DISTANCE]), samples(SIZE_WINDOW))
    lip = between_rows(times, rows, measured[:, LIP_DISTANCE])
    seen = seen_at(times, rows)
    signals = np.stack([highpass(lip, STEP, cutoff) / size for cutoff in CUTOFFS])
    return Lips(part, np.where(seen, signals, 0.0), seen)


def _running_median(values: Array, width: int) -> Array:
    """Return the median of about `width` values around each, of no more than there are: float64 [n].

    SciPy 1.15 returns zeros where a filter is longer than what it filters.
    """
    odd = min(width | 1, len(values) - (len(values) + 1) % 2)
    return np.asarray(median_filter(values, odd, mode="nearest"))


def between_rows(times: Array, rows: Array, values: Array) -> Array:
    """Return what was measured at `rows` at other times: a smooth curve without overshoot, constant beyond the ends."""
    if len(rows) < 2:
        return np.full(len(times), values[0])
    return np.asarray(PchipInterpolator(rows, values)(np.clip(times, rows[0], rows[-1])))


def motion(lips: Lips) -> Array:
    """Return the logarithm of how much the lips move around each moment: float64 [n]."""
    width = samples(MOTION_WINDOW)
    count = np.maximum(window_sum(lips.seen, width), 1.0)
    power = np.maximum(window_sum(lips.signals[0] ** 2, width), 0.0) / count
    return np.asarray(np.log(np.sqrt(power) + MOTION_FLOOR))
