"""An audio fingerprint: pairs of spectral peaks, hashed, that survive re-encoding, filtering and another level.

After A. Wang, An Industrial-Strength Audio Search Algorithm, ISMIR 2003. What it takes for speech, whose peaks move: a
long window, and only the band that a telephone has, which every encoder keeps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter, uniform_filter1d
from scipy.signal import stft

from slceleb_core.types import SAMPLE_RATE, Array

WINDOW, HOP = 1024, 256
"""Samples: 64 ms and 16 ms."""

FRAMES_PER_SECOND = SAMPLE_RATE / HOP

BINS = 256
"""Frequencies that are looked at: up to 4 kHz, 15.6 Hz each."""

LOWEST = 8
"""The first of them: hum is no fingerprint."""

NEIGHBOURS = (13, 11)
"""Bins and frames within which a peak is the highest."""

ABOVE = 6.0
"""dB that it stands above what is around it over time."""

SURROUNDINGS = 125
"""Frames: two seconds."""

AUDIBLE = 50.0
"""dB below the loudest of a clip down to which there are peaks: what lies below is the encoder's."""

FAN, NEAREST, FARTHEST, SPREAD = 8, 2, 63, 31
"""How many later peaks each is paired with; within how many frames, at least and at most; within how many bins."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """The fingerprint of a stretch of sound, a row a pair of peaks.

    Attributes
    ----------
    hashes
        int64 [n].
    frames
        int64 [n]: when, in frames of 16 ms from the first sample.
    """

    hashes: Array
    frames: Array

    def __len__(self) -> int:
        return len(self.hashes)


def landmarks(samples: Array) -> Landmarks:
    """Return the fingerprint of sound, float [n], 16 kHz; empty where it is shorter than a window."""
    if len(samples) < WINDOW:
        return Landmarks(np.zeros(0, np.int64), np.zeros(0, np.int64))
    frames, bins = _peaks(samples)
    return _paired(frames, bins)


def _peaks(samples: Array) -> tuple[Array, Array]:
    """Return frames and bins of the peaks, by frame."""
    _, _, spectrum = stft(samples, SAMPLE_RATE, nperseg=WINDOW, noverlap=WINDOW - HOP, boundary=None, padded=False)
    level = 20 * np.log10(np.abs(spectrum[:BINS]) + 1e-10)
    around = uniform_filter1d(level, min(SURROUNDINGS, level.shape[1]), axis=1, mode="nearest")
    highest = level == maximum_filter(level, NEIGHBOURS, mode="nearest")
    found = highest & (level > around + ABOVE) & (level > level.max() - AUDIBLE)
    found[:LOWEST] = False
    bins, frames = np.nonzero(found)
    order = np.lexsort((bins, frames))
    return frames[order], bins[order]


def _paired(frames: Array, bins: Array) -> Landmarks:
    """Return each peak with the next ones that are neither too near nor too far."""
    hashes, when = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    taken = np.zeros(len(frames), np.int64)
    for step in range(1, len(frames)):
        apart, between = frames[step:] - frames[:-step], bins[step:] - bins[:-step]
        if not (apart <= FARTHEST).any() or (taken >= FAN).all():
            break
        near = (apart >= NEAREST) & (apart <= FARTHEST) & (abs(between) <= SPREAD) & (taken[: len(apart)] < FAN)
        taken[: len(apart)] += near
        first = bins[:-step][near]
        hashes.append((first << 12) | ((between[near] + SPREAD + 1) << 6) | apart[near])
        when.append(frames[:-step][near])
    return Landmarks(np.concatenate(hashes).astype(np.int64), np.concatenate(when).astype(np.int64))
