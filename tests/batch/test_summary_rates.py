"""What the statistics of videos come to."""

import pytest

from slceleb_core.batch import summary_rates
from slceleb_core.jobs import Report
from slceleb_core.testing import builders

GALLERY = {"gallery": {"persons": ["anna", "bo"], "wanted": ["anna"]}}


def report(name="clip", provenance=GALLERY, warnings=(), duration=40.0, **changed):
    found = {
        "video_seconds": 40.0,
        "frames": 1000,
        "frames_with_face": 800,
        "frames_with_person": 500,
        "frames_with_speech": 250,
        "faces": 900,
        "shots": 3,
        "tracks": 4,
        "tracks_identified": 2,
        "segments": 2,
        "segment_seconds": 10.0,
        "persons": {"anna": {"segments": 2, "seconds": 10.0}},
        "wall_seconds": 20.0,
        "stage_seconds": {"detect": 15.0, "decode": 5.0},
        "cache": {"faces": True, "scores": False},
    }
    return Report(name, statistics=found | changed, provenance=provenance, duration=duration, warnings=tuple(warnings))


def test_the_rates_of_a_video():
    rates = summary_rates.rates(report())
    assert (rates.detection_rate, rates.poi_rate, rates.speaking_rate) == (0.8, 0.5, 0.25)
    assert (rates.speech_share, rates.cache_hit_rate) == (0.25, 0.5)
    assert (rates.frames_per_second, rates.real_time_factor) == (50.0, 0.5)


def test_what_is_a_part_of_nothing_has_no_rate():
    rates = summary_rates.rates(Report("clip"))
    assert all(getattr(rates, name) is None for name in type(rates).__dataclass_fields__)


def test_without_photos_there_is_no_rate_of_persons():
    assert summary_rates.rates(report(frames_with_person=None)).poi_rate is None


def test_rates_of_many_weigh_videos_by_their_length():
    sums = summary_rates.totals([report(), report(frames=3000, frames_with_face=0, frames_with_person=None)])
    assert (sums.videos, sums.frames, sums.stage_seconds) == (2, 4000, {"detect": 30.0, "decode": 10.0})
    assert sums.rates().detection_rate == 0.2
    assert sums.rates().poi_rate == 0.5  # of the frames that were compared with photos


def test_a_video_of_an_older_version_counts_by_its_length():
    sums = summary_rates.totals([Report("old", statistics={"frames": 10, "wall_seconds": 20.0}, duration=40.0)])
    assert (sums.video_seconds, sums.rates().real_time_factor) == (40.0, 0.5)


def test_the_speech_of_a_person_is_added_up_over_videos():
    other = {"anna": {"segments": 1, "seconds": 1.5}, "bo": {"segments": 5, "seconds": 30.0}}
    found = summary_rates.speech([report(), report(persons=other)])
    assert list(found) == ["bo", "anna"]
    assert (found["anna"].seconds, found["anna"].segments, found["anna"].videos) == (11.5, 3, 2)


def test_labels_of_tracks_are_nobody_across_videos():
    tracks = {"track-0001": {"segments": 1, "seconds": 5.0}}
    assert summary_rates.speech([report(provenance={"gallery": None}, persons=tracks)]) == {}


def test_equal_warnings_are_one():
    reports = [("a", report(warnings=["no sound"])), ("b", report(warnings=["cut short", "no sound", "no sound"]))]
    assert summary_rates.warnings(reports) == {"no sound": ["a", "b"], "cut short": ["b"]}


def test_every_sum_is_of_something_that_a_run_counts():
    from slceleb_core.run import RunStatistics

    known = set(summary_rates.Totals.__dataclass_fields__)
    assert known - {"videos", "frames_compared", "cache_steps", "cache_hits"} <= {
        *RunStatistics(frozenset()).statistics(),
        "wall_seconds",
        "stage_seconds",
    }


@pytest.mark.parametrize("jump", [0.0, 72_000.0])
def test_seconds_are_those_that_pictures_fill(jump):
    from slceleb_core.run import RunStatistics

    counts = RunStatistics()
    for index in range(100):
        counts.take(builders.frame_result(index, time=100.0 + index / 25 + jump * (index >= 50), faces=[]))
    assert counts.statistics()["video_seconds"] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("offsets", "median"),
    [
        ([], None),
        ([(9.0, 1.0)], 9.0),
        ([(9.0, 1.0), (1.0, 1.0)], 5.0),
        ([(1.0, 0.96), (9.0, 3.2 - 2.24)], 5.0),
        ([(1.0, 1.0), (9.0, 1.5)], 9.0),
        ([(1.0, 1.0), (2.0, 1.0), (9.0, 1.0), (8.0, 1.0)], 5.0),
    ],
)
def test_the_offset_of_a_video_is_the_median_of_its_segments_by_their_length(offsets, median):
    from slceleb_core.run._statistics import RunStatistics

    counts = RunStatistics()
    for offset, duration in offsets:
        counts.take(builders.segment(start=0.0, end=duration, av_offset_ms=offset))
    assert counts.statistics()["av_offset_ms"] == median


@pytest.mark.parametrize(("kept", "rate"), [({}, None), ({"faces": True}, 1.0), ({"faces": False}, 0.0)])
def test_the_cache_has_a_rate_only_where_there_is_one(kept, rate):
    assert summary_rates.rates(report(cache=kept)).cache_hit_rate == rate


def test_of_a_group_the_steps_of_each_camera_count():
    kept = {"left": {"faces": True, "scores": True}, "right": {"faces": True, "scores": False}}
    assert summary_rates.rates(report(cache=kept)).cache_hit_rate == 0.75
    assert summary_rates.cache_steps({"cache": kept}) == {
        "left faces": True,
        "left scores": True,
        "right faces": True,
        "right scores": False,
    }
