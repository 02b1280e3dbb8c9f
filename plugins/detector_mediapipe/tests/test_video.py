"""The detector that asks MediaPipe's landmarker for the whole picture, in video mode."""

import importlib.util
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import DetectorConformance
from slceleb_core.types import Frame
from slceleb_detector_mediapipe import MediapipeVideoConfig, MediapipeVideoDetector


class TestMediapipeVideo(DetectorConformance):
    stage = MediapipeVideoDetector


class TestMediapipeVideoOfOneFace(DetectorConformance):
    """Of one face, landmarks are smoothed over time: a filter is to be forgotten, too."""

    stage = MediapipeVideoDetector
    options: ClassVar = {"max_faces": 1}


@pytest.fixture
def video(context):
    detector = MediapipeVideoDetector(MediapipeVideoConfig(), context)
    try:
        detector.open()
    except ModelError as error:
        pytest.skip(str(error))
    yield detector
    detector.close()


def detect(detector, frames):
    detector.start(builders.video_info())
    return detector.detect(frames)


def test_large_faces_are_where_the_other_detector_sees_them(video, opened, clip):
    frames = clip("talker_a.mp4")[:6]
    for ours, others in zip(detect(video, frames), detect(opened(), frames), strict=True):
        assert len(ours) == len(others) == 1
        apart = np.abs(ours.landmarks478 - others.landmarks478)[..., :2]
        size = float(others.sizes[0])
        assert apart.mean() < 0.02 * size
        assert ours.keypoints5[0] == pytest.approx(others.keypoints5[0], abs=0.05 * size)
        assert ours.pose[0] == pytest.approx(others.pose[0], abs=3.0)
        assert ours.sharpness == pytest.approx(others.sharpness, abs=0.1)
        assert (ours.scores == 0.5).all()


def test_small_faces_are_not_searched_for(video, group):
    (found,) = detect(video, [Frame(0, 0.0, group)])
    assert len(found) < 6


@pytest.mark.parametrize("times", [(0.0, 0.0, 0.0, 0.0), (5.0, 4.0, 4.0, -3.0), (1e6, 1e6 + 1e-5, 2e6, 2e6)])
def test_times_that_do_not_rise_are_no_error(video, clip, times):
    picture = clip("talker_a.mp4")[0].image
    for _ in range(2):  # another video begins at a time that was there before
        found = detect(video, [Frame(n, time, picture) for n, time in enumerate(times)])
        assert [len(faces) for faces in found] == [1, 1, 1, 1]


def test_a_shot_does_not_depend_on_when_it_is(context, clip):
    frames = clip("talker_a.mp4")[:5]
    with MediapipeVideoDetector(MediapipeVideoConfig(max_faces=1), context) as detector:  # smoothed over time
        early = detect(detector, frames)
        late = detect(detector, [replace(frame, time=frame.time + 7200.0) for frame in frames])
    assert all(np.array_equal(a.landmarks478, b.landmarks478) for a, b in zip(early, late, strict=True))
    assert all(not np.array_equal(a.landmarks478, b.landmarks478) for a, b in pairwise(early))


def test_the_result_records_the_model_and_its_runtime(video):
    detect(video, [builders.frame(index=n) for n in range(3)])
    report = video.report()
    assert report["frames"] == 3
    assert report["model"]["sha256"].startswith("64184e22")
    assert list(report["versions"]) == ["mediapipe"]


def test_without_mediapipe_it_is_told_before_the_run(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PluginError, match="mediapipe is not installed") as caught:
        MediapipeVideoDetector.check(MediapipeVideoConfig())
    assert "detect.use: mediapipe" in caught.value.hint


def test_a_file_that_is_no_model_is_told(tmp_path):
    path = tmp_path / "face_landmarker.task"
    path.write_bytes(b"PK not really")
    detector = MediapipeVideoDetector(MediapipeVideoConfig(model_path=path), builders.context(tmp_path))
    with pytest.raises(ModelError, match=r"is no face_landmarker\.task"):
        detector.open()
