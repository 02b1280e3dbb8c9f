"""A synthetic voice: sound that a voice activity detector takes for speech, driven by one control signal.

Additive synthesis: the harmonics of a wandering fundamental, weighted by a source spectrum and moving formants, with
breath and fricative noise. It says nothing, but its loudness and its formants follow how far the mouth is open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt

from slceleb_core.types import SAMPLE_RATE, Array

CONTROL_RATE = 500
"""Control signals are computed at this rate, in Hz, and interpolated to the samples."""

FUNDAMENTAL = 120.0
"""Hz; a usual speaking pitch of a man (Titze, Principles of Voice Production, 1994)."""

BANDWIDTHS = (80.0, 100.0, 140.0, 200.0)
"""Hz, of the four formants; the order of magnitude that Fant (Acoustic Theory of Speech Production, 1960) measured."""

HARMONICS = 30
"""So many fill the band of speech, up to about 4000 Hz."""

LOUDEST = 0.19
"""Largest absolute sample; a gain of 5 still fits into -1..1."""


@dataclass(frozen=True, slots=True)
class Score:
    """What the voice is to say, a value a control step (1 / `CONTROL_RATE` s).

    Attributes
    ----------
    openness
        [n]: how far the mouth is open, 0..1; also the loudness of the vowels.
    vowel
        [n]: from 0 (a back vowel, low second formant) to 1 (a front vowel, high second formant).
    fricative
        [n]: loudness of hissing, 0..1.
    """

    openness: Array
    vowel: Array
    fricative: Array


@dataclass(frozen=True, slots=True)
class Throat:
    """What makes a voice that of one and no other.

    Attributes
    ----------
    fundamental
        Hz: how high it is on average.
    formants
        By what its formants are higher than those of a man, as they are with a shorter vocal tract.
    """

    fundamental: float = FUNDAMENTAL
    formants: float = 1.0


USUAL = Throat()
"""That of a man."""


def _at_samples(control: Array, count: int) -> Array:
    """Interpolate a control signal to `count` samples."""
    return np.interp(np.arange(count) / SAMPLE_RATE, np.arange(len(control)) / CONTROL_RATE, control)


def _formants(openness: Array, vowel: Array, throat: Throat) -> tuple[Array, ...]:
    """Return the four formants' frequencies in Hz: the first rises as the jaw drops, the second with the vowel."""
    usual = 300.0 + 450.0 * openness, 900.0 + 1200.0 * vowel, 2450.0 + 200.0 * vowel, np.full_like(vowel, 3450.0)
    return tuple(throat.formants * frequency for frequency in usual)


def _envelope(frequency: Array, formants: tuple[Array, ...]) -> Array:
    """Return the gain of the vocal tract at `frequency`: second-order resonators in a row, source tilt included."""
    gain = 1.0 / (1.0 + (frequency / 600.0) ** 2) ** 0.5
    for centre, width in zip(formants, BANDWIDTHS, strict=True):
        gain = gain * centre**2 / np.sqrt((centre**2 - frequency**2) ** 2 + (width * frequency) ** 2)
    return np.asarray(gain)


def _pitch(random: np.random.Generator, length: int, fundamental: float) -> Array:
    """Return the fundamental at control steps, in Hz: slow intonation and a little jitter."""
    steps = np.arange(length) / CONTROL_RATE
    intonation = 0.09 * np.sin(2 * np.pi * (0.37 * steps + random.random()))
    jitter = sosfilt(butter(2, 12.0, fs=CONTROL_RATE, output="sos"), random.standard_normal(length))
    return np.asarray(fundamental * (1.0 + intonation + 0.04 * jitter))


def _voiced(score: Score, throat: Throat, random: np.random.Generator, count: int) -> Array:
    """Return the harmonics' sum, [count]."""
    control_pitch = _pitch(random, len(score.openness), throat.fundamental)
    formants = _formants(score.openness, score.vowel, throat)
    phase = 2 * np.pi * np.cumsum(_at_samples(control_pitch, count)) / SAMPLE_RATE
    total = np.zeros(count)
    # Offsets spread each period's energy: with all harmonics in phase the crest factor is far above that of speech.
    for harmonic, offset in enumerate(random.uniform(0, 2 * np.pi, HARMONICS), start=1):
        weight = _at_samples(_envelope(harmonic * control_pitch, formants), count)
        total += weight * np.sin(harmonic * phase + offset)
    return np.asarray(total * _at_samples(score.openness, count))


def _hiss(score: Score, random: np.random.Generator, count: int) -> Array:
    """Return breath and fricatives, [count]."""
    noise = random.standard_normal(count)
    breath = sosfilt(butter(2, [800, 4000], "bandpass", fs=SAMPLE_RATE, output="sos"), noise)
    sibilant = sosfilt(butter(4, [2500, 6500], "bandpass", fs=SAMPLE_RATE, output="sos"), noise)
    return np.asarray(
        0.02 * breath * _at_samples(score.openness, count) + 0.15 * sibilant * _at_samples(score.fricative, count)
    )


def synthesize(score: Score, random: np.random.Generator, throat: Throat = USUAL) -> Array:
    """Return the sound of `score`.

    Parameters
    ----------
    score
        The control signals.
    random
        Where jitter and noise are drawn from.
    throat
        Whose voice it is.

    Returns
    -------
    Array
        float32 [n], 16 kHz, as long as the score; the loudest sample is `LOUDEST`.
    """
    count = round(len(score.openness) / CONTROL_RATE * SAMPLE_RATE)
    voiced = _voiced(score, throat, random, count)
    voiced /= np.abs(voiced).max() or 1.0
    sound = voiced + _hiss(score, random, count)
    return np.asarray(sound * (LOUDEST / (np.abs(sound).max() or 1.0)), dtype=np.float32)
