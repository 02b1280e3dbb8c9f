from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from slceleb_core.decision.spans import FrameRows, SpanConfig, divide
from slceleb_core.testing.builders import faces


def rows(n, *, fps=10.0, shot=0, first=0, tracks=(0,)):
    """Return n rows, each with these tracks; an observation is the row's index."""
    found = faces(len(tracks))
    n_tracks = len(tracks)
    nothing, ones = np.zeros((n_tracks, 0)), np.ones(n_tracks)
    return [
        FrameRows(i, i / fps, shot, found, np.array(tracks), np.full((n_tracks, 1), float(i)), nothing, ones)
        for i in range(first, first + n)
    ]


def kept(span):
    return [row.index for row in span.rows[span.keep]]


def test_a_short_shot_is_one_span():
    (span,) = divide(rows(30), SpanConfig(seconds=60), context=3.0)
    assert kept(span) == list(range(30))
    assert span.last


def test_a_shot_ends_its_span():
    spans = list(divide(rows(30) + rows(20, shot=1, first=30), SpanConfig(seconds=60), context=3.0))
    assert [(span.shot, len(kept(span)), span.last) for span in spans] == [(0, 30, True), (1, 20, True)]


def test_a_long_shot_is_divided_without_a_gap_or_an_overlap():
    spans = list(divide(rows(1000), SpanConfig(seconds=10), context=2.0))
    assert len(spans) > 5
    assert [index for span in spans for index in kept(span)] == list(range(1000))
    assert [span.last for span in spans] == [False] * (len(spans) - 1) + [True]


def test_every_span_has_its_context_on_both_sides():
    spans = list(divide(rows(1000), SpanConfig(seconds=10), context=2.0))
    for before, span in pairwise(spans):
        own = span.rows[span.keep]
        assert own[0].time - span.rows[0].time == pytest.approx(2.0, abs=0.11)
        assert before.rows[-1].time - before.rows[before.keep][-1].time >= 1.9


def test_what_is_held_does_not_grow_with_the_shot():
    spans = list(divide(rows(5000), SpanConfig(seconds=10), context=2.0))
    assert max(len(span.rows) for span in spans) <= 10 * (10 + 2 * 2 + 1)


def test_tracks_are_columns_over_the_frames_in_which_they_were_seen():
    stream = rows(5, tracks=(3, 8)) + rows(5, first=5, tracks=(8,))
    (span,) = divide(stream, SpanConfig(), context=1.0)
    three, eight = span.tracks()
    assert (three.id, three.frames.tolist()) == (3, [0, 1, 2, 3, 4])
    assert (eight.id, len(eight)) == (8, 10)
    assert eight.observations[:, 0].tolist() == list(range(10))


def test_a_frame_is_shown_until_the_next_and_the_last_no_longer_than_usual():
    first, second = divide(rows(3) + rows(1, shot=1, first=50), SpanConfig(), context=1.0)
    assert first.ends.tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert second.end == pytest.approx(5.04)


def test_no_frames_no_spans():
    assert list(divide([], SpanConfig(), context=1.0)) == []


@pytest.mark.parametrize("seconds", [5.0, 12.0, 3600.0])
def test_the_time_that_is_a_spans_own_holds_its_own_frames_and_ends_where_the_next_begins(seconds):
    """Frames that are even, uneven, away for a while, and three shots, one of a single frame."""
    times = np.cumsum(np.resize([0.04, 0.033, 0.034, 0.2, 0.04, 1.5], 300))
    shots = np.repeat([0, 1, 2], [199, 1, 100])
    stream = [replace(row, time=float(times[n]), shot=int(shots[n])) for n, row in enumerate(rows(300))]
    spans = list(divide(stream, SpanConfig(seconds=seconds), context=2.0))
    for span in spans:
        shown = np.array([row.time for row in span.rows])
        assert np.flatnonzero(span.own.holds(shown)).tolist() == list(range(*span.keep.indices(len(shown))))
    for before, after in pairwise(spans):
        assert before.own.end == after.own.start if before.shot == after.shot else before.own.end <= after.own.start
    assert (len(spans) > 3) == (seconds < 3600)
