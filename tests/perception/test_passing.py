"""Detectors that know less than the others: no points, or not every frame; and that like other batches."""

import numpy as np
import pytest

from slceleb_core.errors import ProfileError, UsageError
from slceleb_core.perception.keys import HELD_PIXELS
from slceleb_core.perception.passing import Passing
from slceleb_core.perception.tracking import TrackingConfig
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, StageUse
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult, TrackResult
from slceleb_core.settings import Settings
from slceleb_core.testing import RED, FakeDetector, FakePlugin, Person, SyntheticTalker, builders, write_video
from slceleb_core.types import Faces, Frame

TALKER = SyntheticTalker(seed=1, duration=3.0)
FAKE = StageUse(use="fake")
SAVING = {"economy": {}, "all of it": {"economy": {"key_interval": 0, "embed_interval": 0, "mesh": "all"}}}
SAVING["all of it"]["economy"] |= {"mesh_unvoiced": True, "mesh_rate": None}


class BoxesAlone(FakeDetector):
    """Gives boxes and nothing else."""

    provides = frozenset()

    def detect(self, frames):
        return [Faces(faces.boxes, faces.scores) for faces in super().detect(frames)]


class EveryThird(BoxesAlone):
    """Looks at every third frame of the video."""

    def detect(self, frames):
        return [
            faces if frame.index % 3 == 0 else None for frame, faces in zip(frames, super().detect(frames), strict=True)
        ]


class Several(FakeDetector):
    """Notes how many frames come together."""

    batch_frames = 5

    def detect(self, frames):
        type(self).seen.append(len(frames))
        return super().detect(frames)


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "one.mkv", [Person(RED, (40.0, 20.0, 90.0, 80.0), TALKER)], audio=TALKER.audio())


@pytest.fixture
def run(tmp_path, video):
    """Give a function that runs a video with a detector and no recognizer; it returns frames and tracks."""

    def run_with(detector, embed=None, **sections):
        registry = Registry.of(FakePlugin(detector=detector))
        profile = Profile(detect=FAKE, embed=embed, speaker=FAKE, **sections)
        with Pipeline.from_profile(profile, registry=registry, settings=Settings(cache=tmp_path)) as opened:
            results = list(opened.run(video).results())
        return (
            [result for result in results if isinstance(result, FrameResult)],
            [result for result in results if isinstance(result, TrackResult)],
        )

    return run_with


@pytest.mark.parametrize("sections", SAVING.values(), ids=list(SAVING))
def test_a_detector_without_points_serves_where_nobody_is_compared_with_anybody(run, sections):
    frames, tracks = run(BoxesAlone, **sections)
    assert len(tracks) == 1
    assert all(len(frame.faces) == 1 for frame in frames)


def test_with_a_recognizer_it_is_refused_and_the_way_out_is_said(run):
    with pytest.raises(ProfileError, match="needs keypoints5, which the detector fake does not provide") as refused:
        run(BoxesAlone, embed=FAKE)
    assert "where no photos are given, set embed: null" in (refused.value.hint or "")


def test_photos_without_a_recognizer_are_refused(tmp_path):
    profile = Profile(detect=FAKE, embed=None, speaker=FAKE)
    (tmp_path / "poi" / "Ada").mkdir(parents=True)
    (tmp_path / "poi" / "Ada" / "a.jpg").write_bytes(b"")
    with (
        Pipeline.from_profile(profile, registry=Registry.of(FakePlugin()), settings=Settings(cache=tmp_path)) as opened,
        pytest.raises(UsageError, match=r"compares faces with nobody \(embed: null\)"),
    ):
        opened.enroll(tmp_path / "poi")


@pytest.mark.parametrize("sections", SAVING.values(), ids=list(SAVING))
def test_a_frame_that_was_not_looked_at_is_not_one_without_faces(run, sections):
    every, _ = run(BoxesAlone, **sections)
    frames, tracks = run(EveryThird, **sections)
    assert [frame.time for frame in frames] == [frame.time for frame in every]
    assert len(tracks) == 1
    last = max(frame.index for frame in frames if frame.index % 3 == 0)
    for frame, expected in zip(frames, every, strict=True):
        if frame.index <= last:
            assert len(frame.faces) == 1
            np.testing.assert_allclose(frame.faces[0].box, expected.faces[0].box, atol=2.0)


def seen(x):
    return Faces(np.array([[x, 10.0, x + 20, 30.0]]), np.array([0.5]))


def frame(index, shot=0, size=(64, 48)):
    return Frame(index, index / 25, np.zeros((size[1], size[0], 3), np.uint8), shot)


def test_faces_in_between_lie_on_the_way_and_say_that_nobody_looked():
    passing = Passing(TrackingConfig())
    assert len(passing.take(frame(0), seen(10.0))) == 1
    assert passing.take(frame(1), None) == []
    (between, faces), (at, _) = passing.take(frame(2), seen(14.0))
    assert (between.index, at.index) == (1, 2)
    np.testing.assert_allclose(faces.boxes, [[12.0, 10.0, 32.0, 30.0]])
    assert faces.looked.tolist() == [False]


def test_behind_the_last_look_of_a_shot_nobody_is_known():
    passing = Passing(TrackingConfig())
    passing.take(frame(0), seen(10.0))
    assert passing.take(frame(1), None) == []
    held, cut = passing.take(frame(2, shot=1), seen(10.0))
    assert len(held[1]) == 0
    assert len(cut[1]) == 1
    passing.take(frame(3, shot=1), None)
    assert [len(faces) for _, faces in passing.rest()] == [0]


def test_what_is_held_is_bounded():
    passing, size = Passing(TrackingConfig()), (4000, 2000)
    passing.take(frame(0, size=(64, 48)), seen(10.0))
    large = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (size[1], size[0], 3))
    given = [len(passing.take(Frame(n, n / 25, large), None)) for n in range(1, 8)]
    assert max(given) == HELD_PIXELS // (size[0] * size[1]) + 1


@pytest.mark.parametrize("sections", SAVING.values(), ids=list(SAVING))
def test_a_detector_is_handed_as_many_frames_as_it_likes(run, sections):
    Several.seen = []
    frames, _ = run(Several, **sections)
    assert max(Several.seen) == 5
    assert sum(Several.seen) == len(frames)
    assert Several.seen[0] == 5


def test_a_suite_takes_a_detector_that_passes_frames_over():
    from slceleb_core.testing.conformance import DetectorConformance

    suite = DetectorConformance()
    type(suite).stage = EveryThird
    try:
        suite.check([seen(1.0), None], [frame(0), frame(1)])
        with pytest.raises(AssertionError, match="first frame of a shot was not looked at"):
            suite.check([None], [builders.frame()])
    finally:
        del type(suite).stage
