"""Noise of several kinds, made from a seed."""

from __future__ import annotations

import numpy as np

from slceleb_core.types import SAMPLE_RATE, Array

CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
"""Semitones above the tonic: I, vi, IV, V, the commonest progression of popular songs."""

HARMONICS = 6
"""Of each tone; their strength falls with the inverse of their number, as that of a bowed string roughly does."""


def scaled(samples: Array) -> Array:
    """Return sound with a root mean square of 1; silence stays silent."""
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return np.asarray(samples / level if level else samples, dtype=np.float32)


def white(count: int, random: np.random.Generator) -> Array:
    """Return white noise, float32 [count], of unit power as all that follow."""
    return scaled(random.standard_normal(count))


def pink(count: int, random: np.random.Generator) -> Array:
    """Return noise whose power falls by 3 dB an octave above 20 Hz."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    return scaled(np.fft.irfft(spectrum / np.sqrt(np.maximum(frequencies, 20.0)), count))


def music(count: int, random: np.random.Generator) -> Array:
    """Return chords, a bass and percussion in a steady beat, key and tempo drawn at random."""
    beat = 60.0 / float(random.uniform(80, 140))
    tonic = 110.0 * 2.0 ** (int(random.integers(12)) / 12)
    total = np.zeros(count)
    for number, start in enumerate(np.arange(0.0, count / SAMPLE_RATE, beat)):
        chord = CHORDS[number // 2 % len(CHORDS)]
        for semitones in (chord[0] - 12, *chord):
            _add(total, start, tone(tonic * 2.0 ** (semitones / 12), 1.5 * beat))
        _add(total, start, 2.0 * drum(random))
        _add(total, start + beat / 2, hat(random))
    return scaled(total)


def _add(total: Array, start: float, sound: Array) -> None:
    """Add a sound, in place, as far as there is room."""
    room = total[round(start * SAMPLE_RATE) :][: len(sound)]
    room += sound[: len(room)]


def tone(frequency: float, seconds: float) -> Array:
    """Return a plucked tone."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    waves = (np.sin(2 * np.pi * n * frequency * times) / n for n in range(1, HARMONICS + 1))
    return np.asarray(np.sum(list(waves), axis=0) * np.minimum(times / 0.01, 1.0) * np.exp(-3.0 * times / seconds))


def drum(random: np.random.Generator) -> Array:
    """Return a kick: a falling tone with a click."""
    times = np.arange(round(0.15 * SAMPLE_RATE)) / SAMPLE_RATE
    click = 0.2 * random.standard_normal(len(times)) * np.exp(-times / 0.01)
    return np.asarray(np.sin(2 * np.pi * (50.0 * times - 4.0 * np.exp(-times / 0.03))) * np.exp(-times / 0.05) + click)


def hat(random: np.random.Generator) -> Array:
    """Return a hi-hat: a short hiss."""
    hiss = np.diff(random.standard_normal(round(0.06 * SAMPLE_RATE)), prepend=0.0)
    return np.asarray(hiss * np.exp(-np.arange(len(hiss)) / (0.015 * SAMPLE_RATE)))


def looped(samples: Array, count: int, random: np.random.Generator) -> Array:
    """Return sound of any length, float32 [count]: the same over and over, from a random sample on."""
    return np.asarray(np.resize(np.roll(samples, int(random.integers(len(samples)))), count))
