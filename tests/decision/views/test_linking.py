"""Which tracks of different cameras are linked: those of one face, and never of people who are seen together."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.decision.identity import IdentityConfig
from slceleb_core.decision.operating import Known
from slceleb_core.decision.views.linking import LEAST_TOGETHER, Alike, likeness, linked, overlapping
from slceleb_core.testing.sightings import DIM, alike, face, gallery, sighted


def keys(tracks, order=alike):
    return {frozenset(member.key for member in members) for members in linked(tracks, order())}


def both(first, second):
    """Have two tracks been seen on one frame."""
    first.beside.add(second.key)
    second.beside.add(first.key)


def apart(*tracks):
    return {frozenset({track.key}) for track in tracks}


def test_tracks_of_one_face_that_two_cameras_see_at_one_time_are_one_person():
    tracks = [sighted((0, 1), at=face(0)), sighted((1, 1), at=face(20)), sighted((2, 5), at=face(30))]
    assert keys(tracks) == {frozenset({(0, 1), (1, 1), (2, 5)})}


def test_faces_that_are_too_unlike_are_not_linked():
    tracks = [sighted((0, 1), at=face(0)), sighted((1, 1), at=face(61))]
    assert keys(tracks) == apart(*tracks)


def test_tracks_of_one_camera_are_never_linked_however_alike():
    tracks = [sighted((0, 1), at=face(0)), sighted((0, 2), at=face(0))]
    assert keys(tracks) == apart(*tracks)


@pytest.mark.parametrize(("together", "links"), [(LEAST_TOGETHER, True), (LEAST_TOGETHER - 0.01, False), (-1.0, False)])
def test_they_are_linked_where_both_are_seen_for_long_enough(together, links):
    tracks = [sighted((0, 1), 0.0, 8.0, at=face(0)), sighted((1, 1), 8.0 - together, 16.0, at=face(0))]
    assert (len(keys(tracks)) == 1) is links


def test_a_track_without_a_face_that_was_compared_is_linked_with_nobody():
    tracks = [sighted((0, 1)), sighted((1, 1)), sighted((2, 1), at=face(0))]
    assert keys(tracks) == apart(*tracks)
    assert likeness(*tracks[:2]) == -1.0


def test_a_face_of_no_length_is_linked_with_nobody():
    tracks = [sighted((0, 1), at=np.zeros(DIM)), sighted((1, 1), at=np.zeros(DIM))]
    assert keys(tracks) == apart(*tracks)


def test_of_two_who_are_seen_beside_each_other_the_more_alike_is_linked():
    """Brothers: both are near enough to each other's faces."""
    one, other, seen = sighted((0, 1), at=face(0)), sighted((0, 2), at=face(40)), sighted((1, 1), at=face(30))
    both(one, other)
    assert keys([one, other, seen]) == {frozenset({(0, 1)}), frozenset({(0, 2), (1, 1)})}


def test_each_must_be_the_others_best():
    """Camera 1 sees one brother; the other one is at the same time nearer to whom camera 0 sees."""
    first = sighted((0, 1), at=face(0))
    near, far = sighted((1, 1), at=face(10)), sighted((1, 2), at=face(20))
    both(near, far)
    assert keys([first, near, far]) == {frozenset({(0, 1), (1, 1)}), frozenset({(1, 2)})}


def test_who_is_not_seen_at_that_time_is_no_rival():
    first = sighted((0, 1), 0.0, 4.0, at=face(0))
    near, far = sighted((1, 1), 5.0, 20.0, at=face(0)), sighted((1, 2), 0.0, 6.0, at=face(20))
    both(near, far)
    assert keys([first, near, far]) == {frozenset({(0, 1), (1, 2)}), frozenset({(1, 1)})}


def test_people_who_are_seen_together_are_not_linked_by_way_of_a_third_camera_either():
    """Camera 2 sees each of two brothers for a while, as one track: they were confused there, and stay two."""
    one, other = sighted((0, 1), at=face(0)), sighted((0, 2), at=face(50))
    both(one, other)
    between, third = sighted((1, 1), at=face(10)), sighted((2, 1), at=face(26))
    found = keys([one, other, between, third])
    assert not any({(0, 1), (0, 2)} <= group for group in found)


def test_two_whom_any_camera_sees_together_are_not_linked_through_others():
    a, b = sighted((0, 1), at=face(0)), sighted((1, 1), at=face(15))
    c, d = sighted((2, 1), at=face(30)), sighted((2, 2), at=face(31))
    both(c, d)
    found = keys([a, b, c, d])
    assert frozenset({(0, 1), (1, 1), (2, 1)}) in found


faces_seen = some.lists(
    some.tuples(
        some.integers(0, 2),
        some.floats(0, 8),
        some.floats(0.1, 8),
        some.floats(-80, 80),
        some.integers(1, 3),
        some.floats(0.5, 9),
    ),
    max_size=8,
)


def scene(drawn):
    """Return tracks of three cameras; those of a camera that overlap are beside each other."""
    tracks = [
        sighted((camera, number), start, start + length, at=face(degrees, towards), weight=weight)
        for number, (camera, start, length, degrees, towards, weight) in enumerate(drawn)
    ]
    for first, second in itertools.combinations(tracks, 2):
        if first.camera == second.camera and first.together(second) > 0:
            both(first, second)
    return tracks


@given(drawn=faces_seen, random=some.randoms(use_true_random=False))
def test_the_order_of_tracks_does_not_matter(drawn, random):
    tracks = scene(drawn)
    mixed = random.sample(tracks, len(tracks))
    assert linked(mixed, alike()) == linked(tracks, alike())


@given(drawn=faces_seen, order=some.permutations([0, 1, 2]))
def test_the_order_of_cameras_does_not_matter(drawn, order):
    tracks, moved = scene(drawn), scene([(order[camera], *rest) for camera, *rest in drawn])
    near = [round(likeness(*pair), 9) for pair in itertools.combinations(tracks, 2)]
    if len(set(near)) < len(near):
        return  # which of two that are as alike is taken first is the cameras' order
    found = {frozenset((order[camera], track) for camera, track in group) for group in keys(tracks)}
    assert found == keys(moved)


@given(drawn=faces_seen)
def test_nobody_is_lost_doubled_or_linked_with_whom_they_are_seen(drawn):
    tracks = scene(drawn)
    groups = linked(tracks, alike())
    members = [member for group in groups for member in group]
    assert sorted(member.key for member in members) == sorted(track.key for track in tracks)
    for group in groups:
        held = {member.key for member in group}
        assert not any(member.beside & held for member in group)


@given(drawn=faces_seen)
def test_pairs_overlap_in_two_cameras_and_none_is_missed(drawn):
    tracks = scene(drawn)
    found = {frozenset(track.key for track in pair) for pair in overlapping(tracks)}
    expected = {
        frozenset({first.key, second.key})
        for first, second in itertools.combinations(tracks, 2)
        if first.camera != second.camera and first.together(second) >= LEAST_TOGETHER
    }
    assert found == expected


def test_what_a_profile_asks_for_says_who_is_alike_and_less_who_may_be():
    config = IdentityConfig(threshold=0.6)
    by = Alike.by(config.operating_point(Known(0.4), gallery().made_of), config, Known(0.4), gallery().made_of)
    first = sighted((0, 1), at=face(0))
    verdicts = [
        (by.surely(first, other), by.possibly(first, other))
        for other in (sighted((1, 1), at=face(degrees)) for degrees in (50, 60, 75))
    ]
    assert verdicts == [(True, True), (False, True), (False, False)]


def test_who_was_never_compared_may_be_anybody():
    assert alike().possibly(sighted((0, 1)), sighted((1, 1), at=face(0)))
    assert not alike().surely(sighted((0, 1)), sighted((1, 1), at=face(0)))
