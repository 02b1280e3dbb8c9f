import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.precision.bounds import needed
from slceleb_core.precision.calibrating.calibration import Wish, trials_of
from slceleb_core.precision.calibrating.sequence import Sample, stations, tried, worths


def sample(entries, wrong=(), clusters=None):
    count = len(entries)
    right = np.array([number not in wrong for number in range(count)])
    known = np.arange(count) if clusters is None else np.array(clusters)
    return Sample(np.array(entries, np.int64), right, np.ones(count), known)


def test_points_are_tried_where_one_more_error_is_allowed_and_everything_in_the_end():
    worth = np.arange(1, 700, dtype=float)
    order = stations(worth, 0.99, 0.05)
    assert worth[order[:3]].tolist() == [299, 473, 628]
    assert order[-1] == 698
    assert stations(np.arange(1, 299, dtype=float), 0.99, 0.05) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=200), st.sampled_from([0.8, 0.9]))
@settings(deadline=None, max_examples=40)
def test_where_to_try_does_not_depend_on_what_the_labels_say(labels, target):
    entries = [entry for entry, _ in labels]
    wrong = {number for number, (_, bad) in enumerate(labels) if bad}
    orders = [stations(worths(some, 10), target, 0.05) for some in (sample(entries), sample(entries, wrong))]
    assert orders[0] == orders[1]


def test_a_row_ends_at_the_first_point_that_is_not_proven():
    entries = np.repeat(np.arange(6), 60)
    labels = sample(entries, wrong=set(range(120, 180)))  # the third point is bad; the rest is good, but for that
    trials = tried(labels, range(6), [0.05, 0, 0, 0, 0, 0], 0.9)
    assert [trial.proven for trial in trials] == [True, True, False]


def test_a_row_begins_anew_where_error_probability_was_put_aside_and_what_was_proven_hands_its_own_on():
    labels = sample(np.repeat(np.arange(3), 100), wrong=set(range(5)))
    trials = tried(labels, range(3), [0.01, 0.03, 0.01], 0.95)
    assert [(trial.point, round(trial.risk, 6), trial.proven) for trial in trials] == [
        (0, 0.01, False),
        (1, 0.03, False),
        (2, 0.01, True),
    ]
    good = tried(sample(np.repeat(np.arange(3), 200)), range(3), [0.01, 0.03, 0.01], 0.9)
    assert [round(trial.risk, 6) for trial in good] == [0.01, 0.04, 0.05]


@pytest.mark.parametrize("clustered", [False, True])
def test_labels_that_come_together_prove_less(clustered):
    entries = np.zeros(300, np.int64)
    clusters = np.repeat(np.arange(60), 5) if clustered else None
    trials = trials_of(sample(entries, clusters=clusters), 1, Wish(0.99, 0.95))
    assert any(trial.proven for trial in trials) is not clustered
    assert needed(0.99, 0.95) == 299
