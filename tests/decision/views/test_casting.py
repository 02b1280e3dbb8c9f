"""Who is seen: the joint vote of all cameras, and each name at one time but once."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.decision.identity import Vote
from slceleb_core.decision.views.casting import cast, joint
from slceleb_core.testing.sightings import alike, face, gallery, naming, sighted

BO = np.array([0.0, 1.0, 0, 0, 0, 0, 0, 0])


def seen(*tracks, margin=0.05):
    return cast(tracks, naming(margin), alike())


def named(*tracks, margin=0.05):
    """Return the name that each track has."""
    people = seen(*tracks, margin=margin)
    return [people.appearances[people.of_track[track.key]].who.person for track in tracks]


def beside(*tracks):
    for track in tracks:
        track.beside |= {other.key for other in tracks if other is not track}


def test_the_joint_vote_names_whom_one_camera_alone_does_not():
    """A few looks from the side are nobody; with many from the front they are Ada."""
    side, front = sighted((0, 1), at=face(65), weight=1.0), sighted((1, 1), at=face(20), weight=8.0)
    assert named(side) == [None]
    assert named(side, front) == ["Ada", "Ada"]


def test_the_joint_vote_takes_a_name_away_where_it_does_not_reach():
    glance, long = sighted((0, 1), at=face(55), weight=0.5), sighted((1, 1), at=face(80), weight=9.0)
    assert named(glance) == ["Ada"]
    assert named(glance, long) == [None, None]
    people = seen(glance, long)
    assert people.appearances[1].who.reason.startswith("nobody: similarity")


def test_whoever_is_as_near_to_two_has_no_name():
    between = np.zeros(8)
    between[:2] = np.cos(np.radians(45))
    assert named(sighted((0, 1), at=between), sighted((1, 1), at=between)) == [None, None]


def test_frontal_and_side_of_one_name_at_one_time_are_one_appearance():
    """Each is Ada by itself, and the two are not alike enough to be linked."""
    front, side = sighted((0, 1), at=face(45, 2)), sighted((1, 1), at=face(45, 3))
    people = seen(front, side)
    assert people.of_track == {(0, 1): 1, (1, 1): 1}
    assert people.appearances[1].who.person == "Ada"


def test_of_a_name_at_two_times_there_are_two_appearances():
    people = seen(sighted((0, 1), 0, 5, at=face(0)), sighted((0, 2), 5, 9, at=face(0)))
    assert [one.who.person for one in people.appearances.values()] == ["Ada", "Ada"]


def test_the_nearer_of_two_who_are_seen_together_keeps_the_name():
    twin, ada = sighted((0, 1), at=face(40)), sighted((0, 2), at=face(10))
    beside(twin, ada)
    assert named(twin, ada) == [None, "Ada"]
    reason = seen(twin, ada).appearances[1].who.reason
    assert reason == "nobody: track 2 of camera 1 is seen at the same time, and Ada can be but one of them"


def test_whom_one_camera_shows_beside_the_named_one_does_not_get_the_name_in_another():
    """Camera 0 sees Ada and, for a moment, her sister, whom camera 1 sees: near enough to be Ada."""
    ada, sister = sighted((0, 1), at=face(0)), sighted((0, 2), 9.8, 10.0, at=face(50))
    alone = sighted((1, 1), at=face(55))
    assert named(alone) == ["Ada"]
    assert named(ada, alone) == ["Ada", "Ada"]
    beside(ada, sister)
    assert named(ada, sister, alone) == ["Ada", None, None]


def test_whom_two_cameras_see_with_somebody_else_of_the_name_is_nobody():
    """The sisters are linked with each other's picture, and one of them is Ada."""
    ada, sister = sighted((0, 1), at=face(0)), sighted((0, 2), at=face(55))
    beside(ada, sister)
    people = seen(ada, sister, sighted((1, 1), at=face(58)))
    assert people.of_track == {(0, 1): 1, (0, 2): 2, (1, 1): 2}
    assert [one.who.person for one in people.appearances.values()] == ["Ada", None]


def test_appearances_are_numbered_by_when_they_begin():
    later, first = sighted((0, 1), 4, 9, at=face(0)), sighted((1, 7), 1, 3, at=BO)
    people = seen(later, first)
    assert people.of_track == {(1, 7): 1, (0, 1): 2}
    one = people.appearances[1]
    assert (one.id, one.start, one.end, one.who.person) == (1, 1, 3, "Bo")


def test_nobody_is_seen_where_there_are_no_tracks():
    people = seen()
    assert (dict(people.appearances), dict(people.of_track)) == ({}, {})


def test_a_track_that_was_never_compared_is_somebody_without_a_name():
    (one,) = seen(sighted((0, 1))).appearances.values()
    assert (one.who.person, one.who.reason) == (None, "no face of the track could be compared")


@pytest.mark.parametrize(
    ("first", "second", "together", "different"),
    [
        (face(0), BO, False, True),  # by their names
        (face(70, 3), face(70, 3), True, True),  # on one picture
        (face(85, 3), face(85, 4), False, True),  # no two faces of theirs are alike
        (face(65, 3), face(65, 4), False, True),
        (face(62, 3), face(85, 3), False, False),  # may be one face
        (None, face(85, 4), False, False),  # nobody knows
    ],
)
def test_who_is_known_to_be_different(first, second, together, different):
    one = sighted((0, 1), at=first)
    other = sighted((0 if together else 1, 2), end=0.2, at=second)  # too short to be linked
    if together:
        beside(one, other)
    people = seen(one, other)
    numbers = people.of_track[one.key], people.of_track[other.key]
    assert numbers[0] != numbers[1]
    assert people.different(*numbers) is different
    assert people.different(*reversed(numbers)) is different


tracks = some.lists(
    some.tuples(
        some.integers(0, 2),
        some.floats(0, 8),
        some.floats(0.1, 8),
        some.floats(0, 80),
        some.integers(1, 4),
        some.floats(0.5, 9),
    ),
    max_size=7,
)


def scene(drawn):
    made = [
        sighted((camera, number), start, start + length, at=face(degrees, towards), weight=weight)
        for number, (camera, start, length, degrees, towards, weight) in enumerate(drawn)
    ]
    for first, second in itertools.combinations(made, 2):
        if first.camera == second.camera and first.together(second) > 0:
            first.beside.add(second.key)
            second.beside.add(first.key)
    return made


@given(drawn=tracks)
def test_at_one_time_one_name_is_of_one_appearance_and_nobody_is_with_whom_they_are_seen(drawn):
    people = cast(scene(drawn), naming(), alike())
    for one, other in itertools.combinations(people.appearances.values(), 2):
        if one.who.person is not None and one.who.person == other.who.person:
            assert not any(a.together(b) > 0 for a in one.members for b in other.members)
    for one in people.appearances.values():
        keys = {member.key for member in one.members}
        assert not any(member.beside & keys for member in one.members)


@given(drawn=tracks, random=some.randoms(use_true_random=False))
def test_the_order_of_tracks_does_not_matter_and_each_is_somebodys(drawn, random):
    made = scene(drawn)
    people, mixed = (cast(each, naming(), alike()) for each in (made, random.sample(made, len(made))))
    assert people.of_track == mixed.of_track
    assert sorted(people.of_track) == sorted(track.key for track in made)
    who = [one.who.person for one in people.appearances.values()]
    assert who == [one.who.person for one in mixed.appearances.values()]
    assert list(people.appearances) == list(range(1, len(who) + 1))
    starts = [one.start for one in people.appearances.values()]
    assert starts == sorted(starts)


@given(
    parts=some.lists(
        some.tuples(some.floats(0, 180), some.integers(1, 4), some.floats(0.01, 9)), min_size=1, max_size=5
    )
)
def test_the_joint_vote_is_that_of_all_faces_on_one_track(parts):
    whole = Vote()
    total = np.zeros(8)
    for degrees, towards, weight in parts:
        added = weight * face(degrees, towards)
        growth = float((total + added) @ (total + added) - total @ total)
        total = total + added
        whole.add((gallery().templates @ face(degrees, towards))[None], np.array([weight]), np.array([growth]))
    members = [sighted((n, 1), at=face(d, t), weight=w) for n, (d, t, w) in enumerate(parts)]
    found = joint(members)
    assert found.weight == pytest.approx(whole.weight)
    np.testing.assert_allclose(found.means(), whole.means(), atol=1e-9)
    assert found.squared_length() == pytest.approx(whole.squared_length(), abs=1e-6)


def test_of_nobody_who_was_compared_there_is_no_vote():
    assert joint([sighted((0, 1))]).means().size == 0
