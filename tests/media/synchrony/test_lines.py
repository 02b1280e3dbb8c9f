"""Lines through points of which many are wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.media.synchrony.lines import largest_agreement, level_line, scatter, theil_sen

slopes = st.floats(-1e-3, 1e-3)
levels = st.floats(-1e4, 1e4)
counts = st.integers(3, 60)


@given(slopes, levels, counts, st.integers(0, 99))
def test_points_on_a_line_give_that_line(slope, level, count, seed):
    times = np.sort(np.random.default_rng(seed).uniform(0, 3600, count))
    line = theil_sen(times, level + slope * times)
    assert line.slope == pytest.approx(slope, abs=1e-9)
    assert line.at(times) == pytest.approx(level + slope * times, abs=1e-6)
    assert line.low <= line.slope <= line.high


@given(slopes, st.integers(20, 60), st.integers(0, 99), st.floats(1.0, 1e6))
def test_a_quarter_of_the_points_may_be_anywhere(slope, count, seed, far):
    random = np.random.default_rng(seed)
    times = np.arange(count) * 10.0
    values = slope * times + random.normal(0, 1e-5, count)
    wrong = random.permutation(count)[: count // 4]
    values[wrong] += random.uniform(-far, far, len(wrong))
    line = theil_sen(times, values)
    assert abs(line.slope - slope) < 2e-5
    assert scatter(line, times, values) < 1e-3


@given(st.integers(0, 9999))
def test_the_interval_holds_the_slope_about_as_often_as_it_says(seed):
    random = np.random.default_rng(seed)
    times = np.arange(40.0)
    held = [
        (line := theil_sen(times, 3e-4 * times + random.normal(0, 1e-2, 40))).low <= 3e-4 <= line.high
        for _ in range(60)
    ]
    assert sum(held) >= 47  # of 60; fewer than 48 come once in 100,000 times


def test_three_points_have_no_interval():
    line = theil_sen(np.arange(3.0), np.arange(3.0))
    assert (line.low, line.high) == (-np.inf, np.inf)


def test_one_moment_is_no_line():
    with pytest.raises(ValueError, match="two different times"):
        theil_sen(np.ones(4), np.arange(4.0))


@given(slopes, st.integers(6, 40), st.integers(0, 99))
def test_most_points_decide_which_line_it_is(slope, count, seed):
    random = np.random.default_rng(seed)
    times = random.permutation(np.arange(2 * count) * 5.0)
    ours = np.arange(2 * count) < count
    values = np.where(
        ours, slope * times + random.uniform(-4e-3, 4e-3, 2 * count), random.uniform(1.0, 900.0, 2 * count)
    )
    chosen = largest_agreement(times, values, 0.010, 1500e-6)
    assert chosen[ours].all()
    assert (chosen & ~ours).sum() <= 2


def test_no_points_agree_on_nothing():
    assert largest_agreement(np.zeros(0), np.zeros(0), 0.01, 1e-3).shape == (0,)


@given(levels, slopes)
def test_a_line_of_a_known_slope_goes_through_the_middle(level, slope):
    times = np.arange(7.0)
    assert level_line(times, level + slope * times, slope).at(times) == pytest.approx(level + slope * times)
