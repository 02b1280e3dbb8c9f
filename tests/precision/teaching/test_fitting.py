"""What decisions teach is kept only where decisions that were held out are told better by it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from slceleb_core.precision.teaching.fitting import LEAST_WRONG, Task, folds_of, learn

IN_USE = np.array([1.0, 1.0, 0.5])


def decisions(seed, count, true, people=12, level=1.0):
    """Return a task: segments whose three signs are weighed so in truth, and otherwise by the stage."""
    random = np.random.default_rng(seed)
    signs = random.normal(size=(count, 3))
    right = random.random(count) < expit(level + signs @ np.asarray(true))
    groups = random.integers(0, people, count)
    return Task(lambda values: signs @ values, IN_USE, 0.3 * IN_USE, right, groups), signs


def test_a_weight_that_is_far_off_is_learned_from_many_decisions():
    task, signs = decisions(1, 600, [1.0, 0.1, 0.5])
    outcome = learn(task)
    assert not outcome.refusal
    assert outcome.fall > outcome.error > 0
    assert outcome.values[1] < 0.6
    fresh, signs = decisions(2, 4000, [1.0, 0.1, 0.5])
    before, after = (np.corrcoef(signs @ values, fresh.right)[0, 1] for values in (IN_USE, outcome.values))
    assert after > before


def test_fifty_decisions_cannot_wreck_what_is_in_use():
    for seed in range(6):
        task, _ = decisions(seed, 50, IN_USE)
        outcome = learn(task)
        assert np.all(np.abs(outcome.values - IN_USE) < 2 * task.spread)


def test_where_the_weights_are_right_already_hardly_anything_is_learned():
    accepted = [not learn(decisions(seed, 200, IN_USE)[0]).refusal for seed in range(8)]
    assert np.mean(accepted) <= 0.2


def test_scores_that_are_all_too_high_are_not_taken_for_wrong_weights():
    accepted = [not learn(decisions(seed, 200, IN_USE, level=-1.5)[0]).refusal for seed in range(8)]
    assert np.mean(accepted) <= 0.2


def test_a_few_rejections_teach_nothing_and_it_says_so():
    task, _ = decisions(3, 60, IN_USE, level=30.0)
    right = task.right.copy()
    right[: LEAST_WRONG - 1] = False
    outcome = learn(Task(task.odds, task.start, task.spread, right, task.groups))
    assert outcome.refusal == "60 decisions, 4 of them wrong: 5 of either kind are the least"
    assert (outcome.values == IN_USE).all()


def test_one_person_in_one_video_can_be_held_out_from_nobody():
    task, _ = decisions(4, 60, IN_USE)
    outcome = learn(Task(task.odds, task.start, task.spread, task.right, np.zeros(60, np.int64)))
    assert outcome.refusal == "all decisions are on one person in one video: nothing can be held out"


@settings(max_examples=50)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=200))
def test_groups_are_held_out_whole_and_parts_are_about_alike(groups):
    folds = folds_of(np.array(groups))
    for group in set(groups):
        assert len(set(folds[np.array(groups) == group].tolist())) == 1
    sizes, most = np.bincount(folds), max(map(groups.count, set(groups)))
    assert sizes.max() - sizes.min() <= most


def test_the_same_decisions_teach_the_same():
    one, two = (learn(decisions(5, 200, [1.0, 0.1, 0.5])[0]) for _ in range(2))
    assert one.values == pytest.approx(two.values, abs=0)
