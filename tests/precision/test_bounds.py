"""Bounds of a precision: against published tables, and the rules that they keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.precision.bounds import clopper_pearson, effective, lowest, lowest_weighted, needed, weighted

LABELS = st.lists(st.tuples(st.booleans(), st.floats(0.2, 20.0), st.integers(0, 6)), min_size=1, max_size=40)
"""Of each label whether it is right, its weight and its cluster."""


def alone(count):
    return list(range(count))


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [
        (10, 10, 0.6915, 1.0),  # tables of the binomial, at 95 %
        (9, 10, 0.5550, 0.9975),
        (5, 10, 0.1871, 0.8129),
        (198, 200, 0.9643, 0.9988),
        (0, 10, 0.0, 0.3085),
    ],
)
def test_an_interval_is_that_of_clopper_and_pearson(right, count, low, high):
    interval = clopper_pearson(right, count, 0.95)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-4)
    assert interval.estimate == right / count


def test_without_labels_nothing_is_known():
    interval = clopper_pearson(0, 0, 0.95)
    assert (interval.low, interval.high, interval.count) == (0.0, 1.0, 0.0)
    assert np.isnan(interval.estimate)
    assert weighted([], [], [], 0.95).low == 0.0
    assert lowest_weighted([], [], [], 0.95) == effective([], [], []) == 0.0


def test_a_bound_of_labels_without_an_error_is_the_rule_of_three():
    assert lowest(0, 300, 0.95) == pytest.approx(0.05 ** (1 / 300))
    assert lowest(300, 300, 0.95) == 0.0


@pytest.mark.parametrize(("target", "wrong", "count"), [(0.99, 0, 299), (0.95, 0, 59), (0.99, 1, 473), (0.95, 3, 153)])
def test_so_many_labels_prove_a_target(target, wrong, count):
    assert needed(target, 0.95, wrong) == count
    assert lowest(wrong, count, 0.95) >= target > lowest(wrong, count - 1, 0.95)


@pytest.mark.parametrize("target", [0.0, 1.0, float("nan")])
def test_certainty_is_proven_by_no_number_of_labels(target):
    with pytest.raises(ValueError, match="no number of labels"):
        needed(target, 0.95)


def test_equal_labels_that_come_alone_are_worth_what_they_are():
    right = [True] * 95 + [False] * 5
    assert effective(right, [7.0] * 100, alone(100)) == pytest.approx(100)
    assert weighted(right, [7.0] * 100, alone(100), 0.95) == pytest.approx(clopper_pearson(95, 100, 0.95))


def test_until_errors_have_shown_otherwise_a_cluster_is_worth_one_label():
    clusters = np.repeat(np.arange(10), 8)
    assert effective([True] * 80, [1.0] * 80, clusters) == pytest.approx(10)
    scattered = np.ones((10, 8), dtype=bool)
    scattered[:, 0] = False
    together = np.ones((10, 8), dtype=bool)
    together[0] = together[1, :2] = False
    few, many = (effective(right.ravel(), [1.0] * 80, clusters) for right in (together, scattered))
    assert 10 <= few < 15 < many < 80


def test_without_an_error_labels_are_worth_as_many_as_the_heaviest_would_be():
    weights = [4.0] * 100 + [1.0] * 100
    assert effective([True] * 200, weights, alone(200)) == pytest.approx(125, abs=0.2)


def test_errors_among_heavy_labels_make_all_of_them_worth_less():
    weights = np.array([4.0] * 100 + [1.0] * 100)
    heavy, light = np.ones(200, dtype=bool), np.ones(200, dtype=bool)
    heavy[:10] = light[100:110] = False
    assert effective(heavy, weights, alone(200)) < effective(light, weights, alone(200))
    assert weighted(heavy, weights, alone(200), 0.95).estimate == pytest.approx(1 - 40 / 500)


def test_labels_that_are_all_wrong_tell_as_much_as_labels_that_are_all_right():
    weights, clusters = [4.0] * 50 + [1.0] * 50, [number // 3 for number in range(100)]
    right, wrong = (weighted([value] * 100, weights, clusters, 0.95) for value in (True, False))
    assert (wrong.low, wrong.high) == pytest.approx((1 - right.high, 1 - right.low))


@pytest.mark.parametrize(("weights", "clusters"), [([1.0], [0]), ([1.0, 0.0], [0, 1]), ([1.0, np.nan], [0, 1])])
def test_labels_that_do_not_belong_together_are_refused(weights, clusters):
    with pytest.raises(ValueError, match="label"):
        weighted([True, True], weights, clusters, 0.95)


@given(LABELS)
@settings(max_examples=60)
def test_bounds_lie_around_the_estimate_and_the_scale_of_weights_is_nothing(labels):
    right, weights, clusters = (list(column) for column in zip(*labels, strict=True))
    interval = weighted(right, weights, clusters, 0.95)
    assert 0.0 <= interval.low <= interval.estimate <= interval.high <= 1.0
    assert 0.0 < interval.count <= len(labels) + 1e-9
    assert interval.low <= lowest_weighted(right, weights, clusters, 0.95) + 1e-12
    again = weighted(right, [3.0 * weight for weight in weights], clusters, 0.95)
    assert (again.low, again.high, again.count) == pytest.approx((interval.low, interval.high, interval.count))


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 59))
@settings(max_examples=60)
def test_of_equal_labels_one_more_error_never_raises_a_bound(right, place):
    worse = [value and number != place % len(right) for number, value in enumerate(right)]
    before, after = (lowest_weighted(some, [1.0] * len(right), alone(len(right)), 0.95) for some in (right, worse))
    assert after <= before + 1e-9


@given(LABELS, st.integers(0, 39))
@settings(max_examples=60)
def test_of_unequal_labels_one_more_error_raises_a_bound_hardly(labels, place):
    right, weights, clusters = (list(column) for column in zip(*labels, strict=True))
    worse = [value and number != place % len(right) for number, value in enumerate(right)]
    before, after = (lowest_weighted(some, weights, clusters, 0.95) for some in (right, worse))
    assert after <= before + 0.06
    assert after <= lowest_weighted([True] * len(right), weights, clusters, 0.95) + 1e-9
