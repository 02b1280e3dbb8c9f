"""An audio fingerprint: hashes of three spectral peaks, which survive re-encoding, filtering and another level.

After A. Wang, An Industrial-Strength Audio Search Algorithm, ISMIR 2003. What it takes for speech, whose peaks move: a
long window, and only the band that a telephone has, which every encoder keeps. Peaks are taken by threes, not by twos:
that tells a thousand times more sounds apart, so that hours do not drown in coincidences.
"""

from __future__ import annotations

from collections.abc import Sequence
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
"""How many later peaks each is taken with, two at a time; within how many frames, at least and at most, and bins."""

PHASES = (0, HOP // 2)
"""Samples at which frames begin: sound that was cut lies otherwise on them."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """The fingerprint of a stretch of sound, a row a landmark.

    Attributes
    ----------
    hashes
        uint32 [n].
    frames
        int32 [n]: when, in frames of 16 ms from the first sample.
    """

    hashes: Array
    frames: Array

    def __len__(self) -> int:
        return len(self.hashes)


def landmarks(samples: Array) -> Landmarks:
    """Return the fingerprint of sound, float [n], 16 kHz; empty where it is shorter than a window."""
    return together([_grouped(*_peaks(samples[phase:])) for phase in PHASES if len(samples) >= WINDOW + phase])


def together(prints: Sequence[Landmarks]) -> Landmarks:
    """Return several fingerprints as one."""
    hashes = np.concatenate([np.zeros(0, np.uint32), *(marks.hashes for marks in prints)])
    return Landmarks(hashes, np.concatenate([np.zeros(0, np.int32), *(marks.frames for marks in prints)]))


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


def _grouped(frames: Array, bins: Array) -> Landmarks:
    """Return each peak with every two neighbours among the next ones that are neither too near nor too far."""
    first, later = _pairs(frames, bins)
    apart, between = frames[later] - frames[first], bins[later] - bins[first] + SPREAD + 1
    same = first[1:] == first[:-1]  # a peak's pairs follow each other
    parts = (bins[first[:-1]], between[:-1], apart[:-1], between[1:], apart[1:])
    hashes = np.zeros(int(same.sum()), np.uint32)
    for part in parts:  # eight bits, then six each
        hashes = (hashes << np.uint32(6)) | part[same].astype(np.uint32)
    return Landmarks(hashes, frames[first[:-1][same]].astype(np.int32))


def _pairs(frames: Array, bins: Array) -> tuple[Array, Array]:
    """Return the places of peaks that are taken together, by the first and then by the later one."""
    taken = np.zeros(len(frames), np.int64)
    firsts, laters = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for step in range(1, len(frames)):
        apart, between = frames[step:] - frames[:-step], bins[step:] - bins[:-step]
        if not (apart <= FARTHEST).any():
            break
        near = (apart >= NEAREST) & (apart <= FARTHEST) & (abs(between) <= SPREAD) & (taken[:-step] < FAN)
        taken[:-step] += near
        firsts.append(np.flatnonzero(near))
        laters.append(firsts[-1] + step)
    first, later = np.concatenate(firsts), np.concatenate(laters)
    order = np.lexsort((later, first))
    return first[order], later[order]
