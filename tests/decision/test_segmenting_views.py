"""Stretches of speech where several cameras see somebody: each is one camera's, and no padding is another's."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.decision.segmenting import Row, SegmentConfig, Segmenter

FPS = 25
CONFIG = SegmentConfig(min_on=0.2, min_off=0.3, pad=0.2)


def stretches(rows, config=CONFIG):
    """Feed rows of (score, view), None: not seen by any camera."""
    segmenter, found = Segmenter(config), []
    for n, row in enumerate(rows):
        if row is not None:
            found.extend(segmenter.feed(Row(n, n / FPS, (n + 1) / FPS, row[0], view=row[1])))
    return [*found, *segmenter.close()]


def spans(found):
    return [(round(stretch.start, 2), round(stretch.end, 2)) for stretch in found]


def test_speech_is_parted_where_another_camera_shows_it():
    assert spans(stretches([(0.9, 0)] * 25 + [(0.9, 2)] * 25)) == [(0.0, 1.0), (1.0, 2.0)]


def test_speech_that_begins_with_another_camera_than_the_first_is_one():
    assert spans(stretches([(0.9, 3)] * 25)) == [(0.0, 1.0)]


def test_padding_never_reaches_into_what_another_camera_shows():
    rows = [(0.1, 0)] * 10 + [(0.1, 1)] * 3 + [(0.9, 1)] * 15 + [(0.1, 1)] * 2 + [(0.1, 0)] * 20
    assert spans(stretches(rows)) == [(0.4, 1.2)]
    assert spans(stretches([(score, 0) for score, _ in rows])) == [(0.32, 1.32)]


def test_a_camera_that_changes_in_a_pause_parts_although_the_pause_is_short():
    rows = [(0.9, 0)] * 15 + [(0.1, 0)] * 2 + [(0.1, 1)] * 2 + [(0.9, 1)] * 15
    assert spans(stretches(rows)) == [(0.0, 0.68), (0.68, 1.36)]


def test_a_camera_that_changes_there_and_back_in_a_pause_parts_too():
    """In between another camera was shown: what is cut in one piece would be of the wrong one there."""
    rows = [(0.9, 0)] * 15 + [(0.1, 1)] * 3 + [(0.9, 0)] * 15
    assert spans(stretches(rows)) == [(0.0, 0.6), (0.72, 1.32)]


def test_who_is_not_seen_for_a_moment_is_bridged_only_where_the_camera_is_the_same():
    assert spans(stretches([(0.9, 1)] * 15 + [None] * 3 + [(0.9, 1)] * 15)) == [(0.0, 1.32)]
    assert spans(stretches([(0.9, 1)] * 15 + [None] * 3 + [(0.9, 0)] * 15)) == [(0.0, 0.6), (0.72, 1.32)]


rows_seen = some.lists(
    some.tuples(
        some.one_of(some.none(), some.sampled_from([0.0, 0.4, 0.9])), some.integers(0, 2), some.integers(1, 12)
    ),
    max_size=20,
)


@given(blocks=rows_seen, pad=some.sampled_from([0.0, 0.1, 0.7]))
def test_all_that_a_stretch_reaches_over_is_one_cameras(blocks, pad):
    rows = [None if score is None else (score, view) for score, view, length in blocks for _ in range(length)]
    found = stretches(rows, CONFIG.model_copy(update={"pad": pad}))
    for stretch in found:
        first, last = round(stretch.start * FPS), round(stretch.end * FPS)
        views = {row[1] for row in rows[first:last] if row is not None}
        assert len(views) == 1
        assert rows[first] is not None
        assert rows[last - 1] is not None
    for one, other in pairwise(found):
        assert one.end <= other.start + 1e-9


@given(blocks=rows_seen, view=some.integers(1, 5))
def test_of_one_camera_it_does_not_matter_which_it_is(blocks, view):
    rows = [None if score is None else (score, 0) for score, _, length in blocks for _ in range(length)]
    moved = [None if row is None else (row[0], view) for row in rows]
    assert [(s.start, s.end, s.rows) for s in stretches(rows)] == [(s.start, s.end, s.rows) for s in stretches(moved)]
