"""What a score means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from slceleb_speaker_lrasd.calibration import fit
from slceleb_speaker_lrasd.curves import CURVES, Curve
from slceleb_speaker_lrasd.files import FILES


def test_every_network_has_a_curve():
    assert set(CURVES) == set(FILES)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_order_stays_and_a_curve_can_be_undone(curve):
    odds = np.linspace(-12.0, 12.0, 501)
    values = curve.probability(odds)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(curve.odds(values), odds, atol=1e-6)


def test_a_fit_finds_what_is_off():
    random = np.random.default_rng(0)
    odds = random.normal(0.0, 3.0, 40000)
    label = random.random(40000) < expit(0.6 * odds - 0.5)
    found = fit(odds, label, np.repeat(["one", "two"], 20000))
    assert found.slope == pytest.approx(0.63, abs=0.05)
    assert found.offset == pytest.approx(-0.35, abs=0.12)  # held near the identity
    even = fit(odds, random.random(40000) < expit(odds), np.repeat(["one", "two"], 20000))
    assert (even.slope, even.offset) == (pytest.approx(1.0, abs=0.05), pytest.approx(0.0, abs=0.05))


def test_talkers_count_alike():
    label = np.concatenate([np.zeros(1000, bool), np.ones(100, bool)])
    assert fit(np.zeros(1100), label, np.repeat(["many", "few"], [1000, 100])).offset == pytest.approx(0.0, abs=1e-3)


def test_what_follows_from_certain_odds_is_certain():
    assert Curve(1.0, 0.0).probability(np.array([-1e3, 1e3])).tolist() == [0.0, 1.0]
