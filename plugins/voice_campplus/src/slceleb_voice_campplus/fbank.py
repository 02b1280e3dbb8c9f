"""Log energies of mel bands as Kaldi makes them, in the form that CAM++ was trained on.

3D-Speaker (``speakerlab/process/processor.py``) takes them of samples between -1 and 1, not of 16 bit amplitudes, by
``torchaudio.compliance.kaldi.fbank`` with 80 bands, no dither and else its defaults, and takes off the mean over time.
The level then matters where a band falls below Kaldi's floor alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from slceleb_core.types import SAMPLE_RATE, Array

BANDS = 80

LOWEST = 20.0
"""Hz at which the first band begins; the last ends at half the sample rate."""

WINDOW, STEP = 400, 160
"""Samples: 25 ms every 10 ms. Only whole windows count (Kaldi's ``snip_edges``)."""

POINTS = 512
"""Of the Fourier transform: the next power of two."""

EMPHASIS = 0.97
"""How much of the sample before is taken off each; the first of a window has itself before it."""

POVEY = 0.85
"""The power to which a Hann window is raised."""

FLOOR = float(np.finfo(np.float32).eps)
"""What a band has at least, before its logarithm is taken."""


def features(samples: Array) -> Array:
    """Return float32 [t, 80]: log energies of mel bands, less their mean over time.

    Parameters
    ----------
    samples
        float32 [n], 16 kHz, -1..1, of at least one window.
    """
    energies = log_energies(samples)
    return np.asarray(energies - energies.mean(axis=0), dtype=np.float32)


def log_energies(samples: Array) -> Array:
    """Return float64 [t, 80]: log energies of mel bands."""
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), WINDOW)[::STEP]
    level = windows - windows.mean(axis=1, keepdims=True)
    before = np.concatenate([level[:, :1], level[:, :-1]], axis=1)
    spectrum = np.fft.rfft((level - EMPHASIS * before) * window(), POINTS)
    power = np.abs(spectrum[:, : POINTS // 2]) ** 2  # Kaldi leaves out the last point, half the sample rate
    return np.asarray(np.log(np.maximum(power @ filters().T, FLOOR)))


@cache
def window() -> Array:
    """Return float64 [400]: Povey's window, a Hann window to the power of .85, zero at both ends."""
    return np.asarray(np.hanning(WINDOW) ** POVEY)


@cache
def filters() -> Array:
    """Return float64 [80, 256]: triangles that are such on the mel scale, their corners evenly on it."""
    corners = np.linspace(mel(np.array(LOWEST)), mel(np.array(SAMPLE_RATE / 2)), BANDS + 2)
    points = mel(np.arange(POINTS // 2) * (SAMPLE_RATE / POINTS))
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (points - left) / (middle - left), (right - points) / (right - middle)
    return np.asarray(np.maximum(np.minimum(rising, falling), 0.0))


def mel(frequency: Array) -> Array:
    """Return frequencies, in Hz, on the mel scale of Kaldi."""
    return np.asarray(1127.0 * np.log1p(frequency / 700.0))
