"""How far speech stands above noise, told from the sound alone: WADA-SNR.

C. Kim and R. M. Stern, Robust signal-to-noise ratio estimation based on waveform amplitude distribution analysis,
Interspeech 2008: amplitudes of clean speech are distributed as a gamma distribution of shape 0.4, noise is Gaussian,
and how peaked their sum is tells the ratio of the two. It needs no pauses, which cut segments hardly have. It is an
estimate, and of music behind a voice or of two voices it says little.
"""

from __future__ import annotations

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.stats import gamma, norm

from slceleb_core.types import Array

SHAPE = 0.4
"""Of the gamma distribution of the amplitudes of clean speech."""

RANGE = np.arange(-10.0, 61.0, 2.0)
"""dB that are told apart; beyond, the measure hardly changes, and the nearest is returned."""

POINTS = (1200, 120)
"""Quantiles of speech and of noise by which expectations are taken: within 0.005 of the exact ones."""

SHORTEST = 0.2
"""Seconds; below, a few samples decide."""


def snr_of(path: Path) -> float | None:
    """Return the signal-to-noise ratio of a WAV file of 16-bit samples, in dB; None where it cannot be told.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    samples = read_wav(path)
    with path.open("rb") as stream, wave.open(stream) as sound:
        rate = sound.getframerate()
    return None if len(samples) < SHORTEST * rate else wada_snr(samples)


def read_wav(path: Path) -> Array:
    """Return the samples of a mono WAV file of 16 bit, float64 [n], -1..1.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with path.open("rb") as stream, wave.open(stream) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(np.float64) / 32768


def wada_snr(samples: Array) -> float | None:
    """Return the signal-to-noise ratio of speech, float [n], in dB; None of silence."""
    amplitude = np.abs(samples)
    amplitude = amplitude[amplitude > 0]  # the logarithm of digital silence is not finite; it is nobody's noise
    if not len(amplitude):
        return None
    peakedness = np.log(amplitude.mean()) - np.log(amplitude).mean()
    return round(float(np.interp(peakedness, _peakedness(), RANGE)), 1)


@lru_cache
def _peakedness() -> Array:
    """Return, for each ratio of :data:`RANGE`, ln E|z| - E ln|z| of the sum of speech and noise."""
    speech_points, noise_points = ((np.arange(n) + 0.5) / n for n in POINTS)
    speech = gamma.ppf(speech_points, SHAPE)
    noise = norm.ppf(noise_points)
    speech, noise = speech / np.sqrt((speech**2).mean()), noise / np.sqrt((noise**2).mean())
    sums = (np.abs(speech[:, None] + 10 ** (-level / 20) * noise[None]) for level in RANGE)
    return np.maximum.accumulate([np.log(powers.mean()) - np.log(powers).mean() for powers in sums])
