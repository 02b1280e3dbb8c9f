"""What is decided of people whom several cameras see: one row a person and moment, one camera a segment."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slceleb_core.decision.endings import Called
from slceleb_core.decision.gates import GateConfig
from slceleb_core.decision.identity import IdentityConfig
from slceleb_core.decision.operating import FixedPoint
from slceleb_core.decision.rules import Rules
from slceleb_core.decision.segmenting import SegmentConfig
from slceleb_core.decision.views.casting import cast
from slceleb_core.decision.views.judging import Camera, GroupJudge
from slceleb_core.decision.views.moments import moments
from slceleb_core.decision.views.sightings import ViewFrame
from slceleb_core.results import FrameResult, Rejection, Segment, TrackResult
from slceleb_core.testing.sightings import LIMIT, alike, face, gallery, look, naming, said, sighted, view_frame

FPS = 25.0
SEGMENTS = SegmentConfig(min_on=0.5, pad=0.2)
ADA, BO = (0, 1), (1, 1)
BOS = np.array([0.0, 1.0, 0, 0, 0, 0, 0, 0])
LIKE_BO = np.array([0.1, 0.8], np.float32)


def film(camera, seconds, *show, fps=FPS, begin=0.0, shot=lambda time: 0):
    """Return a camera's frames; each of `show` returns a look at a time, or None."""
    frames = []
    for index in range(round(seconds * fps)):
        time = begin + index / fps
        looks = tuple(one for one in (each(time) for each in show) if one is not None)
        frames.append(ViewFrame(camera, index, shot(time), time, begin + (index + 1) / fps, looks))
    return frames


def always(track, speaking=0.9, **values):
    return lambda time: look(track, speaking, **values)


def between(start, end, track, speaking=0.9, **values):
    return lambda time: look(track, speaking, **values) if start - 1e-9 <= time < end - 1e-9 else None


def tracks_of(videos, faces):
    """Return the tracks of what is filmed, with their faces; Ada's where none is named."""
    seen = {}
    for frame in (frame for frames in videos for frame in frames):
        for one in frame.looks:
            track = seen.setdefault(
                one.track, sighted(one.track, frame.time, frame.end, at=faces.get(one.track, face(0)))
            )
            track.end = frame.end
            track.beside |= {other.track for other in frame.looks} - {one.track}
    return list(seen.values())


def judged(*videos, faces=None, lags=(0.0, 0.0, 0.0), segments=SEGMENTS, wanted=(), **gates):
    people = cast(tracks_of(videos, faces or {}), naming(), alike())
    limits = GateConfig(**{"min_speech": 0.0, **gates})
    rules = Rules(FixedPoint(LIMIT), IdentityConfig(margin=0.05), segments, limits)
    cameras = [Camera(name, lag) for name, lag in zip(("left", "right", "top"), lags, strict=True)]
    judge = GroupJudge(cameras, people, gallery(*wanted), rules, Called("talk", "left.mp4"))
    others = dict(enumerate(videos[1:], start=1))
    found = [one for moment in moments(videos[0], others) for one in judge.judge(moment)]
    return [*found, *judge.close()]


def of(kind, results):
    return [result for result in results if isinstance(result, kind)]


def spans(segments):
    return [(one.camera, round(one.start, 2), round(one.end, 2)) for one in segments]


def test_two_cameras_of_one_talker_make_one_segment_that_the_better_one_shows():
    results = judged(film(0, 3, always((0, 1), weight=0.2)), film(1, 3, always((1, 4), weight=0.8)))
    (segment,) = of(Segment, results)
    assert (segment.person, segment.camera, segment.id, segment.video) == ("Ada", "right", "talk-0001", "left.mp4")
    assert [(view.camera, view.start, view.end, view.throughout) for view in segment.views] == [
        ("left", segment.start, segment.end, True),
        ("right", segment.start, segment.end, True),
    ]
    assert [view.seen for view in segment.views] == pytest.approx([segment.duration] * 2)
    (track,) = of(TrackResult, results)
    assert track.reason.endswith("; seen by left, right")
    assert (track.frames, track.start, track.end) == (75, 0.0, 3.0)


def test_a_frame_of_the_first_camera_has_a_face_a_person_in_the_picture_that_shows_them():
    results = judged(
        film(0, 1, always((0, 1), weight=0.2)), film(1, 1, always((1, 4), weight=0.8, box=(1.0, 2.0, 3.0, 4.0)))
    )
    frames = of(FrameResult, results)
    assert [frame.index for frame in frames] == list(range(25))
    assert all(frame.faces == frames[0].faces for frame in frames)
    (one,) = frames[0].faces
    assert (one.track, one.camera, one.box, one.person) == (1, "right", (1.0, 2.0, 3.0, 4.0), "Ada")
    assert one.speaking == pytest.approx(0.9)
    assert one.similarity == pytest.approx(0.8)


def test_a_face_has_a_box_in_the_picture_of_every_camera_that_sees_it():
    right = always((1, 1), weight=0.1, box=(1.0, 2.0, 3.0, 4.0))
    (frame, *_) = of(FrameResult, judged(film(0, 1, always((0, 1))), film(1, 1, right)))
    assert frame.faces[0].camera == "left"
    assert frame.faces[0].boxes == {"left": frame.faces[0].box, "right": (1.0, 2.0, 3.0, 4.0)}


def test_one_camera_that_sees_nobody_makes_of_two_what_one_makes():
    one, two = judged(film(0, 3, always((0, 1)))), judged(film(0, 3, always((0, 1))), film(1, 3))
    assert [result for result in one if not isinstance(result, TrackResult)] == [
        result for result in two if not isinstance(result, TrackResult)
    ]


def test_a_segment_is_parted_where_its_camera_loses_them_and_neither_part_reaches_into_the_other():
    """The left one sees Ada until 2 s, the right one all the time; she speaks throughout."""
    results = judged(
        film(0, 5, between(0, 2, (0, 1), weight=0.9)), film(1, 5, always((1, 1), weight=0.3)), segments=SEGMENTS
    )
    assert spans(of(Segment, results)) == [("left", 0.0, 2.0), ("right", 2.0, 5.0)]


def test_a_segment_shows_whom_it_is_about_until_its_end():
    """What is cut is the left picture: that she is not in it any more is known only later, and all the same."""
    for lost in (1.0, 1.2, 2.0, 3.04):
        left = between(0, lost, (0, 1), weight=0.9)
        results = judged(film(0, 5, left), film(1, 5, always((1, 1), weight=0.3)))
        for segment in of(Segment, results):
            (view,) = [view for view in segment.views if view.camera == segment.camera]
            assert view.seen == pytest.approx(segment.duration)


def test_a_face_that_the_chosen_camera_misses_for_a_moment_parts_nothing():
    def left(time):
        return None if 1.0 <= time < 1.2 else look((0, 1), weight=0.9)

    (segment,) = of(Segment, judged(film(0, 3, left), film(1, 3, always((1, 1), weight=0.3))))
    assert (segment.camera, segment.start, segment.end) == ("left", 0.0, 3.0)
    assert {view.camera: round(view.seen, 2) for view in segment.views} == {"left": 2.8, "right": 3.0}


def test_a_cut_of_the_chosen_camera_parts_at_once():
    results = judged(
        film(0, 4, between(0, 2, (0, 1), weight=0.9), shot=lambda time: int(time > 1.99)),
        film(1, 4, always((1, 1), weight=0.3)),
    )
    assert spans(of(Segment, results)) == [("left", 0.0, 2.0), ("right", 2.0, 4.0)]


def test_they_may_speak_on_where_the_camera_changes_in_a_pause_and_nothing_is_padded_into_the_other_picture():
    """She pauses from 2.0 to 2.6 s, and from 2.3 s on only the right one sees her."""

    def speaking(time):
        return 0.05 if 2.0 <= time < 2.6 else 0.9

    left = film(0, 5, lambda time: look((0, 1), speaking(time), weight=0.9) if time < 2.3 else None)
    right = film(1, 5, lambda time: look((1, 1), speaking(time), weight=0.3))
    segments = of(Segment, judged(left, right, segments=SegmentConfig(min_on=0.5, min_off=0.3, pad=0.5)))
    assert [one.camera for one in segments] == ["left", "right"]
    assert segments[0].end <= 2.32 + 1e-6 <= segments[1].start + 2e-6  # the picture of 2.28 s is shown until then


def test_a_better_camera_is_changed_to_in_a_pause_and_not_before():
    """She pauses from 2 to 2.5 s; from 1 s on the right one sees her much better."""

    def speaking(time):
        return 0.05 if 2.0 <= time < 2.5 else 0.9

    left = film(0, 5, lambda time: look((0, 1), speaking(time), weight=0.3))
    right = film(1, 5, lambda time: look((1, 1), speaking(time), weight=0.1 if time < 1 else 0.9))
    assert spans(of(Segment, judged(left, right))) == [("left", 0.0, 2.2), ("right", 2.32, 5.0)]


def test_who_is_seen_by_the_other_camera_only_is_found_too():
    results = judged(film(0, 4), film(1, 4, between(1, 3, (1, 1))))
    (segment,) = of(Segment, results)
    assert (segment.camera, segment.person, [view.camera for view in segment.views]) == ("right", "Ada", ["right"])
    assert (segment.start, segment.end) == pytest.approx((1.0, 3.0))


def test_faces_that_two_cameras_see_badly_make_together_what_neither_makes():
    """Each view errs in its own way: half of the words are below the onset in each."""

    def one(time):
        return look((0, 1), 0.85 if int(time * 2) % 2 else 0.3)

    def other(time):
        return look((1, 1), 0.3 if int(time * 2) % 2 else 0.85)

    assert not of(Segment, judged(film(0, 4, one), segments=SegmentConfig(min_on=1.0)))
    (segment,) = of(Segment, judged(film(0, 4, one), film(1, 4, other), segments=SegmentConfig(min_on=1.0)))
    assert segment.duration == pytest.approx(4.0)


def test_a_picture_on_which_lips_are_still_is_not_cut_as_somebody_who_speaks():
    """The right one films a portrait of her that hangs on the wall; it is larger than she is, and never moves."""
    speaking, portrait = always((0, 1), 0.999, weight=0.8), always((1, 1), 0.005, weight=0.85)
    assert [one.camera for one in of(Segment, judged(film(0, 3, speaking)))] == ["left"]
    results = judged(film(0, 3, speaking), film(1, 3, portrait))
    (segment,) = of(Segment, results)
    assert (segment.camera, segment.start, segment.end) == ("left", 0.0, 3.0)
    assert [view.camera for view in segment.views] == ["left"]
    shown = [frame.faces[0] for frame in of(FrameResult, results)]
    assert {one.camera for one in shown} == {"left"}


def test_a_still_picture_is_left_as_soon_as_somebody_speaks():
    """In the pause before it is the better view, and is left within the time for which a camera is waited for."""

    def talking(time):
        return look((0, 1), 0.999 if time >= 2.0 else 0.01, weight=0.6)

    results = judged(film(0, 6, talking), film(1, 6, always((1, 1), 0.005, weight=0.7)))
    (segment,) = of(Segment, results)
    assert segment.camera == "left"
    assert (segment.start, segment.end) == (pytest.approx(2.0, abs=0.15), 6.0)


def test_a_camera_that_does_not_show_a_segment_may_see_no_lips_move():
    results = judged(film(0, 3, always((0, 1), 0.999, weight=0.9)), film(1, 3, always((1, 1), 0.01, weight=0.3)))
    assert [one.camera for one in of(Segment, results)] == ["left"]


def rivals(results):
    """Return what the gate on rivals says of Ada."""
    decided = [one for one in results if isinstance(one, (Segment, Rejection)) and one.track == 1]
    return [gate.value for one in decided for gate in one.gates if gate.name == "other_speaker"]


def test_somebody_else_who_speaks_in_any_view_counts_against_it():
    results = judged(film(0, 3, always(ADA)), film(1, 3, always(BO, similarities=LIKE_BO)), faces={BO: BOS})
    assert rivals(results) == pytest.approx([0.9])
    assert [one.gate.name for one in of(Rejection, results)] == ["other_speaker"] * 2


def test_a_second_view_that_may_be_of_the_same_face_is_no_other_speaker():
    """Seen from the side she is not like enough to herself to be linked, and may be herself."""
    results = judged(film(0, 3, always((0, 1))), film(1, 3, always((1, 1))), faces={(1, 1): face(65)})
    assert rivals(results) == [0.0]
    assert [one.person for one in of(Segment, results)] == ["Ada"]


def test_a_face_that_is_like_nobody_is_somebody_else_and_counts():
    results = judged(film(0, 3, always((0, 1))), film(1, 3, always((1, 1))), faces={(1, 1): face(85)})
    assert rivals(results) == pytest.approx([0.9])


def test_two_on_one_picture_are_different_however_alike():
    results = judged(film(0, 3, always((0, 1)), always((0, 2))), film(1, 3), faces={(0, 2): face(65)})
    assert rivals(results) == pytest.approx([0.9])


def test_each_person_has_rows_of_their_own():
    """Ada speaks, then Bo; both are seen by both cameras."""

    def first(time):
        return 0.9 if time < 2 else 0.05

    def second(time):
        return 0.05 if time < 2 else 0.9

    left = film(
        0, 4, lambda t: look((0, 1), first(t)), lambda t: look((0, 2), second(t), similarities=LIKE_BO, weight=0.3)
    )
    right = film(
        1,
        4,
        lambda t: look((1, 1), second(t), similarities=LIKE_BO, weight=0.9),
        lambda t: look((1, 2), first(t), weight=0.3),
    )
    results = judged(left, right, faces={(0, 2): BOS, (1, 1): BOS})
    found = [(one.person, *span) for one, span in zip(of(Segment, results), spans(of(Segment, results)), strict=True)]
    assert sorted(found) == [("Ada", "left", 0.0, 2.2), ("Bo", "right", 1.8, 4.0)]


def test_who_is_not_looked_for_gets_no_segment():
    results = judged(film(0, 3), film(1, 3, always(BO, similarities=LIKE_BO)), faces={BO: BOS}, wanted=("Ada",))
    assert not of(Segment, results)
    assert [track.person for track in of(TrackResult, results)] == ["Bo"]


def test_without_any_sound_nobody_speaks_and_the_reason_is_that_no_voice_is_heard():
    results = judged(film(0, 2, always((0, 1), None)), film(1, 2, always((1, 1), None)), min_speech=0.5)
    assert not of(Segment, results)
    assert [one.gate.name for one in of(Rejection, results)] == ["vad"]
    assert {frame.voice for frame in of(FrameResult, results)} == {None}
    assert {one.speaking for frame in of(FrameResult, results) for one in frame.faces} == {None}


def test_the_offset_of_a_segment_is_that_of_the_camera_that_shows_it():
    """The sound is .1 s late in all of the right video, and in step in the left one."""

    def seen(track, lag, weight):
        return lambda time: look(track, said=said(0.9, lag=lag), weight=weight)

    left, right = film(0, 3, seen((0, 1), 0.0, 0.2)), film(1, 3, seen((1, 1), 0.1, 0.9))
    (segment,) = of(Segment, judged(left, right, lags=(0.0, 0.1, 0.0), max_offset_ms=50.0))
    assert (segment.camera, segment.av_offset_ms) == ("right", pytest.approx(100.0))
    assert not of(Segment, judged(left, right, max_offset_ms=50.0))  # nothing says that all of that video is late


def test_faces_that_could_not_be_compared_cost_no_more_than_themselves():
    nan = np.full(2, np.nan, np.float32)
    left = film(0, 2, lambda time: look((0, 1), similarities=nan if time < 1 else np.array([0.8, 0.1], np.float32)))
    (segment,) = of(Segment, judged(left, film(1, 2, always((1, 1), similarities=nan))))
    assert segment.similarity == pytest.approx(0.8)
    assert next(frame.faces[0].similarity for frame in of(FrameResult, judged(left, film(1, 2)))) is None


def test_a_face_that_was_never_compared_with_anybody_can_be_shown():
    """Economy leaves faces out: their similarities are no numbers."""
    right = film(1, 2, always((1, 1), similarities=np.full(2, np.nan), weight=0.9, embedded=False))
    results = judged(film(0, 2, always((0, 1), weight=0.1)), right)
    assert {one.similarity for frame in of(FrameResult, results) for one in frame.faces} == {None}
    assert [one.camera for one in of(Segment, results)] == ["right"]


@pytest.mark.parametrize("fps", [11.94, 24000 / 1001, 30000 / 1001, 60.0])
def test_cameras_of_other_rates_are_judged_on_the_frames_of_the_first(fps):
    results = judged(film(0, 3, always((0, 1), weight=0.2)), film(1, 3, always((1, 1), weight=0.8), fps=fps))
    assert len(of(FrameResult, results)) == 75
    assert [one.camera for one in of(Segment, results)][-1] == "right"
    assert sum(one.duration for one in of(Segment, results)) == pytest.approx(3.0, abs=0.1)


def test_a_camera_that_starts_late_takes_over_and_one_that_ends_early_is_left():
    late = film(1, 3, always((1, 1), weight=0.9), begin=1.0)
    results = judged(film(0, 5, always((0, 1), weight=0.3)), late)
    segments = of(Segment, results)
    assert spans(segments) == [("left", 0.0, 5.0)] or [one.camera for one in segments] == ["left", "right", "left"]
    for segment in segments:
        (view,) = [view for view in segment.views if view.camera == segment.camera]
        assert view.throughout


quality = some.one_of(some.none(), some.sampled_from([0.05, 0.3, 0.6, 0.9]))


@settings(max_examples=60)
@given(
    blocks=some.lists(
        some.tuples(quality, quality, some.sampled_from([0.05, 0.9]), some.integers(1, 14)), min_size=1, max_size=14
    ),
    cuts=some.sets(some.integers(0, 120), max_size=3),
    pad=some.sampled_from([0.0, 0.1, 0.5]),
)
def test_whatever_is_seen_a_segment_shows_its_person_and_segments_of_one_do_not_overlap(blocks, cuts, pad):
    """Of blocks of frames in which each camera sees them so well, or not, and they speak or not."""
    rows = [block for *block, length in blocks for _ in range(length)]

    def filmed(camera):
        frames = []
        for n, (*weights, speaking) in enumerate(rows):
            shot = sum(cut <= n for cut in cuts) if camera == 0 else 0
            track = 1 + shot
            weight = weights[camera]
            looks = () if weight is None else (look((camera, track), speaking, weight=weight),)
            frames.append(view_frame(camera, n, *looks, shot=shot))
        return frames

    results = judged(filmed(0), filmed(1), segments=SegmentConfig(min_on=0.2, min_off=0.3, pad=pad))
    segments = of(Segment, results)
    for segment in segments:
        assert longest_missed(rows, segment) <= 0.3 * FPS  # as of one camera: shorter gaps are bridged
    for one, other in pairwise(sorted(segments, key=lambda one: one.start)):
        if one.track == other.track:
            assert one.end <= other.start + 1e-9
    assert len(of(FrameResult, results)) == len(rows)
    assert len({segment.id for segment in segments}) == len(segments)


def longest_missed(rows, segment):
    """Return on how many frames, one behind the other, the camera of a segment does not see whom it shows."""
    camera, missed, longest = ("left", "right").index(segment.camera), 0, 0
    for n in range(round(segment.start * FPS), round(segment.end * FPS)):
        missed = missed + 1 if rows[n][camera] is None else 0
        longest = max(longest, missed)
    return longest


def test_the_less_alike_of_two_of_one_name_who_are_seen_together_is_left_out_for_that():
    results = judged(film(0, 3, always((0, 1), 0.05), always((0, 2))), film(1, 3), faces={(0, 2): face(40)})
    assert {(one.track, one.gate.name) for one in of(Rejection, results) if one.track == 2} == {(2, "co_visible")}
    assert next(one.person for one in of(TrackResult, results) if one.id == 2) is None
    assert not of(Segment, results)
