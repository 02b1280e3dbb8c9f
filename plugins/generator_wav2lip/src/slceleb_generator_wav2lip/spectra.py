"""The sound as Wav2Lip's networks take it: 16 mel spectra for each picture, normalised to -4..4.

The figures are those of the authors' ``hparams.py`` and ``audio.py`` (github.com/Rudrabha/Wav2Lip): what their networks
were trained on. Everything is reckoned from the samples around a picture alone, so a file of hours costs as much memory
as one of a second.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from slceleb_core.types import SAMPLE_RATE, Array, WholeSound

WINDOW, HOP = 800, 200
"""Samples of a spectrum, and from one to the next: 50 and 12.5 ms (``n_fft``, ``win_size``, ``hop_size``)."""

BANDS, LOWEST, HIGHEST = 80, 55.0, 7600.0
"""Mel bands, and Hz between which they lie (``num_mels``, ``fmin``, ``fmax``), Slaney's as librosa makes them."""

PREEMPHASIS = 0.97
"""Share of the sample before that is taken off each (``preemphasis``)."""

REFERENCE_DB, LEAST_DB = 20.0, -100.0
"""Level that is taken off, and that at which a spectrum ends (``ref_level_db``, ``min_level_db``)."""

MOST = 4.0
"""Largest value, and smallest below 0 (``max_abs_value``, ``symmetric_mels``)."""

SPECTRA = 16
"""Spectra for a picture (``mel_step_size`` of inference.py): .2 s from its time on."""

RATE = SAMPLE_RATE / HOP
"""Spectra a second: 80. A picture's first one is the ``int(80 * i / fps)``-th (inference.py)."""

ROUNDING = 1e-6
"""Spectra by which a time may fall short of a whole number of them, as it was rounded."""


def first_of(time: float) -> int:
    """Return the number of the first spectrum of a picture that is shown `time` seconds after the sound begins."""
    return math.floor(RATE * time + ROUNDING)


def heard(sound: WholeSound, times: Array) -> Array:
    """Return float32 [n, 1, 80, 16]: what is heard with pictures.

    Spectrum k is of the samples around sample 200 k of the sound; before its beginning and behind its end it is silent.

    Parameters
    ----------
    sound
        16 kHz and mono.
    times
        float64 [n]: seconds on its clock.
    """
    found = np.zeros((len(times), 1, BANDS, SPECTRA), np.float32)
    for row, time in zip(found, times, strict=True):
        first = first_of(float(time) - sound.start) * HOP - WINDOW // 2
        begin = sound.start + (first - 1) / SAMPLE_RATE  # one sample more, for the pre-emphasis of the first
        count = 1 + (SPECTRA - 1) * HOP + WINDOW
        row[0] = spectra_of(sound.span(begin, begin + count / SAMPLE_RATE).samples)
    return found


def spectra_of(samples: Array) -> Array:
    """Return float32 [80, k]: the spectra of a stretch.

    Parameters
    ----------
    samples
        float32 [1 + 200 (k - 1) + 800]: the stretch, with one sample before it.
    """
    plain = samples.astype(np.float64)
    loud = plain[1:] - PREEMPHASIS * plain[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(loud, WINDOW)[::HOP]
    amplitudes = np.abs(np.fft.rfft(windows * _hann(), axis=1))
    least = 10.0 ** (LEAST_DB / 20)
    level = 20.0 * np.log10(np.maximum(_mel_basis() @ amplitudes.T, least)) - REFERENCE_DB
    scaled = 2.0 * MOST * (level - LEAST_DB) / -LEAST_DB - MOST
    return np.asarray(np.clip(scaled, -MOST, MOST), np.float32)


@cache
def _hann() -> Array:
    """Return float64 [800]: Hann's window, periodic, as librosa has it."""
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW))


@cache
def _mel_basis() -> Array:
    """Return float64 [80, 401]: how much of each frequency goes into each band."""
    import librosa  # loads SciPy and Numba: not with every command

    basis = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=WINDOW, n_mels=BANDS, fmin=LOWEST, fmax=HIGHEST)
    return np.asarray(basis, np.float64)
