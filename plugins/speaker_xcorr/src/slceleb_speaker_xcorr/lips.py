"""From the observations of a track to the signal of its lips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from slceleb_core.types import Array, Track
from slceleb_speaker_xcorr.filters import CUTOFF, highpass, smooth, window_sum
from slceleb_speaker_xcorr.observation import CHIN_DISTANCE, EYE_DISTANCE, LIP_DISTANCE, RIGID_DISTANCE, UPPER_DISTANCE
from slceleb_speaker_xcorr.timeline import STEP, USUAL_WINDOW, Grid, samples, seen_at

MEASURES = (LIP_DISTANCE, CHIN_DISTANCE, UPPER_DISTANCE)
"""What is measured of a mouth. A microphone hides the lips and leaves the chin, a beard the other way round."""

MOTION_CUTOFF = 1.8
"""Hz above which the lower lip's changes are its motion (the project's study on 692 composed clips)."""

SIZE_WINDOW = 3.0
"""Seconds over which a face's size is the median of its eye distances. The study took the whole track, of a few
seconds; a bounded window gives the same where a long track is handed over in spans."""

MOTION_WINDOW = 0.8
"""Seconds over which motion is averaged (the project's study on 692 composed clips)."""

MOTION_FLOOR = 0.003
"""Root mean square of the lip signal of a still face, in eye distances: landmark jitter (the same study)."""

PAUSE_WINDOW = 0.4
"""Seconds over which it is measured whether the lips pause: a syllable or two."""

PAUSE_HOLD, PAUSE_SMOOTH = 0.3, 0.12
"""Seconds of the maximum filter and of the mean that follows it: lips that are closed for a syllable do not pause, as
with the voice activity detector."""

PAUSE_BELOW, PAUSE_LIMIT = np.log(0.7), -1.5
"""Logarithms of a share of the usual motion: what is above the first is no pause, and how far below it may count."""


@dataclass(frozen=True, slots=True, eq=False)
class Lips:
    """The lips of one track, on its part of the grid.

    Attributes
    ----------
    part
        That part.
    signals
        float64 [measures, n]: change of each of `MEASURES`, in eye distances, above `CUTOFF`; zero where the face was
        not seen.
    moving
        float64 [n]: that of the lower lip above `MOTION_CUTOFF`.
    jitter
        float64 [n]: that of a distance which does not change, above `CUTOFF`: the noise of the landmarks.
    seen
        bool [n].
    """

    part: slice
    signals: Array
    moving: Array
    jitter: Array
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
    distances = between_rows(times, rows, measured[:, (*MEASURES, RIGID_DISTANCE)])
    seen = seen_at(times, rows)
    changing = smooth(highpass(distances, STEP, CUTOFF), STEP) / size
    moving = highpass(distances[0], STEP, MOTION_CUTOFF) / size
    *signals, jitter = np.where(seen, changing, 0.0)
    return Lips(part, np.array(signals), np.where(seen, moving, 0.0), jitter, seen)


def spread(values: Sequence[Array], faces: Sequence[Lips], grid: Grid) -> Array:
    """Return float64 [faces, grid.count]: the values of each face at its part of the grid, zero elsewhere."""
    table = np.zeros((len(faces), grid.count))
    for row, face, own in zip(table, faces, values, strict=True):
        row[face.part] = own
    return table


def _running_median(values: Array, width: int) -> Array:
    """Return the median of about `width` values around each, of no more than there are: float64 [n].

    SciPy 1.15 returns zeros where a filter is longer than what it filters.
    """
    odd = min(width | 1, len(values) - (len(values) + 1) % 2)
    return np.asarray(median_filter(values, odd, mode="nearest"))


def between_rows(times: Array, rows: Array, values: Array) -> Array:
    """Return what was measured at `rows` at other times: smooth curves without overshoot, constant beyond the ends.

    Parameters
    ----------
    times
        float64 [m], PTS seconds.
    rows
        float64 [n], PTS seconds, rising, n > 0.
    values
        float64 [n, k].

    Returns
    -------
    float64 [k, m].
    """
    if len(rows) < 2:
        return np.repeat(values.T, len(times), axis=1)
    return np.asarray(PchipInterpolator(rows, values)(np.clip(times, rows[0], rows[-1])).T)


def motion(lips: Lips) -> Array:
    """Return the logarithm of how much the lips move around each moment: float64 [n]."""
    return _motion_within(lips, samples(MOTION_WINDOW))


def pause(lips: Lips) -> Array:
    """Return how much less than usual the lips move around each moment: float64 [n], 0 or less; a logarithm."""
    level = _motion_within(lips, samples(PAUSE_WINDOW)) - _motion_within(lips, samples(USUAL_WINDOW))
    held = uniform_filter1d(maximum_filter1d(level, samples(PAUSE_HOLD) | 1), samples(PAUSE_SMOOTH) | 1)
    return np.asarray(np.clip(held - PAUSE_BELOW, PAUSE_LIMIT, 0.0))


def _motion_within(lips: Lips, width: int) -> Array:
    count = np.maximum(window_sum(lips.seen, width), 1.0)
    power = np.maximum(window_sum(lips.moving**2, width), 0.0) / count
    return np.asarray(np.log(np.sqrt(power) + MOTION_FLOOR))
