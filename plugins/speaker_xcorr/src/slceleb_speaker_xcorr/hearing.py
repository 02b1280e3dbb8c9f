"""All that is heard in a video, a few numbers every 10 ms: some ten megabytes an hour, and the same for every span."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from slceleb_core.media.folding import UNFOLDED, Folding, folded, folding_of
from slceleb_core.media.speech import HOP, SURROUNDINGS, DetectorName, SpeechFinder, places
from slceleb_core.types import SAMPLE_RATE, Array, WholeSound
from slceleb_speaker_xcorr.features import FeatureName, measured
from slceleb_speaker_xcorr.filters import CUTOFF, highpass, window_sum
from slceleb_speaker_xcorr.timeline import HOPS, Grid

HOP_SECONDS = HOP / SAMPLE_RATE
"""10 ms."""

LEAST_EXPOSURE = 4
"""Features that are averaged for one picture, at the least: those of a frame at 25 frames a second."""

HOLD, SMOOTH = 0.2, 0.12
"""Seconds of the maximum filter and of the mean that follows it: pauses between syllables are speech (the project's
study on 692 composed clips)."""

LOW, HIGH, HISS = 0, 1, 2
"""Rows of the features: two that the jaw goes with, and what the upper lip goes against."""

RATES = 2
"""Of so many rates of frames the signals are kept: a video has one as a rule, and one that changes goes to and fro."""

UNVOICED = 0.01
"""How much sound without a voice counts, beside sound with one, for the deviation that is 1."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioFeatures:
    """The sound of a video, or of a stretch of it.

    Attributes
    ----------
    first
        Number of the first feature, in steps of 10 ms from PTS 0.
    features
        float32 [3, k]: what of the sound is compared with the lips: `LOW`, `HIGH` and `HISS`.
    gate
        float32 [k], 0..1: how likely a voice is heard.
    clear
        float32 [k], 0..1: how far the sound's level tells speech from pauses; 0 in noise, music or many voices.
    folding
        Long holes in the sound, which the features step over.
    """

    first: int
    features: Array
    gate: Array
    clear: Array
    folding: Folding = UNFOLDED
    _signals: dict[int, Array] = field(default_factory=dict)

    def signals(self, interval: float) -> Array:
        """Return the sound as pictures `interval` seconds apart would have it: float32 [3, k].

        Averaged over a picture's time, high-passed at `CUTOFF`, and of deviation 1 around each moment.
        """
        width = max(round(interval / HOP_SECONDS), LEAST_EXPOSURE)
        if width not in self._signals:
            while len(self._signals) >= RATES:
                self._signals.pop(next(iter(self._signals)))
            self._signals[width] = np.stack([self._normalised(feature, width) for feature in self.features])
        return self._signals[width]

    def _normalised(self, feature: Array, width: int) -> Array:
        exposed = following_means(feature.astype(np.float64), width)
        around = round(SURROUNDINGS / HOP_SECONDS)
        weight = self.gate + UNVOICED
        smooth = highpass(exposed, HOP_SECONDS, CUTOFF)
        deviation = np.sqrt(np.maximum(window_sum(smooth**2 * weight, around), 0.0) / window_sum(weight, around))
        normalised = np.divide(smooth, deviation, out=np.zeros_like(smooth), where=deviation > 1e-9)
        return np.asarray(normalised, dtype=np.float32)

    def at(self, values: Array, grid: Grid, hops: int = 0) -> Array:
        """Return `values`, [..., k], at the moments of a grid, `hops` features later; 0 beyond the sound."""
        numbers = grid.first * HOPS + hops + HOPS * np.arange(grid.count)
        moments, there = self.folding.fold(numbers * HOP)
        places = moments // HOP - self.first
        inside = there & (places >= 0) & (places < values.shape[-1])
        found = np.zeros((*values.shape[:-1], grid.count))
        found[..., inside] = values[..., places[inside]]
        return found


def following_means(values: Array, width: int) -> Array:
    """Return the mean of each value and those that follow it, `width` in all, fewer at the end: float64 [k]."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    last = np.minimum(np.arange(len(values)) + width, len(values))
    return np.asarray((total[last] - total[:-1]) / np.maximum(last - np.arange(len(values)), 1))


def hear(sound: WholeSound, feature: FeatureName, speech: SpeechFinder, detector: DetectorName) -> AudioFeatures:
    """Go through a sound, block by block, and return what is heard."""
    folding, kept = folding_of(sound), folded(sound)
    first, last = places(kept, HOP)
    times = folding.unfold(np.arange(first, last) * HOP) // HOP * HOP_SECONDS
    voiced, hissed = measured(kept, feature), measured(kept, "hiss")
    features = np.concatenate([voiced[[LOW]], voiced[[-1]], hissed])
    return AudioFeatures(first, features, *speech_gate(sound, times, speech, detector), folding)


def speech_gate(sound: WholeSound, times: Array, speech: SpeechFinder, detector: DetectorName) -> tuple[Array, Array]:
    """Return how likely it is that anybody is heard speaking at PTS `times`, and how clear the sound is: float32 [k].

    A voice activity detector says so; the sound's level must agree, the less the noisier the sound is.
    """
    voice, _ = speech.find(sound, detector).at(times)
    loud, clear = speech.find(sound, "energy").at(times)
    gate = np.minimum(held(voice), 1.0 - clear * (1.0 - held(loud)))
    return gate.astype(np.float32), clear.astype(np.float32)


def held(probability: Array) -> Array:
    """Return the probability with short pauses bridged."""
    hold, smooth = (round(seconds / HOP_SECONDS) | 1 for seconds in (HOLD, SMOOTH))
    bridged = uniform_filter1d(maximum_filter1d(probability, hold), smooth)
    return np.asarray(np.clip(bridged, 0.0, 1.0))  # running sums are off by a rounding
