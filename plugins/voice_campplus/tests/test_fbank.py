"""Kaldi's features, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from slceleb_voice_campplus.fbank import BANDS, FLOOR, features, filters, log_energies, mel, window


def by_hand(samples, band):
    """The log energy of a band of one window, term by term, as Kaldi's documentation has them."""
    mean = sum(samples) / 400
    level = [value - mean for value in samples]
    emphasised = [level[n] - 0.97 * level[max(n - 1, 0)] for n in range(400)]
    shaped = [value * (0.5 - 0.5 * math.cos(2 * math.pi * n / 399)) ** 0.85 for n, value in enumerate(emphasised)]
    low, high = (1127 * math.log(1 + hertz / 700) for hertz in (20, 8000))
    left, middle, right = (low + (high - low) / 81 * (band + more) for more in (0, 1, 2))
    energy = 0.0
    for point in range(256):
        place = 1127 * math.log(1 + point * 31.25 / 700)
        if left < place < right:
            weight = (place - left) / (middle - left) if place <= middle else (right - place) / (right - middle)
            turns = [2 * math.pi * point * n / 512 for n in range(400)]
            real = sum(value * math.cos(turn) for value, turn in zip(shaped, turns, strict=True))
            imaginary = sum(value * math.sin(turn) for value, turn in zip(shaped, turns, strict=True))
            energy += weight * (real**2 + imaginary**2)
    return math.log(max(energy, 1.1920929e-07))


@pytest.mark.parametrize("band", [0, 1, 17, 79])
def test_a_window_has_the_energies_that_are_worked_out_by_hand(band):
    samples = np.random.default_rng(3).uniform(-0.3, 0.4, 400).astype(np.float32)
    (found,) = log_energies(samples)
    assert found[band] == pytest.approx(by_hand([float(value) for value in samples], band), abs=1e-9)


def test_windows_are_of_25_ms_every_10_ms_and_whole():
    sound = np.random.default_rng(0).normal(size=16_000).astype(np.float32)
    assert log_energies(sound[:400]).shape == (1, BANDS)
    assert log_energies(sound[:559]).shape == (1, BANDS)
    assert log_energies(sound[:560]).shape == (2, BANDS)
    assert len(log_energies(sound)) == 98
    np.testing.assert_allclose(log_energies(sound)[5], log_energies(sound[800:1200])[0])


def test_a_tone_is_loudest_in_its_band():
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    loudest = log_energies(tone.astype(np.float32)).argmax(axis=1)
    # (mel(1000) - mel(20)) / ((mel(8000) - mel(20)) / 81) = 27.84 spacings; the peak of band n is at n + 1
    assert set(loudest) == {27}
    assert float(mel(np.array(1000.0))) == pytest.approx(999.99, abs=0.01)


def test_a_constant_is_silence_and_silence_is_at_the_floor():
    assert log_energies(np.full(400, 0.5, np.float32)) == pytest.approx(math.log(FLOOR))
    assert math.log(FLOOR) == pytest.approx(-15.9424, abs=1e-4)


def test_loudness_is_taken_off_with_the_mean():
    sound = np.random.default_rng(1).normal(0, 0.1, 8000).astype(np.float32)
    found = features(sound)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(features(sound * np.float32(0.25)), found, atol=1e-4)


def test_the_window_ends_in_zeros_and_each_filter_hears_something():
    assert window()[[0, -1]] == pytest.approx(0.0)
    assert window()[200] == pytest.approx(1.0, abs=1e-4)
    assert (filters().sum(axis=1) > 0).all()
    assert filters().max() <= 1.0
