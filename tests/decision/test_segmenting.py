import itertools
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from slceleb_core.decision.segmenting import Row, SegmentConfig, Segmenter

FPS = 25


def stretches(scores, *, config=None, times=None):
    """Feed scores at 25 frames a second, or at `times`, and return what comes out."""
    segmenter = Segmenter(config or SegmentConfig(min_on=0.2, min_off=0.2, pad=0.0))
    starts = [n / FPS for n in range(len(scores))] if times is None else times
    found = []
    for n, (start, score) in enumerate(zip(starts, scores, strict=True)):
        usual = start + 1 / FPS
        end = starts[n + 1] if n + 1 < len(starts) and starts[n + 1] - start < 1.5 / FPS else usual
        found.extend(segmenter.feed(Row(n, start, end, score)))
    found.extend(segmenter.close())
    return found


def spans(found):
    return [(round(stretch.start, 3), round(stretch.end, 3)) for stretch in found]


def test_speech_begins_at_onset_and_goes_on_down_to_offset():
    scores = [0.4] * 10 + [0.5] * 10 + [0.4] * 10 + [0.34] * 20
    assert spans(stretches(scores)) == [(0.4, 1.2)]


def test_a_score_between_offset_and_onset_begins_nothing():
    assert stretches([0.45] * 100) == []


def test_an_offset_of_zero_is_not_taken_for_unset():
    config = SegmentConfig(onset=0.5, offset=0.0, min_on=0.0, min_off=0.0, pad=0.0)
    assert spans(stretches([0.6] + [0.01] * 24, config=config)) == [(0.0, 1.0)]


def test_a_pause_shorter_than_min_off_is_bridged_and_counts_in_the_scores():
    (found,) = stretches([0.9] * 10 + [0.1] * 4 + [0.7] * 10)
    assert (found.first_frame, found.last_frame, found.rows) == (0, 23, 24)
    assert found.speaking_min == 0.1
    assert found.speaking_sum == pytest.approx(10 * 0.9 + 4 * 0.1 + 10 * 0.7)


def test_a_pause_as_long_as_min_off_divides():
    assert spans(stretches([0.9] * 10 + [0.1] * 5 + [0.9] * 10)) == [(0.0, 0.4), (0.6, 1.0)]


def test_a_trailing_pause_is_not_part_of_the_stretch():
    (found,) = stretches([0.9] * 10 + [0.1] * 3)
    assert found.last_frame == 9
    assert found.speaking_min == 0.9


def test_bridging_comes_before_dropping_the_short():
    config = SegmentConfig(min_on=0.5, min_off=0.2, pad=0.0)
    assert spans(stretches([0.9] * 8 + [0.1] * 3 + [0.9] * 8, config=config)) == [(0.0, 0.76)]
    assert stretches([0.9] * 12 + [0.1] * 50, config=config) == []


def test_padding_ends_where_the_face_is_no_longer_seen():
    config = SegmentConfig(min_on=0.2, min_off=0.3, pad=0.1)
    assert spans(stretches([0.9] * 10, config=config)) == [(0.0, 0.4)]
    assert spans(stretches([0.1] * 10 + [0.9] * 10 + [0.1] * 20, config=config)) == [(0.3, 0.9)]


def test_paddings_of_neighbours_never_overlap():
    config = SegmentConfig(min_on=0.0, min_off=0.1, pad=0.5)
    found = stretches([0.9] * 10 + [0.1] * 5 + [0.9] * 10, config=config)
    assert len(found) == 2
    assert found[0].end <= found[1].start


def test_time_in_which_the_face_is_not_seen_is_silence():
    times = [n / FPS for n in range(10)] + [1.0 + n / FPS for n in range(10)]
    assert spans(stretches([0.9] * 20, times=times)) == [(0.0, 0.4), (1.0, 1.4)]


def test_a_short_absence_is_bridged():
    times = [n / FPS for n in range(10)] + [0.5 + n / FPS for n in range(10)]
    assert spans(stretches([0.9] * 20, times=times)) == [(0.0, 0.9)]


def seen(*stretches):
    """Return the times of rows at 25 frames a second, from and to which seconds the face is seen."""
    return [n / FPS for start, end in stretches for n in range(round(start * FPS), round(end * FPS))]


def test_no_padding_reaches_into_an_absence():
    config = SegmentConfig(min_on=0.2, min_off=0.2, pad=0.1)
    times = seen((0.0, 0.4), (1.0, 1.4), (2.0, 2.4))
    assert spans(stretches([0.9] * 30, times=times, config=config)) == [(0.0, 0.4), (1.0, 1.4), (2.0, 2.4)]


def test_no_padding_reaches_into_an_absence_in_silence():
    """A face that comes back silent, and speaks a little later; and one that goes, and comes back, after it spoke."""
    config = SegmentConfig(min_on=0.2, min_off=0.3, pad=0.2)
    times = seen((0.0, 1.0), (1.2, 2.4), (2.52, 3.0))
    scores = [0.9 if 1.28 <= time < 2.36 else 0.0 for time in times]
    assert spans(stretches(scores, times=times, config=config)) == [(1.2, 2.4)]


def test_an_absence_that_is_bridged_is_not_padded_either():
    config = SegmentConfig(min_on=0.2, min_off=0.3, pad=0.2)
    times = seen((0.0, 0.4), (0.52, 1.0), (1.12, 2.0))
    scores = [0.9 if 0.2 <= time < 0.8 else 0.0 for time in times]
    assert spans(stretches(scores, times=times, config=config)) == [(0.0, 1.0)]


@given(
    steps=some.lists(some.tuples(some.floats(0.0, 1.0), some.sampled_from([0, 0, 0, 1, 3, 20])), min_size=1),
    pad=some.floats(0.0, 0.5),
    min_off=some.floats(0.0, 0.5),
)
def test_padding_is_always_time_in_which_the_face_is_seen(steps, pad, min_off):
    """On rows of 40 ms, with so many rows missing before each."""
    config = SegmentConfig(min_on=0.0, min_off=min_off, pad=pad)
    starts = [n / FPS + away / FPS for n, away in enumerate(itertools.accumulate(missing for _, missing in steps))]
    segmenter = Segmenter(config)
    rows = [
        Row(n, start, start + 1 / FPS, score) for n, (start, (score, _)) in enumerate(zip(starts, steps, strict=True))
    ]
    found = [*(stretch for row in rows for stretch in segmenter.feed(row)), *segmenter.close()]
    for stretch in found:
        first, last = rows[stretch.first_frame], rows[stretch.last_frame]
        assert unseen_between(rows, stretch.start, first.start) < 1e-6
        assert unseen_between(rows, last.end, stretch.end) < 1e-6
        assert first.start - pad - 1e-6 <= stretch.start <= first.start + 1e-9  # ends of rows are rounded
        assert last.end <= stretch.end <= last.end + pad + 1e-6
    assert all(before.end <= after.start for before, after in pairwise(found))


def unseen_between(rows, start, end):
    return end - start - sum(max(min(row.end, end) - max(row.start, start), 0.0) for row in rows)


def test_offset_above_onset_is_refused():
    with pytest.raises(ValidationError, match=r"offset 0\.6 is above onset 0\.5"):
        SegmentConfig(onset=0.5, offset=0.6)


def with_lags(lags):
    segmenter = Segmenter(SegmentConfig(min_on=0.0, min_off=0.0, pad=0.0))
    rows = [Row(n, n / FPS, (n + 1) / FPS, 0.9, lag=lag) for n, lag in enumerate(lags)]
    (found,) = [*(stretch for row in rows for stretch in segmenter.feed(row)), *segmenter.close()]
    return found.offset_ms


def test_the_offset_is_the_median_lag_of_the_rows_that_have_one():
    assert with_lags([0.04, None, 0.08, 0.08, None, -0.2, 0.12]) == 80.0


def test_of_an_even_number_of_lags_the_offset_lies_between_the_two_in_the_middle():
    assert with_lags([0.001, 0.009]) == 5.0
    assert with_lags([0.001, 0.001, 0.001, 0.009]) == 1.0


def test_without_lags_there_is_no_offset():
    assert with_lags([None] * 10) is None


def test_speech_is_parted_where_another_one_speaks_too():
    segmenter = Segmenter(SegmentConfig(min_on=0.0, pad=0.25))
    rows = [Row(n, n / 10, (n + 1) / 10, 0.9, shared=10 <= n < 20) for n in range(30)]
    found = [stretch for row in rows for stretch in segmenter.feed(row)] + list(segmenter.close())
    assert [(stretch.first_frame, stretch.last_frame) for stretch in found] == [(0, 9), (10, 19), (20, 29)]
    assert [(stretch.start, stretch.end) for stretch in found] == [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]
