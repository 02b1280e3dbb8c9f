"""What a correlation is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_speaker_xcorr.evidence import CHANCE, by_chance, log_ratio, p_value, scatter
from slceleb_speaker_xcorr.overlap import overlaps

DEVIATIONS = st.floats(0.02, 0.3)
CORRELATIONS = st.floats(-1.0, 1.0)


def ratio(correlation, mean, deviation, clear=1.0):
    return float(log_ratio(*(np.array([value]) for value in (correlation, mean, deviation, clear)))[0])


@given(first=CORRELATIONS, second=CORRELATIONS, mean=st.floats(-0.1, 0.1), deviation=DEVIATIONS)
def test_a_higher_correlation_never_speaks_less_for_a_face(first, second, mean, deviation):
    low, high = sorted((first, second))
    assert ratio(low, mean, deviation) <= ratio(high, mean, deviation) + 1e-9


@given(deviation=st.floats(0.02, 0.1))
def test_what_scatters_less_by_chance_says_more(deviation):
    assert ratio(0.4, 0.0, deviation) > ratio(0.4, 0.0, 3.0 * deviation) > 0.0
    assert ratio(0.0, 0.0, deviation) < ratio(0.0, 0.0, 3.0 * deviation) < 0.0


@given(correlation=st.floats(-1.0, 0.0), deviation=DEVIATIONS)
def test_lips_of_which_only_noise_is_seen_speak_less_against_a_face(correlation, deviation):
    assert ratio(correlation, 0.0, deviation) <= ratio(correlation, 0.0, deviation, clear=0.05) <= 0.0


@given(correlation=CORRELATIONS, deviation=DEVIATIONS, trials=st.floats(1.0, 20.0))
def test_chance_is_a_probability_and_grows_with_every_trial(correlation, deviation, trials):
    one, many = (
        float(p_value(np.array([correlation]), np.zeros(1), np.array([deviation]), np.array([count]))[0])
        for count in (1.0, trials)
    )
    assert 0.0 <= one <= many <= 1.0


def test_scatter_falls_with_the_root_of_the_time():
    assert scatter(np.array([40.0])) * 2.0 == pytest.approx(scatter(np.array([10.0])))


def test_comparisons_that_lack_sound_do_not_count():
    elsewhere = np.full((4, 1), 0.9)
    mean, deviation = by_chance(elsewhere, np.zeros((4, 1), bool), np.array([CHANCE]))
    assert (mean[0], deviation[0]) == (0.0, pytest.approx(CHANCE))


def test_two_speak_at_once_only_where_both_are_evident():
    ratios = np.array([[5.0, 5.0, 5.0], [5.0, -2.0, 5.0]])
    chance = np.array([[0.001, 0.001, 0.001], [0.001, 0.001, 0.4]])
    both, one, by_luck = overlaps(ratios, chance, np.ones((2, 3), bool)).T
    assert (both > 0.9).all()
    assert (one < 0.1).all()
    assert (by_luck < 0.1).all()
    alone = overlaps(ratios, chance, np.array([[True] * 3, [False] * 3]))
    assert alone.max() < 1e-9
