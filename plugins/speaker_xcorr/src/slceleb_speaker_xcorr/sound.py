"""From samples to the sound's signal: what of the sound should move with the jaw.

Features come every 10 ms, on a clock anchored at PTS 0, so that a moment has the same features in whatever span it is
handed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import librosa.filters
import numpy as np
from scipy.signal import get_window

from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan
from slceleb_speaker_xcorr.filters import highpass
from slceleb_speaker_xcorr.timeline import Grid

FeatureName: TypeAlias = Literal["bands", "mfcc", "envelope"]

HOP = 160
"""Samples from one feature to the next: 10 ms (the project's study on 692 composed clips, as the next three)."""

WINDOW = 400
"""Samples of the Hann window: 25 ms."""

FFT = 512
"""Samples of the Fourier transform."""

BANDS, LOWEST, HIGHEST = 20, 400.0, 3500.0
"""Mel bands of unit area, and the Hz that they span (the same study): vowels, without the hum below."""

LOUD_SHARE = 0.1
"""Share of its 99th percentile that is added to a feature before the logarithm is taken, so that changes far below
the loudest sound count little (the same study)."""

MFCC = 13
"""Coefficients, the customary number, as the project was first specified."""

MFCC_BANDS = 40
"""Mel bands, 0 to 8 kHz, under the MFCC: the customary number."""

MFCC_RANGE = 60.0
"""dB under the loudest band at which the MFCC's spectrum is cut off."""

ANCHOR = 0.16
"""Seconds: the shortest time that holds whole numbers of hops (10 ms) and of Silero's chunks (32 ms)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Sound around a span.

    Attributes
    ----------
    start
        PTS seconds of the first sample, a multiple of `ANCHOR`.
    samples
        float32 [n], zero where the file has no sound.
    present
        bool [k]: at which features the file has sound.
    power
        float32 [k, 257]: power spectrum around ``start + k * 0.01``; unnormalised.
    """

    start: float
    samples: Array
    present: Array
    power: Array

    @property
    def times(self) -> Array:
        """float64 [k]: PTS seconds of the features."""
        return self.start + np.arange(len(self.present)) * (HOP / SAMPLE_RATE)

    @property
    def audible(self) -> bool:
        """Whether there is any sound but digital silence."""
        return bool(self.samples.any())


def cover(audio: AudioSpan, start: float, end: float) -> Sound:
    """Return the sound from PTS `start` to `end` or somewhat further, silence where the span has none."""
    begin = float(np.floor(start / ANCHOR) * ANCHOR)
    count = int(np.ceil((end - begin) / ANCHOR)) * round(ANCHOR * SAMPLE_RATE)
    samples = np.zeros(count, dtype=np.float32)
    offset = round((audio.start - begin) * SAMPLE_RATE)
    first, last = (int(np.clip(at, 0, count)) for at in (offset, offset + len(audio.samples)))
    samples[first:last] = np.nan_to_num(audio.samples[first - offset : last - offset], posinf=0.0, neginf=0.0)
    centres = np.arange(count // HOP) * HOP
    return Sound(begin, samples, (centres >= first) & (centres < last), power_spectrum(samples))


def power_spectrum(samples: Array) -> Array:
    """Return float32 [n // 160, 257]: the power spectrum of the 25 ms around every 10 ms."""
    padded = np.pad(samples, (WINDOW // 2, WINDOW // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: len(samples) : HOP]
    spectrum = np.fft.rfft(frames * get_window("hann", WINDOW).astype(np.float32), FFT)
    return np.asarray(np.abs(spectrum) ** 2, dtype=np.float32)


def compressed(features: Array, present: Array) -> Array:
    """Return log(x + 0.1 p99(x)), in which a change of loudness is an offset: float64 [k, ...]; `features` >= 0."""
    floor = LOUD_SHARE * np.percentile(features[present], 99, axis=0)
    return np.asarray(np.log(features + np.where(floor > 0, floor, 1.0)), dtype=np.float64)


def bands(sound: Sound) -> Array:
    """Return the mean logarithm of the mel bands: float64 [k]."""
    mel = librosa.filters.mel(
        sr=SAMPLE_RATE, n_fft=FFT, n_mels=BANDS, fmin=LOWEST, fmax=HIGHEST, norm="slaney", dtype=np.float32
    )
    return np.asarray(compressed(np.sqrt(sound.power @ mel.T), sound.present).mean(axis=1))


def envelope(sound: Sound) -> Array:
    """Return the logarithm of the amplitude envelope: float64 [k]."""
    import librosa.feature  # only here: it takes seconds

    rms = librosa.feature.rms(y=sound.samples, frame_length=WINDOW, hop_length=HOP)[0, : len(sound.present)]
    return compressed(rms, sound.present)


def mfcc(sound: Sound) -> Array:
    """Return the sum of 13 MFCC, each weighted by its correlation with the envelope: float64 [k].

    A coefficient alone rises or falls when the jaw opens, depending on the vowel; the weight gives it the sign, and the
    say, that it has in this sound.
    """
    import librosa.feature  # only here: it takes seconds

    mel = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=FFT, n_mels=MFCC_BANDS, dtype=np.float32)
    power = sound.power @ mel.T
    spectrum = librosa.power_to_db(power.T / power.max(), amin=1e-10, top_db=MFCC_RANGE)
    coefficients = librosa.feature.mfcc(S=spectrum, n_mfcc=MFCC).T
    scaled = standardised(coefficients, sound.present)
    weights = (scaled * standardised(envelope(sound), sound.present)[:, None])[sound.present].mean(axis=0)
    return np.asarray(scaled @ weights)


def standardised(values: Array, present: Array) -> Array:
    """Return the values with mean 0 and deviation 1 where sound is present: float64 [k, ...]."""
    spread = values[present].std(axis=0)
    return np.asarray((values - values[present].mean(axis=0)) / np.where(spread > 0, spread, 1.0), dtype=np.float64)


FEATURES: dict[FeatureName, Callable[[Sound], Array]] = {"bands": bands, "mfcc": mfcc, "envelope": envelope}
"""What can be correlated with the lips: a function of the sound for each name."""


def sound_signals(sound: Sound, feature: FeatureName, grid: Grid, lags: Array) -> Array:
    """Return the sound's signal as it would be heard at each frame if it came `lags` seconds earlier.

    Parameters
    ----------
    sound
        Covers the grid, widened by the lags.
    feature
        What to measure.
    grid
        The frames' moments.
    lags
        float64 [m], seconds, zero among them.

    Returns
    -------
    float64 [m, grid.count]: high-passed, of deviation 1 at lag zero; zero where the file has no sound.
    """
    if not (sound.audible and sound.present.any()):
        return np.zeros((len(lags), grid.count))
    first, last = np.flatnonzero(sound.present)[[0, -1]]
    values = FEATURES[feature](sound)[np.clip(np.arange(len(sound.present)), first, last)]
    starts = grid.times + lags[:, None]
    smooth = highpass(interval_means(values, sound.start, starts, grid.step), grid.step)
    heard = (starts + grid.step > sound.times[first]) & (starts <= sound.times[last])
    now = int(np.flatnonzero(lags == 0)[0])
    spread = smooth[now][heard[now]].std() if heard[now].any() else 0.0
    return np.asarray(np.where(heard, smooth / (spread if spread > 0 else 1.0), 0.0))


def interval_means(values: Array, start: float, starts: Array, length: float) -> Array:
    """Return the mean of `values`, each of which holds for the 10 ms around its moment, over ``starts + length``."""
    hop = HOP / SAMPLE_RATE
    edges = start + (np.arange(len(values) + 1) - 0.5) * hop
    integral = np.concatenate([[0.0], np.cumsum(values) * hop])
    return np.asarray((np.interp(starts + length, edges, integral) - np.interp(starts, edges, integral)) / length)
