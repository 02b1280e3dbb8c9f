"""What all cameras say together: between the least and the largest, by how well each sees a mouth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.decision.views.fusing import SURE, fuse
from slceleb_core.testing.sightings import look, said

scores = some.floats(0, 1)
weights = some.floats(0.01, 1)
views = some.lists(some.tuples(scores, weights), min_size=1, max_size=5)


def looks(drawn, **values):
    return [look((place, 1), score, weight=weight, **values) for place, (score, weight) in enumerate(drawn)]


def bounded(score):
    return min(max(score, SURE), 1 - SURE)


@given(drawn=views)
def test_what_is_fused_lies_between_the_least_and_the_largest_view(drawn):
    spoken = [bounded(score) for score, _ in drawn]
    assert min(spoken) - 1e-9 <= fuse(looks(drawn), {}).speaking <= max(spoken) + 1e-9


@given(score=scores, weight=weights)
def test_of_one_view_it_is_what_that_says(score, weight):
    assert fuse(looks([(score, weight)]), {}).speaking == pytest.approx(bounded(score))


@given(drawn=views, score=scores, place=some.integers(0, 5))
def test_a_view_that_weighs_nothing_changes_nothing(drawn, score, place):
    made = looks(drawn)
    blind = look((9, 1), score, weight=0.0)
    assert fuse([*made[:place], blind, *made[place:]], {}) == fuse(made, {})


@given(drawn=views, random=some.randoms(use_true_random=False))
def test_the_order_of_views_does_not_matter(drawn, random):
    made = [
        look((place, 1), weight=weight, said=said(score, chance=score, overlap=weight, lag=score, mouth=weight))
        for place, (score, weight) in enumerate(drawn)
    ]
    one, other = fuse(made, {}), fuse(random.sample(made, len(made)), {})
    assert (one.lag, one.mouth, one.voice) == (other.lag, other.mouth, other.voice)
    assert [one.speaking, one.chance, one.overlap] == pytest.approx([other.speaking, other.chance, other.overlap])


@given(drawn=views, more=some.floats(0.01, 0.5))
def test_the_surer_a_view_the_surer_the_whole(drawn, more):
    surer = [(min(drawn[0][0] + more, 1.0), drawn[0][1]), *drawn[1:]]
    assert fuse(looks(surer), {}).speaking >= fuse(looks(drawn), {}).speaking - 1e-12


def test_a_view_that_sees_the_mouth_badly_counts_less():
    well, badly = look((0, 1), 0.9, weight=0.8), look((1, 1), 0.1, weight=0.1)
    assert fuse([well, badly], {}).speaking > 0.8
    assert fuse([look((0, 1), 0.9, weight=0.1), look((1, 1), 0.1, weight=0.8)], {}).speaking < 0.2


def test_two_views_that_are_as_good_and_say_the_opposite_say_nothing():
    assert fuse(looks([(0.9, 0.5), (0.1, 0.5)]), {}).speaking == pytest.approx(0.5)


def test_without_a_sound_nothing_is_said():
    assert fuse([look((0, 1), None), look((1, 1), None)], {}) is None


def test_lips_that_nobody_followed_speak_not_and_a_voice_is_heard_all_the_same():
    fused = fuse([look((0, 1), said=said(0.9, voice=0.7).unheeded()), look((1, 1), None)], {})
    assert (fused.followed, fused.speaking, fused.voice, fused.chance, fused.mouth) == (False, 0.0, 0.7, None, None)


def test_lips_that_one_camera_followed_are_those_that_count():
    seen, passed = look((0, 1), 0.9), look((1, 1), said=said(0.0).unheeded(), weight=1.0)
    fused = fuse([seen, passed], {})
    assert (fused.followed, fused.speaking) == (True, pytest.approx(0.9))


def test_no_view_decides_by_itself_how_likely_chance_is():
    rare, usual = look((0, 1), said=said(0.9, chance=0.01)), look((1, 1), said=said(0.9, chance=1.0))
    assert fuse([rare, usual], {}).chance == pytest.approx(0.1)
    assert fuse([rare, look((1, 1), 0.9)], {}).chance == pytest.approx(0.01)
    assert fuse([look((0, 1), 0.9)], {}).chance is None


def test_overlap_is_the_mean_of_those_that_know():
    fused = fuse([look((0, 1), said=said(0.9, overlap=0.2)), look((1, 1), said=said(0.9, overlap=0.6))], {})
    assert fused.overlap == pytest.approx(0.4)
    assert fuse([look((0, 1), 0.9)], {}).overlap is None


def test_the_lag_is_that_of_the_best_view_less_what_all_of_its_video_lags():
    """Camera 1 stands farther from its microphone; both say the same of the lips."""
    near = look((0, 1), said=said(0.9, lag=0.02), weight=0.5)
    far = look((1, 1), said=said(0.9, lag=0.12), weight=0.8)
    assert fuse([near, far], {0: 0.0, 1: 0.1}).lag == pytest.approx(0.02)
    assert fuse([near], {0: 0.05}).lag == pytest.approx(-0.03)
    assert fuse([look((1, 1), 0.9)], {1: 0.1}).lag is None


def test_of_views_that_are_as_good_the_first_camera_says_the_lag():
    drawn = [look((place, 1), said=said(0.9, lag=place / 10)) for place in (2, 0, 1)]
    assert fuse(drawn, {}).lag == 0.0


@given(score=some.sampled_from([0.0, 1.0, 1e-300, 1 - 1e-16]))
def test_scores_at_the_ends_of_the_scale_are_numbers(score):
    assert math.isfinite(fuse(looks([(score, 1.0), (1 - score, 0.5)]), {}).speaking)
