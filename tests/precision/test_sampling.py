"""Every segment has the probability that is stated, and every group as many as were asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.precision.sampling import allotted, least_of_each


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(0, 2**32), st.floats(0.01, 1.0))
def test_strata_get_their_share_but_for_a_part_of_one(sizes, seed, rate):
    expected = np.array(sizes) * rate
    counts = allotted(expected, np.random.default_rng(seed))
    assert np.all(np.abs(counts - expected) < 1)
    assert np.all(counts <= sizes)
    assert abs(counts.sum() - expected.sum()) < 1
    assert np.all(np.abs(np.cumsum(counts) - np.cumsum(expected)) <= 1)


def test_what_is_drawn_of_a_stratum_is_on_average_what_is_expected():
    random = np.random.default_rng(1)
    counts = [allotted([0.3, 1.5, 0.2], random) for _ in range(4000)]
    assert np.mean(counts, axis=0) == pytest.approx([0.3, 1.5, 0.2], abs=0.04)
    assert {int(count.sum()) for count in counts} == {2}


def test_in_proportion_all_have_one_probability():
    assert least_of_each({"a": 90, "b": 10}, 20, 0) == {"a": 0.2, "b": 0.2}


def test_rare_people_get_as_many_as_asked_for_or_all_there_are():
    rates = least_of_each({"common": 900, "rare": 90, "rarest": 2}, 100, 20)
    assert rates["rarest"] == 1.0
    assert rates["rare"] == pytest.approx(20 / 90)
    assert rates["common"] == pytest.approx(78 / 900)


def test_more_of_each_than_are_drawn_is_refused():
    with pytest.raises(ValueError, match="come to 30"):
        least_of_each({"a": 50, "b": 50, "c": 50}, 20, 10)


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(1, 200), min_size=1), st.integers(0, 12), st.data())
def test_probabilities_add_up_to_what_is_drawn(sizes, each, data):
    least = sum(min(each, count) for count in sizes.values())
    size = data.draw(st.integers(max(least, 1), max(sum(sizes.values()), 1)))
    rates = least_of_each(sizes, size, each)
    assert sum(rates[name] * count for name, count in sizes.items()) == pytest.approx(size)
    assert all(rates[name] * count >= min(each, count) - 1e-6 for name, count in sizes.items())
    assert all(0.0 <= rate <= 1.0 + 1e-9 for rate in rates.values())
