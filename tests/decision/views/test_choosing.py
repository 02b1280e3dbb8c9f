"""Which camera shows somebody: the best one, with hysteresis, and never changed in the middle of a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.decision.views.choosing import AHEAD, MEMORY, Seen, Viewer

PATIENCE = 0.3


def watch(qualities, *, speaking=lambda n: False, shots=lambda n: {}, fps=25.0, patience=PATIENCE):
    """Return the camera chosen on each frame; `qualities` by frame and camera, None: not seen by that one."""
    viewer, chosen = Viewer(patience), []
    for n, there in enumerate(qualities):
        of = {camera: shots(n).get(camera, 0) for camera in range(len(there))}
        seen = {camera: Seen(quality, of[camera]) for camera, quality in enumerate(there) if quality is not None}
        chosen.append(viewer.choose(n / fps, seen, of, speaking=speaking(n)))
    return chosen


def test_the_camera_that_sees_them_best_is_chosen_and_of_equals_the_first():
    assert watch([(0.3, 0.9)]) == [1]
    assert watch([(0.5, 0.5, 0.5)]) == [0]


def test_one_that_is_better_by_less_than_a_quarter_is_not_changed_to():
    assert set(watch([(0.5, 0.1)] + [(0.5, 0.99 * AHEAD * 0.5)] * 500)) == {0}
    assert watch([(0.5, 0.1)] + [(0.5, 1.01 * AHEAD * 0.5)] * 500)[-1] == 1


def test_it_is_changed_only_when_the_other_has_been_better_for_a_while():
    chosen = watch([(0.5, 0.5)] + [(0.5, 1.0)] * 100)
    change = chosen.index(1)
    assert 0.2 * MEMORY * 25 <= change <= MEMORY * 25
    glance = [(0.5, 0.5)] + [(0.5, 1.0)] * 5 + [(0.5, 0.5)] * 100
    assert set(watch(glance)) == {0}


def test_while_they_speak_a_better_camera_waits_until_they_pause():
    qualities = [(0.5, 0.4)] + [(0.5, 1.0)] * 99
    chosen = watch(qualities, speaking=lambda n: 1 <= n < 80)
    assert (set(chosen[:80]), chosen[80]) == ({0}, 1)


def test_a_camera_that_loses_them_is_left_after_patience_even_while_they_speak():
    qualities = [(0.9, 0.3)] * 25 + [(None, 0.3)] * 25
    chosen = watch(qualities, speaking=lambda n: True)
    lost = chosen.index(1)
    assert lost / 25 - 24 / 25 == pytest.approx(PATIENCE, abs=1 / 25 + 1e-9)
    assert set(chosen[lost:]) == {1}


def test_a_face_that_is_missed_for_a_moment_changes_nothing():
    qualities = [(0.9, 0.3)] * 25 + [(None, 0.3)] * 6 + [(0.9, 0.3)] * 25
    assert set(watch(qualities, speaking=lambda n: True)) == {0}


def test_when_the_shot_of_the_camera_ends_it_is_left_at_once():
    """Behind a cut the camera shows something else: nobody would wait for a face there."""
    qualities = [(0.9, 0.3)] * 25 + [(None, 0.3)] * 5
    chosen = watch(qualities, speaking=lambda n: True, shots=lambda n: {0: int(n >= 25)})
    assert chosen == [0] * 25 + [1] * 5


def test_when_the_shot_of_the_camera_ends_the_best_one_is_chosen_anew():
    qualities = [(0.9, 0.8)] * 25 + [(0.9, 0.8)] * 5
    chosen = watch(qualities, speaking=lambda n: True, shots=lambda n: {0: int(n >= 25)})
    assert chosen == [0] * 30
    qualities = [(0.9, 0.8)] * 25 + [(0.1, 0.9)] * 50
    chosen = watch(qualities, speaking=lambda n: True, shots=lambda n: {0: int(n >= 40)})
    assert chosen == [0] * 40 + [1] * 35


def test_a_camera_whose_video_has_ended_is_left_at_once():
    viewer = Viewer(PATIENCE)
    assert viewer.choose(0.0, {0: Seen(0.9, 0), 1: Seen(0.3, 0)}, {0: 0, 1: 0}, speaking=True) == 0
    assert viewer.choose(0.04, {1: Seen(0.3, 0)}, {1: 0}, speaking=True) == 1


def test_a_camera_that_sees_nothing_well_is_one_all_the_same():
    assert watch([(0.0, None)] * 3) == [0, 0, 0]
    assert watch([(0.0, 0.0)] * 3) == [0, 0, 0]


quality = some.one_of(some.none(), some.floats(0, 1))


@given(
    qualities=some.lists(some.tuples(quality, quality, quality).filter(lambda q: any(v is not None for v in q))),
    spoken=some.integers(0, 2**30),
    fps=some.sampled_from([11.94, 23.976, 25.0, 60.0]),
)
def test_who_is_shown_has_been_seen_within_patience_and_is_not_left_in_the_middle_of_a_word(qualities, spoken, fps):
    chosen = watch(qualities, speaking=lambda n: bool(spoken >> n % 30 & 1), fps=fps)
    last = {}
    for n, (camera, there) in enumerate(zip(chosen, qualities, strict=True)):
        if n and camera != chosen[n - 1] and spoken >> n % 30 & 1:
            assert there[chosen[n - 1]] is None
        last |= {place: n for place, value in enumerate(there) if value is not None}
        assert (n - last[camera]) / fps <= PATIENCE + 1e-9


@given(
    qualities=some.lists(some.tuples(some.floats(0, 1), some.floats(0, 1)), min_size=1),
)
def test_while_they_speak_and_are_seen_nothing_changes(qualities):
    assert len(set(watch(qualities, speaking=lambda n: n > 0))) == 1
