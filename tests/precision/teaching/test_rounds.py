"""A bound that is looked at after every label is kept as often as it promises, and one of a fixed number is not."""

import numpy as np
import pytest

from slceleb_core.precision.bounds import needed
from slceleb_core.precision.calibrating.calibration import Wish
from slceleb_core.precision.calibrating.rounds import (
    enough,
    levels,
    more_needed,
    progress_of,
    risk_of,
    stops,
    tried_in_rounds,
)
from slceleb_core.precision.calibrating.sequence import Sample

WISH = Wish(0.9, 0.95)


def alone(right):
    return progress_of(np.asarray(right, dtype=bool), np.arange(len(right)), WISH, 0)


def broken(stopping, repetitions=20_000, labels=600, target=0.9):
    """Return how often labels of just a target seem to reach it, somewhere on the way."""
    random = np.random.default_rng(15)
    wrong = random.random((repetitions, labels)) < 1.0 - target
    errors, stop = wrong.cumsum(axis=1), np.array([*stopping, *[10**9] * labels])
    return float((np.arange(1, labels + 1) >= stop[errors]).any(axis=1).mean())


def test_whoever_looks_after_every_label_is_wrong_as_often_as_was_said():
    chance = 3 * np.sqrt(0.05 * 0.95 / 20_000)  # of the simulation
    assert 0.04 < broken(stops(0.9, 0.05)) <= 0.05 + chance
    naive = [needed(0.9, 0.95, errors) for errors in range(60)]
    assert broken(naive) > 0.1


@pytest.mark.parametrize("target", [0.95, 0.99])
def test_errors_more_take_labels_more(target):
    found, at = stops(target, 0.05), levels(target, 0.05)
    assert np.all(np.diff(found) > 0)
    assert all(level < 0.05 for level in at)
    assert found[0] >= needed(target, 0.95)


def test_attempts_share_the_error_probability():
    risks = [risk_of(attempt, WISH) for attempt in range(30)]
    assert sum(risks) == pytest.approx(0.05)
    assert risks[0] > 0.5 * 0.05


def test_an_attempt_is_proven_when_there_are_enough_labels_and_not_before():
    first = stops(0.9, risk_of(0, WISH))[0]
    assert not alone([True] * (first - 1)).trial.proven
    done = alone([True] * first)
    assert done.trial.proven
    assert (done.more, done.over) == (0, False)
    assert done.trial.low >= 0.9
    assert enough(first, WISH, 0)
    assert not enough(first - 1, WISH, 0)


def test_an_attempt_with_too_many_errors_is_over():
    assert alone([True] * 30 + [False] * 4).over
    assert not alone([True] * 30 + [False]).over


def test_labels_that_come_together_are_worth_less():
    first = stops(0.9, risk_of(0, WISH))[0]
    together = progress_of(np.ones(first, bool), np.arange(first) // 3, WISH, 0)
    assert not together.trial.proven
    assert together.trial.low < alone([True] * first).trial.low


def test_how_many_more_follows_from_the_errors_and_their_rate():
    risk = risk_of(0, WISH)
    assert more_needed(0, 10, 0.0, 0.9, risk) == stops(0.9, risk)[0] - 10
    assert more_needed(1, 10, 0.0, 0.9, risk) == stops(0.9, risk)[1] - 10
    assert more_needed(0, 0, 0.04, 0.9, risk) > stops(0.9, risk)[0]
    assert more_needed(0, 0, 0.2, 0.9, risk) is None


def test_points_are_tried_in_their_order_until_one_is_not_proven():
    count = 2 * stops(0.9, 0.05)[0]
    entries = np.repeat([0, 1], count // 2 + 1)
    sample = Sample(entries, entries == 0, np.ones(len(entries)), np.arange(len(entries)))
    assert [trial.proven for trial in tried_in_rounds(sample, [0, 1, 1], 0.9, 0.05)] == [True, False]
