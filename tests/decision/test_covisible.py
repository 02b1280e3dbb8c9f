"""Of tracks seen together only one is a person: told from span to span, it is the same as from scratch."""

import sys

from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.decision.covisible import CoVisible
from slceleb_core.decision.identity import Identity


def likeness(similarity, person="Ada"):
    return Identity(0, person, similarity, None, "near")


def settled(decisions, *frames):
    """Return whom tracks are taken for that were seen together on these frames."""
    tracks = CoVisible()
    for frame in frames:
        tracks.meet(frame)
    tracks.revise(decisions)
    return {track: tracks.identity(track) for track in decisions}


def test_tracks_seen_together_are_never_the_same_person():
    who = settled({1: likeness(0.5), 2: likeness(0.8)}, [1, 2])
    assert (who[1].person, who[2].person) == (None, "Ada")
    assert who[1].reason == "nobody: seen together with track 2, which is nearer to Ada"


def test_tracks_seen_after_each_other_may_be_the_same_person():
    who = settled({1: likeness(0.5), 2: likeness(0.5)}, [1], [2])
    assert {identity.person for identity in who.values()} == {"Ada"}


def test_tracks_seen_together_may_be_different_people():
    who = settled({1: likeness(0.5), 2: likeness(0.8, "Bo")}, [1, 2])
    assert (who[1].person, who[2].person) == ("Ada", "Bo")


def test_a_name_that_was_taken_away_takes_no_other_away():
    """1 and 2 share the screen, 2 and 3 too; 1 is nearest, so 2 is nobody, and 3 keeps the name."""
    who = settled({1: likeness(0.9), 2: likeness(0.8), 3: likeness(0.7)}, [2, 3], [1, 2])
    assert [who[track].person for track in (1, 2, 3)] == ["Ada", None, "Ada"]


def test_of_two_that_are_equally_near_the_first_keeps_the_name():
    who = settled({2: likeness(0.5), 1: likeness(0.5)}, [2, 1])
    assert (who[1].person, who[2].person) == ("Ada", None)


def test_a_chain_of_any_length_is_settled():
    count = 5_000
    decisions = {track: likeness(1.0 - track / count / 2) for track in range(count)}
    who = settled(dict(reversed(decisions.items())), *([track, track + 1] for track in range(count - 1)))
    assert [who[track].person for track in range(4)] == ["Ada", None, "Ada", None]


def steps(count):
    """Return how many instructions it takes to decide so many tracks of one name, of which each meets two others."""
    tracks, decisions, taken = CoVisible(), {track: likeness(0.5 + track / 10_000) for track in range(count)}, 0
    for track in range(count - 1):
        tracks.meet([track, track + 1])

    def count_each(frame, event, _):
        nonlocal taken
        frame.f_trace_opcodes = True
        taken += event == "opcode"
        return count_each

    before = sys.gettrace()
    sys.settrace(count_each)
    try:
        tracks.revise(decisions)
        for track in decisions:
            tracks.identity(track)
    finally:
        sys.settrace(before)
    return taken


def test_of_a_span_with_twice_as_many_tracks_twice_as_much_is_decided():
    assert steps(600) < 2.1 * steps(300)


def from_scratch(decisions, together):
    """Return the names by going through all pairs, the nearest tracks first."""
    rank = {track: (-(who.similarity or 0.0), track) for track, who in decisions.items()}
    names, keepers = {track: who.person for track, who in decisions.items()}, {}
    for keeper, loser in sorted(
        (sorted(pair, key=rank.get) for pair in together), key=lambda pair: [*map(rank.get, pair)]
    ):
        if names[loser] is not None and names[loser] == names[keeper]:
            names[loser], keepers[loser] = None, keeper
    return {track: (names[track], keepers.get(track)) for track in decisions}


def outcome(who):
    taken = who.person is None and "track" in who.reason
    return who.person, int(who.reason.split("track ")[1].split(",")[0]) if taken else None


some_identity = some.builds(
    likeness, some.sampled_from([0.4, 0.5, 0.6, 0.7, 0.8]), some.sampled_from(["Ada", "Ada", "Ada", "Bo", None])
)
some_frame = some.lists(some.integers(0, 9), min_size=1, max_size=5, unique=True)


@given(some.lists(some.lists(some_frame, min_size=1, max_size=4), min_size=1, max_size=8), some.data())
def test_decided_span_by_span_they_are_whom_they_are_decided_from_scratch(spans, data):
    tracks, decisions, together = CoVisible(), {}, set()
    for frames in spans:
        for frame in frames:
            tracks.meet(frame)
            together.update(frozenset((a, b)) for a in frame for b in frame if a != b)
        revised = {track: data.draw(some_identity) for track in sorted({track for frame in frames for track in frame})}
        decisions.update(revised)
        tracks.revise(revised)
        assert {track: outcome(tracks.identity(track)) for track in decisions} == from_scratch(decisions, together)
