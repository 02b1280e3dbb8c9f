"""What one camera shows: its tracks as a whole, who is seen beside whom, and its frames with what is said of each."""

import numpy as np
import pytest

from slceleb_core.decision.identity import Vote
from slceleb_core.decision.spans import FrameRows, SpanConfig, divide
from slceleb_core.decision.views.sightings import Roll, frames_of, seen_by
from slceleb_core.testing.builders import faces
from slceleb_core.testing.sightings import said, sighted


def rows(*tracks, fps=25.0, weight=0.5, shots=None):
    """Return a frame for each of `tracks`, the tracks that are on it."""
    return [
        FrameRows(
            n,
            n / fps,
            0 if shots is None else shots[n],
            faces(len(there)),
            np.array(there, np.int64),
            None,
            np.array([[0.1 * track, 0.2] for track in there], np.float32).reshape(-1, 2),
            np.full(len(there), weight, np.float32),
            np.full(len(there), 0.25),
        )
        for n, there in enumerate(tracks)
    ]


def called(frames, seconds=3600, context=0.0):
    roll = Roll(3)
    for span in divide(frames, SpanConfig(seconds=seconds), context):
        roll.take(span)
    return roll.close({1: np.ones(4), 2: np.ones(4)})


def test_a_track_lasts_from_its_first_frame_until_its_last_one_ends():
    one, two = called(rows(*[[1]] * 10, *[[1, 2]] * 5, *[[2]] * 10))
    assert (one.key, one.camera, two.key) == ((3, 1), 3, (3, 2))
    assert (one.start, one.end, two.start, two.end) == pytest.approx((0.0, 0.6, 0.4, 1.0))
    assert (one.beside, two.beside) == ({(3, 2)}, {(3, 1)})


def test_who_is_seen_on_no_frame_together_is_beside_nobody():
    one, two = called(rows(*[[1]] * 10, *[[2]] * 10))
    assert (one.beside, two.beside) == (set(), set())


def test_all_faces_vote_and_the_totals_are_those_that_are_handed_over():
    one, _ = called(rows(*[[1]] * 10, [2]))
    assert one.vote.weight == pytest.approx(5.0)
    assert one.vote.means() == pytest.approx([0.1, 0.2])
    assert one.vote.square == pytest.approx(2.5)
    assert one.total.tolist() == [1.0] * 4
    assert one.mean.tolist() == [0.2] * 4


def test_a_track_that_was_never_compared_has_no_total():
    (one,) = called(rows(*[[1]] * 10, weight=0.0))
    assert (one.total.size, one.mean.size, one.vote.weight) == (0, 0, 0.0)
    assert isinstance(one.vote, Vote)


@pytest.mark.parametrize("seconds", [5.0, 3600.0])
def test_it_does_not_matter_how_a_video_is_divided(seconds):
    frames = rows(*[[1]] * 300, *[[1, 2]] * 20, *[[2]] * 100, shots=[0] * 300 + [0] * 120)
    one, two = called(frames, seconds, context=1.0)
    assert (one.vote.weight, two.vote.weight) == pytest.approx((160.0, 60.0))
    assert (one.end, two.start) == pytest.approx((12.8, 12.0))


def test_frames_have_a_look_for_each_face_with_what_is_said_of_it():
    (span,) = divide(rows([1, 2], []), SpanConfig(), 0.0)
    first, second = frames_of(3, span, {(0, 2): said(0.7)})
    assert (first.camera, first.index, first.shot, first.time, first.end) == (3, 0, 0, 0.0, pytest.approx(0.04))
    assert [look.track for look in first.looks] == [(3, 1), (3, 2)]
    assert [look.said for look in first.looks] == [None, said(0.7)]
    assert second.looks == ()


def test_what_a_detector_does_not_say_is_not_known():
    (frame,) = rows([1])
    plain = FrameRows(0, 0.0, 0, faces(1, pose=None, sharpness=None), *[getattr(frame, n) for n in ROW])
    odd = FrameRows(
        1,
        0.04,
        0,
        faces(1, pose=np.full((1, 3), np.nan), sharpness=np.array([np.nan])),
        *[getattr(frame, n) for n in ROW],
    )
    (span,) = divide([plain, odd], SpanConfig(), 0.0)
    for shown in frames_of(0, span, {}):
        (look,) = shown.looks
        assert (look.turned, look.sharpness) == (None, None)


ROW = ("tracks", "observations", "similarities", "weights", "growth")


def test_cameras_that_see_somebody_are_told_once_and_in_order():
    assert seen_by([sighted((2, 1)), sighted((0, 4)), sighted((2, 7))]) == [0, 2]
