"""A video's strangers as a cohort: they raise the point where they come near, and only on evidence; never lower it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slceleb_core.decision.gates import GateConfig
from slceleb_core.decision.identity import Gallery, IdentityConfig
from slceleb_core.decision.judge import Judge
from slceleb_core.decision.operating import RatedPoint
from slceleb_core.decision.rules import Rules
from slceleb_core.decision.segmenting import SegmentConfig
from slceleb_core.decision.spans import FrameRows, SpanConfig, divide
from slceleb_core.decision.strangers import LEAST_TRACKS, NOT_RAISED, Cohort, Raise, quantile
from slceleb_core.results import TrackResult
from slceleb_core.testing.builders import faces
from slceleb_core.types import Calibration

PEOPLE = [f"p{number}" for number in range(20)]


def cohort(standing):
    """Return the cohort of deviations [tracks, persons]."""
    made = Cohort()
    for track in standing:
        made.take(dict(zip(PEOPLE, track.tolist(), strict=False)))
    return made


def drawn(seed, tracks, persons=20, shift=0.0, wide=1.0):
    return shift + wide * np.random.default_rng(seed).standard_normal((tracks, persons))


@settings(max_examples=60, deadline=None)
@given(
    seed=some.integers(0, 2**32 - 1),
    tracks=some.integers(0, 300),
    shift=some.floats(-3, 3),
    wide=some.floats(0.1, 3),
    limit=some.floats(0.1, 0.9),
)
def test_the_point_is_never_lowered(seed, tracks, shift, wide, limit):
    asked = cohort(drawn(seed, tracks, 5, shift, wide)).asked()
    assert asked.of(np.array([limit]), np.array([0.1]), np.array([0.1]))[0] >= limit - 1e-12


@pytest.mark.parametrize("tracks", [1, 5, LEAST_TRACKS - 1])
def test_a_handful_of_tracks_does_not_move_it(tracks):
    assert cohort(drawn(1, tracks, shift=4.0)).asked() == NOT_RAISED


def test_strangers_as_the_calibration_has_them_do_not_move_it():
    moved = [cohort(drawn(seed, 200)).asked() != NOT_RAISED for seed in range(60)]
    assert sum(moved) <= 2


def test_one_stranger_who_returns_a_hundred_times_is_one_stranger():
    """Twenty comparisons that are the same a hundred times: as far off as one in fifty is by chance."""
    one = drawn(5, 1, shift=0.3)
    assert cohort(np.repeat(one, 100, axis=0)).asked().shift == 0.0


def test_strangers_who_come_nearer_raise_it_by_most_of_that():
    asked = cohort(drawn(2, 400, shift=1.0)).asked()
    assert 0.7 < asked.shift < 1.05
    assert asked.widening < 1.05


def test_strangers_who_spread_further_raise_it():
    asked = cohort(drawn(3, 400, wide=1.6)).asked()
    assert 1.3 < asked.widening < 1.65


def test_some_who_are_somebody_after_all_do_not_move_it():
    standing = drawn(4, 200)
    standing[:20, 0] = 4.0  # tracks of one who is looked for, in profile: near to one, and to no other
    assert cohort(standing).asked() == NOT_RAISED


def test_a_raise_moves_the_limit_by_deviations_and_by_width():
    made = Raise(0.5, 2.0).of(np.array([0.5]), np.array([0.1]), np.array([0.2]))
    assert made == pytest.approx([0.1 + 0.5 * 0.2 + 2.0 * 0.4])


def test_cohorts_of_videos_add_up_and_are_the_same_when_read_again():
    whole, parts = cohort(drawn(6, 50)), [cohort(part) for part in np.split(drawn(6, 50), [13])]
    joined = Cohort()
    for part in parts:
        joined.add(Cohort.from_json(part.to_json()))
    assert (joined.tracks, joined.counts, joined.persons) == (whole.tracks, whole.counts, whole.persons)


def test_what_a_cohort_holds_does_not_grow_with_the_video():
    made = cohort(drawn(7, 3000, wide=30.0))
    assert max(len(counts) for counts in made.persons.values()) <= 80


def test_quantiles_are_those_of_the_comparisons():
    values = drawn(8, 5000, 1)
    made = cohort(values)
    for part in (0.1, 0.5, 0.8413):
        assert quantile(made.counts, part) == pytest.approx(np.quantile(values, part), abs=0.03)
    assert np.isnan(quantile(Cohort().counts, 0.5))


# the census of a video, and what becomes of it

FEW = Calibration("", "six people", 6, 284, 15, 0.10, 0.06, 0.05, 0.05, 0.04, 0.59)


def gallery_of(persons):
    """Return the first of the people."""
    return Gallery(tuple(PEOPLE[:persons]), np.eye(persons, dtype=np.float32), frozenset(PEOPLE[:persons]))


def video(standing):
    """Return rows of a shot for each track of these deviations, of one face each; three frames long."""
    persons = standing.shape[1]
    point = RatedPoint(FEW, gallery_of(persons).made_of, 0.001)
    means, deviations = (
        point.standing(np.zeros(persons), 1.0),
        1 / (point.standing(np.ones(persons), 1.0) - point.standing(np.zeros(persons), 1.0)),
    )
    similarities = ((standing - means) * deviations).astype(np.float32)
    for track, similar in enumerate(similarities):
        for frame in range(3):
            index, nothing = 3 * track + frame, np.zeros((1, 1))
            yield FrameRows(
                index, index / 10, track, faces(1), np.array([track]), nothing, similar[None], np.ones(1, np.float32)
            )


def judged(standing):
    gallery = gallery_of(standing.shape[1])
    rules = Rules(RatedPoint(FEW, gallery.made_of, 0.001), IdentityConfig(), SegmentConfig(), GateConfig())
    judge, spans = Judge(None, gallery, rules), list(divide(video(standing), SpanConfig(), 0.0))
    for span in spans:
        judge.survey(span)
    found = [result for span in spans for result in judge.judge(span, "video", "video.mp4")]
    return judge.census, [result for result in found if isinstance(result, TrackResult)]


def test_a_video_with_near_strangers_asks_more_of_everybody_and_says_so_in_one_line():
    somebody = np.full((1, 20), 0.0)
    somebody[0, 0] = 4.6  # near enough, where strangers are as they should be
    (usual, tracks), (near, others) = (judged(np.concatenate([drawn(9, 150, shift=by), somebody])) for by in (0.0, 0.8))
    assert (tracks[-1].person, others[-1].person) == ("p0", None)
    assert (usual.warnings(), len(near.warnings())) == ([], 1)
    assert "strangers of this video come nearer to the gallery than the calibration says" in near.warnings()[0]
    assert "raised by this video's strangers" in others[-1].reason
    assert near.statistics()["strangers"]["raised"]["shift"] > 0.5
    assert Cohort.from_json(near.statistics()["strangers"]).tracks == near.cohort.tracks


def test_who_is_taken_for_somebody_is_no_stranger():
    standing = np.zeros((40, 20))
    standing[:10, 3] = 9.0
    census, _ = judged(standing)
    assert census.cohort.tracks == 30


def test_there_are_no_strangers_where_no_rate_was_asked_for():
    rules = Rules(0.4, IdentityConfig(), SegmentConfig(), GateConfig())
    judge = Judge(None, gallery_of(20), rules)
    for span in divide(video(drawn(1, 50)), SpanConfig(), 0.0):
        judge.survey(span)
    assert (judge.census.statistics(), judge.census.warnings()) == ({}, [])


# people who are looked for are no strangers


def turned_away(seed, tracks, near=(1.5, 3.2)):
    """Return deviations of tracks of the first person that do not quite reach: small, dark, from the side."""
    standing = drawn(seed, tracks)
    standing[:, 0] = np.random.default_rng(seed).uniform(*near, tracks)
    return standing


@pytest.mark.parametrize("persons", [1, 5, 20])
@pytest.mark.parametrize("tracks", [40, 400])
def test_a_video_of_one_person_alone_does_not_take_that_persons_name_away(persons, tracks):
    named = np.zeros((1, 20))
    named[0, 0] = 6.5  # a frontal picture
    census, found = judged(np.concatenate([turned_away(11, tracks), named])[:, :persons])
    assert (census.warnings(), found[-1].person) == ([], "p0")


@pytest.mark.parametrize("persons", [1, 5])
def test_nor_does_one_who_is_small_among_as_many_strangers(persons):
    standing = drawn(14, 600)
    standing[:300, 0] = 3.0 + np.random.default_rng(14).standard_normal(300)
    standing[-1] = np.eye(20)[0] * 5.7
    census, found = judged(standing[:, :persons])
    assert (census.warnings(), found[-1].person) == ([], "p0")


def test_who_is_nobody_counts_in_full_against_those_who_are_not_in_the_video():
    census, _ = judged(drawn(12, 50))
    assert (census.cohort.tracks, census.cohort.counts.total()) == (50, 50 * 20)


def test_a_gallery_of_one_who_is_not_there_is_raised_by_near_strangers():
    census, _ = judged(drawn(13, 200, 1, shift=1.5))
    assert census.cohort.asked().shift > 0.5
