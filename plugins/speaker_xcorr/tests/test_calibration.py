"""What a score means."""

from __future__ import annotations

import numpy as np
import pytest

from slceleb_speaker_xcorr.calibration import along, calibrated, fit, uncalibrated

GRID = np.linspace(0.0, 1.0, 1001)


def test_order_and_ends_stay():
    values = calibrated(GRID)
    assert values[0] == 0.0
    assert values[-1] == 1.0
    assert (np.diff(values) > 0).all()


def test_it_is_mild():
    assert np.abs(calibrated(GRID) - GRID).max() < 0.1


def test_it_can_be_undone():
    np.testing.assert_allclose(uncalibrated(calibrated(GRID)), GRID, atol=1e-9)


def test_a_fit_finds_what_is_off():
    random = np.random.default_rng(0)
    truth = random.uniform(0.01, 0.99, 20000)
    label = random.random(20000) < truth
    talker = np.repeat(["one", "two"], 10000)
    bold = along(truth, 1.5, 0.3)
    slope, offset = fit(bold, label, talker)
    assert slope < 0.95
    assert offset < 0.0
    even_slope, even_offset = fit(truth, label, talker)
    assert (even_slope, even_offset) == (pytest.approx(1.0, abs=0.05), pytest.approx(0.0, abs=0.05))


def test_talkers_count_alike():
    confidence = np.full(1100, 0.5)
    label = np.concatenate([np.zeros(1000, bool), np.ones(100, bool)])
    talker = np.repeat(["many", "few"], [1000, 100])
    assert fit(confidence, label, talker)[1] == pytest.approx(0.0, abs=1e-3)
