"""How far lips and sound move together, and with what delay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slceleb_core.types import Array
from slceleb_speaker_xcorr.evidence import evidence
from slceleb_speaker_xcorr.filters import window_sum
from slceleb_speaker_xcorr.lips import Lips

LIP_FLOOR, SOUND_FLOOR = 0.006, 0.3
"""Deviations, in eye distances and in those of the sound, that are added to every window's: without them the jitter of
a still mouth would correlate as well as speech does (the project's study on 692 composed clips, as all that follow)."""

LAG_STEP = 0.04
"""Seconds from one lag tried to the next, and how far the local correlation may stray from the shared lag."""

LAG_COST = 0.02
"""Correlation that a lag must gain for each `LAG_STEP` of its size."""

STILL = 0.01
"""Deviation of the lip signal, in eye distances, at which a face has half the say on the shared lag."""


def lags_within(limit: float) -> Array:
    """Return the lags to try, in seconds, zero among them: float64 [m]."""
    steps = int(np.floor(limit / LAG_STEP + 1e-9))
    return np.arange(-steps, steps + 1) * LAG_STEP


def correlation(lip: Array, sound: Array, both: Array, count: Array) -> Array:
    """Return the correlation with variance floors, given the sums of squares, of products, and their number."""
    return np.asarray(
        both / np.sqrt(np.maximum((lip + count * LIP_FLOOR**2) * (sound + count * SOUND_FLOOR**2), 1e-12))
    )


def overall(lips: Lips, sound: Array) -> Array:
    """Return the correlation of a whole track at each lag: float64 [m]; `sound`: float64 [m, n], as `lips.signal`."""
    return correlation(
        np.sum(lips.signal**2), np.sum(sound**2 * lips.seen, axis=-1), sound @ lips.signal, lips.seen.sum()
    )


def shared_lag(faces: Sequence[Lips], sound: Array, lags: Array) -> int:
    """Return the index of the lag, the same for all faces as they share one sound, at which one fits best.

    Parameters
    ----------
    faces
        The lips of each.
    sound
        float64 [m, n]: the sound's signal at each lag, on the whole grid.
    lags
        float64 [m], seconds.
    """
    best = np.full(len(lags), -np.inf)
    for lips in faces:
        spread = lips.signal[lips.seen].std() if lips.seen.any() else 0.0
        weight = evidence(lips.seconds) * spread / (spread + STILL)
        gain = overall(lips, sound[:, lips.part]) - LAG_COST * np.abs(lags) / LAG_STEP
        best = np.maximum(best, weight * gain)
    # the smallest of equal lags: a silent span has no preference
    return int(min(np.flatnonzero(best == best.max()), key=lambda index: abs(lags[index])))


def synchrony(lips: Lips, sound: Array, lag: int, width: int) -> Array:
    """Return how far lips and sound move together around each moment.

    Parameters
    ----------
    lips
        Of one track, n moments.
    sound
        float64 [m, n]: the sound's signal at each lag, on the track's part of the grid.
    lag
        Index of the shared lag; its neighbours are tried as well.
    width
        Moments in the window.

    Returns
    -------
    float64 [n], -1..1.
    """
    near = sound[max(lag - 1, 0) : lag + 2]
    local = correlation(
        window_sum(lips.signal**2, width),
        window_sum(near**2 * lips.seen, width),
        window_sum(near * lips.signal, width),
        window_sum(lips.seen, width),
    )
    return np.asarray(local.max(axis=0))
