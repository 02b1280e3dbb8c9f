"""Mel bands of the sound, as in Slaney's Auditory Toolbox.

They are librosa's bit for bit (``tests/test_mel.py``). The default features need nothing else of it, and importing it
costs each worker 66 MB and a third of a second of processor time, most of it numba's. Where coefficients are asked for
(``features: mfcc``, ``method: classic``), librosa's own bands are taken.
"""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array

PER_MEL = 200.0 / 3.0
"""Hz of a mel below `BREAK` (M. Slaney, "Auditory Toolbox", Interval Research report 1998-010, mfcc.m)."""

BREAK = 1000.0
"""Hz from which on mels are logarithmic (the same)."""

STEP = np.log(6.4) / 27.0
"""Logarithm of the ratio from mel to mel above `BREAK`: 27 of them to 6.4 kHz (the same)."""


def mel_bands(rate: int, fft: int, count: int, lowest: float = 0.0, highest: float | None = None) -> Array:
    """Return the weights of triangular bands, spaced evenly in mels, of unit area: float32 [count, fft / 2 + 1].

    Parameters
    ----------
    rate
        Sampling rate, Hz.
    fft
        Samples of a transform.
    count
        How many bands.
    lowest, highest
        Hz that they span; None: up to half the sampling rate.
    """
    ends = np.array([lowest, rate / 2.0 if highest is None else highest])
    low, high = _mels(ends)
    edges = _hertz(np.linspace(low, high, count + 2))
    distances = edges[:, None] - np.fft.rfftfreq(fft, 1.0 / rate)
    widths = np.diff(edges)[:, None]
    rising, falling = -distances[:-2] / widths[:-1], distances[2:] / widths[1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None], dtype=np.float32)


def _mels(hertz: Array) -> Array:
    """Return frequencies on the mel scale."""
    above = BREAK / PER_MEL + np.log(np.maximum(hertz, BREAK) / BREAK) / STEP
    return np.asarray(np.where(hertz < BREAK, hertz / PER_MEL, above))


def _hertz(mels: Array) -> Array:
    """Return the frequencies of points on the mel scale."""
    above = BREAK * np.exp(STEP * (mels - BREAK / PER_MEL))
    return np.asarray(np.where(mels < BREAK / PER_MEL, PER_MEL * mels, above))
