"""Mel frequency cepstral coefficients as ``python_speech_features.mfcc`` makes them, for networks that take those.

The authors of LR-ASD, Light-ASD and SyncNet train and evaluate on what that package gives of 16 bit amplitudes with its
defaults: a rectangular window, the first 512 samples of one that is longer, and the log energy in place of the first
coefficient.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from slceleb_core.types import SAMPLE_RATE, Array

COEFFICIENTS = 13

BANDS = 26
"""Mel bands between 0 and 8 kHz."""

POINTS = 512
"""Of the Fourier transform."""

EMPHASIS = 0.97
"""How much of the sample before is taken off each."""

LIFTER = 22

AMPLITUDE = 32768.0
"""What such networks take for the loudest sample: they were trained on 16 bit integers."""

EPSILON = np.finfo(np.float64).eps
"""What stands for no energy at all, as a logarithm is taken of it."""


def amplitudes(samples: Array) -> Array:
    """Return float64 [n], whole numbers: samples of -1..1 as 16 bit."""
    return np.asarray(np.clip(np.rint(samples.astype(np.float64) * AMPLITUDE), -AMPLITUDE, AMPLITUDE - 1.0))


def emphasised(sound: Array) -> Array:
    """Return float64 [n]: a sound less most of the sample before each, its first sample as it is."""
    return np.append(sound[:1], sound[1:] - EMPHASIS * sound[:-1])


def coefficients(windows: Array) -> Array:
    """Return float64 [m, 13]; `windows`, float64 [m, samples]: stretches of an emphasised sound."""
    from scipy.fft import dct  # not where a plugin is only listed

    power = np.abs(np.fft.rfft(windows, POINTS)) ** 2 / POINTS
    energy, bands = power.sum(axis=1), power @ filters().T
    logarithms = np.log(np.where(bands == 0, EPSILON, bands))
    cepstrum = dct(logarithms, type=2, axis=1, norm="ortho")[:, :COEFFICIENTS]
    lifted = cepstrum * (1.0 + LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / LIFTER))
    lifted[:, 0] = np.log(np.where(energy == 0, EPSILON, energy))
    return np.asarray(lifted)


@cache
def filters() -> Array:
    """Return float64 [26, 257]: triangles whose corners lie evenly on the mel scale, at whole numbers of points."""
    top = 2595.0 * np.log10(1.0 + SAMPLE_RATE / 2 / 700.0)
    corners = 700.0 * (10.0 ** (np.linspace(0.0, top, BANDS + 2) / 2595.0) - 1.0)
    bins = np.floor((POINTS + 1) * corners / SAMPLE_RATE)
    left, middle, right = bins[:-2, None], bins[1:-1, None], bins[2:, None]
    points = np.arange(POINTS // 2 + 1)
    rising, falling = (points - left) / (middle - left), (right - points) / (right - middle)
    inside = (points >= left) & (points < right)
    return np.asarray(np.where(inside, np.where(points < middle, rising, falling), 0.0))
