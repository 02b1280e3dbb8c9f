"""The detector as the project was first specified, for comparison: mouth opening against 13 MFCC and the envelope.

In a window of 30 frames each of 14 series of the sound, and the ratio of the mouth's height to its width, are
normalised; the score is the largest correlation over all series and lags. In the project's study on 692 composed clips
it told speech with an average precision of .20, near chance: a maximum over many series and lags is high for noise too,
and normalising each window amplifies the jitter of a mouth that is still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import librosa.filters
import numpy as np
from scipy.fft import dct

from slceleb_core.media.speech import FFT, spectra
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, Scores, Track
from slceleb_speaker_xcorr.filters import window_sum
from slceleb_speaker_xcorr.hearing import HOP_SECONDS, LEAST_EXPOSURE, following_means
from slceleb_speaker_xcorr.observation import MOUTH_RATIO
from slceleb_speaker_xcorr.timeline import frame_interval

MFCC, MEL_BANDS = 13, 40
"""Coefficients, and the mel bands under them: the customary numbers."""

FLOOR = 1e-10
"""Power below which a band is silent (librosa's ``power_to_db``)."""


@dataclass(frozen=True, slots=True)
class ClassicScorer:
    """Scores each track of a span by itself.

    Attributes
    ----------
    window_frames
        Frames in the window.
    max_lag
        Seconds by which lips and sound may be apart.
    diagnostics
        Whether scores come with the lag at which the correlation is largest.
    """

    window_frames: int
    max_lag: float
    diagnostics: bool

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Return, for each track and row, the largest correlation: 0..1."""
        interval = frame_interval(tracks)
        exposure = max(round(interval / HOP_SECONDS), LEAST_EXPOSURE)
        first = round(audio.start / HOP_SECONDS)
        sound = np.stack([following_means(feature, exposure) for feature in series(audio)])
        return [self._of_track(track, sound, first, interval) for track in tracks]

    def _of_track(self, track: Track, sound: Array, first: int, interval: float) -> Scores:
        mouth = np.asarray(track.observations, dtype=np.float64)[:, MOUTH_RATIO]
        known = np.isfinite(mouth)
        speaking, lag = np.zeros(len(track)), np.full(len(track), np.nan)
        if known.any() and sound.shape[1]:
            speaking[known], lag[known] = self._best(mouth[known], track.times[known], sound, first, interval)
        return Scores(speaking, lag, {"r": speaking, "lag": lag} if self.diagnostics else {})

    def _best(self, mouth: Array, times: Array, sound: Array, first: int, interval: float) -> tuple[Array, Array]:
        """Return the largest correlation of each row, float64 [n], 0..1, and the lag at which it is, in seconds."""
        steps = int(np.floor(self.max_lag / interval + 1e-9))
        lags = np.arange(-steps, steps + 1) * interval
        moments = np.arange(first, first + sound.shape[1]) * HOP_SECONDS
        correlations = np.stack([self._largest(mouth, sound, moments, times + lag) for lag in lags])
        return np.clip(correlations.max(axis=0), 0.0, 1.0), lags[correlations.argmax(axis=0)]

    def _largest(self, mouth: Array, sound: Array, moments: Array, times: Array) -> Array:
        """Return the largest absolute correlation over the series, float64 [n]."""
        series_ = np.stack([np.interp(times, moments, feature) for feature in sound])
        return np.asarray(np.abs(local_correlation(mouth, series_, self.window_frames)).max(axis=0))


def series(audio: AudioSpan) -> Array:
    """Return 13 MFCC and the amplitude envelope, every 10 ms: float64 [14, k]."""
    bank = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=FFT, n_mels=MEL_BANDS, dtype=np.float32)
    power = np.concatenate([np.zeros((0, FFT // 2 + 1), np.float32), *spectra(audio)])
    decibels = 10.0 * np.log10(np.maximum(power @ bank.T, FLOOR))
    coefficients = dct(decibels, axis=1, norm="ortho")[:, :MFCC]
    envelope = np.sqrt(power.sum(axis=1, dtype=np.float64))
    return np.concatenate([coefficients.T, envelope[None]])


def local_correlation(mouth: Array, sound: Array, width: int) -> Array:
    """Return Pearson's correlation of `mouth` [n] with each of `sound` [s, n] in a window around each row: [s, n].

    0 where one of the two does not change.
    """
    mouth, sound = mouth - mouth.mean(), sound - sound.mean(axis=1, keepdims=True)
    count = window_sum(np.ones_like(mouth), width)
    means = [window_sum(values, width) / count for values in (mouth, sound)]
    squares = [window_sum(values**2, width) / count for values in (mouth, sound)]
    variances = [square - mean**2 for square, mean in zip(squares, means, strict=True)]
    both = window_sum(mouth * sound, width) / count - means[0] * means[1]
    known = (variances[0] > 1e-10) & (variances[1] > 1e-10)
    return np.asarray(np.where(known, both / np.sqrt(np.where(known, variances[0] * variances[1], 1.0)), 0.0))
