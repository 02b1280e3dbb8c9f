import importlib
import logging
import subprocess
import sys
import zipfile
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar

import cv2
import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import MeshingDetectorConformance
from slceleb_core.types import Frame
from slceleb_detector_mediapipe import MediapipeConfig, MediapipeDetector

TREMBLE = 0.0075


class TestMediapipe(MeshingDetectorConformance):
    stage = MediapipeDetector


class TestMediapipeByItself(MeshingDetectorConformance):
    stage = MediapipeDetector
    options: ClassVar = {"runtime": "mediapipe"}


class TestMediapipeOnEveryFrame(MeshingDetectorConformance):
    stage = MediapipeDetector
    options: ClassVar = {"search_interval": 0, "blendshapes": True}


def detect(detector, frames):
    detector.start(builders.video_info())
    return detector.detect(frames)


def enlarge(picture, width):
    height = round(picture.shape[0] * width / picture.shape[1])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def test_all_six_people_of_the_sample_picture_are_found_with_478_landmarks(opened, group):
    (found,) = detect(opened(max_faces=10), [Frame(0, 0.0, group)])
    assert len(found) == 6
    assert found.landmarks478.shape == (6, 478, 3)
    assert (found.scores >= 0.5).all()


def test_landmarks_lie_on_the_faces(opened, group):
    (found,) = detect(opened(max_faces=10), [Frame(0, 0.0, group)])
    for box, points in zip(found.boxes, found.keypoints5, strict=True):
        assert (points > box[:2]).all()
        assert (points < box[2:]).all()
        eye_left, eye_right, nose, mouth_left, mouth_right = points
        assert eye_left[0] < eye_right[0]
        assert mouth_left[0] < mouth_right[0]
        assert (eye_left[1] + eye_right[1]) / 2 < nose[1] < (mouth_left[1] + mouth_right[1]) / 2


@pytest.mark.parametrize("width", [640, 2560])
def test_the_same_people_are_found_at_other_sizes(opened, group, width):
    (found,) = detect(opened(max_faces=10), [Frame(0, 0.0, enlarge(group, width))])
    assert len(found) == 6


def test_the_largest_faces_are_kept(opened, group):
    (found,) = detect(opened(max_faces=2), [Frame(0, 0.0, group)])
    (all_found,) = detect(opened(max_faces=10), [Frame(0, 0.0, group)])
    assert len(found) == 2
    assert found.sizes.min() >= np.sort(all_found.sizes)[-4]


def test_a_much_larger_newcomer_takes_the_place_of_the_smallest(opened, clip, group):
    close_up = cv2.resize(clip("talker_b.mp4")[0].image, (800, 800))
    joined = np.full((886, 1280 + 800, 3), 90, dtype=np.uint8)
    joined[:, :1280] = group
    arrived = joined.copy()
    arrived[:800, 1280:] = close_up
    before, after = detect(opened(max_faces=2), [Frame(0, 0.0, joined), Frame(1, 1.5, arrived)])
    assert len(before) == len(after) == 2
    assert (before.boxes[:, 0] < 1280).all()
    assert sorted(after.boxes[:, 0] > 1280) == [False, True]
    assert np.isclose(after.sizes.max(), after.sizes[after.boxes[:, 0] > 1280])


def test_a_newcomer_of_the_same_size_takes_nobodys_place(opened, group):
    wide = np.concatenate([group, np.full_like(group, 90)], axis=1)
    both = np.concatenate([group, group], axis=1)
    found = detect(opened(max_faces=6), [Frame(0, 0.0, wide), Frame(1, 1.5, both)])
    assert [len(faces) for faces in found] == [6, 6]
    assert (found[1].boxes[:, 2] < group.shape[1]).all()


def test_pose_tells_which_way_a_face_is_turned(opened, group):
    (plain,) = detect(opened(max_faces=10), [Frame(0, 0.0, group)])
    (mirrored,) = detect(opened(max_faces=10), [Frame(0, 0.0, np.ascontiguousarray(group[:, ::-1]))])
    order, other = np.argsort(plain.boxes[:, 0]), np.argsort(-mirrored.boxes[:, 0])
    assert plain.pose[order, 0] == pytest.approx(-mirrored.pose[other, 0], abs=12)
    assert plain.pose[order, 2] == pytest.approx(-mirrored.pose[other, 2], abs=8)


def test_blurring_lowers_sharpness_and_so_does_being_small(opened, group):
    detector = opened(max_faces=10)
    (sharp,) = detect(detector, [Frame(0, 0.0, group)])
    (blurred,) = detect(detector, [Frame(0, 0.0, cv2.GaussianBlur(group, (0, 0), 3))])
    (small,) = detect(detector, [Frame(0, 0.0, enlarge(group, 500))])
    assert sharp.sharpness.mean() > 2 * blurred.sharpness.mean()
    assert sharp.sharpness.mean() > small.sharpness.mean()


def test_blendshapes_come_when_asked_for(opened, group):
    (found,) = detect(opened(blendshapes=True), [Frame(0, 0.0, group)])
    assert found.blendshapes.shape == (5, 52)
    assert MediapipeDetector.capabilities(MediapipeConfig(blendshapes=True)) > MediapipeDetector.provides
    assert detect(opened(), [Frame(0, 0.0, group)])[0].blendshapes is None


def test_two_small_faces_are_followed_through_a_whole_clip(opened, clip):
    found = detect(opened(), clip("obama_biden.mp4"))
    assert np.mean([len(faces) == 2 for faces in found]) >= 0.95
    assert all(30 < size < 60 for faces in found for size in faces.sizes)


@pytest.mark.parametrize("name", ["talker_a.mp4", "talker_b.mp4", "grid_bbaf2n.mpg", "grid_s2.mpg"])
def test_a_talking_head_is_found_on_every_frame_and_nobody_else(opened, clip, name):
    assert {len(faces) for faces in detect(opened(), clip(name))} == {1}


def test_a_face_behind_a_microphone_is_followed_without_a_break(opened, clip):
    frames = clip("hamilton.mp4")
    found = detect(opened(), frames)
    seen = [len(faces) for frame, faces in zip(frames, found, strict=True) if 3.65 <= frame.time <= 7.6]
    assert len(seen) > 100
    assert set(seen) == {1}


AUDIENCE = (7.95, 10.0)
"""Seconds of clip hamilton in which Barack Obama listens, in profile."""


@pytest.fixture
def listening(clip):
    """Return frames of a shot with four people, three of them in profile."""
    return [frame for frame in clip("hamilton.mp4") if AUDIENCE[0] <= frame.time < AUDIENCE[1]][:20]


def test_faces_seen_from_the_side_are_found_without_landmarks(opened, listening):
    for faces in detect(opened(), listening):
        aside = np.isnan(faces.landmarks478).all(axis=(1, 2))
        assert aside.sum() == 3
        assert len(faces) - aside.sum() <= 1
        assert (faces.pose[aside, 0] == -90).all(), "they look to the left"
        assert np.isfinite(faces.landmarks478[~aside]).all()
        assert np.isfinite(faces.keypoints5).all()
        for box, points in zip(faces.boxes[aside], faces.keypoints5[aside], strict=True):
            assert (points[2, 0] < points[:2, 0]).all(), "the nose is beyond the eyes"
            reach = 0.1 * (box[2:] - box[:2]).max()
            assert (points > box[:2] - reach).all()
            assert (points < box[2:] + reach).all()


def test_mirrored_they_look_to_the_right(opened, listening):
    mirrored = [replace(frame, image=frame.image[:, ::-1]) for frame in listening[:5]]
    for faces in detect(opened(), mirrored):
        aside = np.isnan(faces.landmarks478).all(axis=(1, 2))
        assert aside.any()
        assert (faces.pose[aside, 0] == 90).all()


def test_a_face_with_a_mesh_goes_before_those_seen_from_the_side(opened, listening):
    (found,) = detect(opened(max_faces=1), listening[:1])
    assert len(found) == 1
    assert np.isfinite(found.landmarks478).all()


@pytest.mark.parametrize("name", ["obama_biden.mp4", "talker_a.mp4", "grid_s2.mpg"])
def test_who_looks_into_the_camera_is_never_seen_from_the_side(opened, clip, name):
    assert all(np.isfinite(faces.landmarks478).all() for faces in detect(opened(), clip(name)))


def test_a_search_does_not_make_landmarks_jump(opened, clip):
    """Searching on every frame or once a second gives the same landmarks, so lip motion has no trace of it."""
    frames = clip("grid_s2.mpg")[:40]
    seldom, always = (detect(opened(search_interval=s), frames) for s in (1.0, 0.0))
    apart = [np.abs(a.landmarks478 - b.landmarks478)[:, :, :2].max() for a, b in zip(seldom, always, strict=True)]
    assert max(apart) < 0.5


def test_landmarks_of_a_still_face_do_not_tremble(opened, clip):
    frames = clip("grid_s2.mpg")
    still = [Frame(n, n / 25, frames[0].image) for n in range(30)]
    found = detect(opened(), still)
    steps = [np.abs(b.landmarks478 - a.landmarks478)[:, :, :2].max() for a, b in pairwise(found)]
    assert max(steps[1:]) < 0.05


def test_lips_of_a_small_silent_face_tremble_little(opened, clip):
    """Biden listens; his lip opening, high-passed, must stay well below a talker's (0.02 of the eyes' distance)."""
    frames = clip("obama_biden.mp4")
    found = detect(opened(), frames)
    left = np.stack([faces.landmarks478[np.argmin(faces.boxes[:, 0])] for faces in found if len(faces) == 2])
    opening = np.linalg.norm(left[:, 13, :2] - left[:, 14, :2], axis=1)
    eyes = np.median(np.linalg.norm(left[:, 33] - left[:, 263], axis=1))
    rate = (len(frames) - 1) / (frames[-1].time - frames[0].time)
    high_pass = butter(2, 1.8, "high", fs=rate, output="sos")
    assert np.std(sosfiltfilt(high_pass, opening / eyes)) < TREMBLE


def test_a_new_face_is_found_within_the_interval(opened, group):
    empty = np.full_like(group, 127)
    frames = [Frame(n, n / 25, empty if n < 10 else group) for n in range(20)]
    found = detect(opened(max_faces=10), frames)
    assert len(found[9]) == 0
    assert len(found[15]) == 6


def test_a_cut_is_searched_at_once(opened, group):
    empty = np.full_like(group, 127)
    frames = [Frame(0, 0.0, empty, shot=0), Frame(1, 0.04, group, shot=1), Frame(2, 0.08, empty, shot=2)]
    assert [len(faces) for faces in detect(opened(max_faces=10), frames)] == [0, 6, 0]


def test_a_face_that_goes_away_is_not_imagined(opened, group):
    empty = np.full_like(group, 127)
    found = detect(opened(max_faces=10), [Frame(n, n / 25, group if n < 5 else empty) for n in range(10)])
    assert [len(faces) for faces in found] == [6] * 5 + [0] * 5


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (17, 3), (1, 400), (400, 1), (160, 120), (7680, 4320)])
def test_pictures_of_any_size_without_a_face_give_none(opened, size):
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    pictures = [np.zeros_like(noise), np.full_like(noise, 255), noise]
    frames = [Frame(n, n / 25, picture, shot=n) for n, picture in enumerate(pictures)]
    assert [len(faces) for faces in detect(opened(), frames)] == [0, 0, 0]


def test_a_face_of_an_8k_picture_is_found(opened, clip):
    frame = clip("talker_b.mp4")[0]
    canvas = np.full((4320, 7680, 3), 90, dtype=np.uint8)
    face = enlarge(frame.image, 1400)
    canvas[1000 : 1000 + face.shape[0], 5000 : 5000 + face.shape[1]] = face
    (found,) = detect(opened(), [Frame(0, 0.0, canvas)])
    assert len(found) == 1
    assert found.boxes[0, 0] > 5000


def test_a_picture_that_is_no_contiguous_array_is_seen_alike(opened, group):
    wide = np.zeros((group.shape[0], group.shape[1] + 7, 3), dtype=np.uint8)
    wide[:, :-7] = group
    (whole,) = detect(opened(max_faces=10), [Frame(0, 0.0, group)])
    (view,) = detect(opened(max_faces=10), [Frame(0, 0.0, wide[:, :-7])])
    assert np.array_equal(whole.boxes, view.boxes)


def test_the_result_records_the_model(opened, group):
    detector = opened()
    detect(detector, [Frame(0, 0.0, group)])
    report = detector.report()
    assert report["model"]["licence"] == "Apache-2.0"
    assert report["model"]["sha256"].startswith("64184e22")
    assert report["frames"] == 1
    assert report["searches"] == 1


def test_what_another_runtime_found_is_not_taken_for_ones_own(context):
    by_itself, tasks = (
        MediapipeDetector(MediapipeConfig(runtime=name), context).signature() for name in ("litert", "mediapipe")
    )
    assert by_itself != tasks
    assert (list(by_itself["versions"]), list(tasks["versions"])) == (["ai-edge-litert"], ["mediapipe"])


def test_a_missing_model_is_one_line_with_the_ways_out(tmp_path):
    detector = MediapipeDetector(MediapipeConfig(), builders.context(tmp_path))
    context = replace(detector.context, models=replace(detector.context.models, folder=tmp_path))
    store = context.models
    if any(path.is_file() for path in store.candidates(MediapipeDetector.model_files[0])):
        pytest.skip("an installed package carries the model")
    with pytest.raises(ModelError, match=r"face_landmarker\.task is not on this machine") as caught:
        MediapipeDetector(MediapipeConfig(), context).open()
    assert "slceleb-detector-mediapipe[offline]" in caught.value.hint


def test_a_file_that_is_no_model_is_told(tmp_path):
    path = tmp_path / "face_landmarker.task"
    path.write_bytes(b"PK not really")
    detector = MediapipeDetector(MediapipeConfig(model_path=path), builders.context(tmp_path))
    with pytest.raises(ModelError, match=r"is no face_landmarker\.task"):
        detector.open()


def test_a_model_with_a_broken_network_is_told(tmp_path):
    path = tmp_path / "face_landmarker.task"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("face_detector.tflite", b"no network")
    detector = MediapipeDetector(MediapipeConfig(model_path=path), builders.context(tmp_path))
    with pytest.raises(ModelError, match="cannot be loaded as a face landmarker") as caught:
        detector.open()
    assert "model_path" in caught.value.hint


def test_a_model_that_lacks_a_network_is_told(opened, context, tmp_path):
    opened()  # skips where there is no model
    whole, path = context.models.locate(MediapipeDetector.model_files[0]), tmp_path / "face_landmarker.task"
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as half:
        half.writestr("face_detector.tflite", archive.read("face_detector.tflite"))
    detector = MediapipeDetector(MediapipeConfig(model_path=path), context)
    with pytest.raises(ModelError, match="cannot be loaded as a face landmarker"):
        detector.open()


def test_a_missing_system_library_is_told_with_the_package_to_install(opened, context, monkeypatch):
    opened(runtime="mediapipe")  # skips where there is no model
    bindings = importlib.import_module("mediapipe.tasks.python.core.mediapipe_c_bindings")

    def missing(name):
        raise OSError("libEGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(bindings, "_shared_lib", None)
    monkeypatch.setattr(bindings.ctypes, "CDLL", missing)
    with pytest.raises(PluginError, match=r"libEGL\.so\.1") as caught:
        MediapipeDetector(MediapipeConfig(runtime="mediapipe"), context).open()
    assert "apt-get install libegl1 libgles2" in caught.value.hint


def test_nothing_is_written_to_standard_error(context, opened):
    opened()  # skips where there is no model
    code = (
        "from slceleb_core.settings import load_settings\n"
        "from slceleb_core.testing import builders\n"
        "from slceleb_detector_mediapipe import *\n"
        "with MediapipeDetector(MediapipeConfig(), load_settings().stage_context()) as detector:\n"
        "    detector.start(builders.video_info()); detector.detect([builders.frame()])\n"
    )
    environment = {"PATH": "", "SLCELEB_MODELS": str(context.models.folder or "")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""


def test_what_the_library_says_is_in_the_log(opened, caplog):
    with caplog.at_level(logging.DEBUG, logger="slceleb_detector_mediapipe.quiet"):
        opened()
        opened(runtime="mediapipe")
    assert all(record.levelno == logging.DEBUG for record in caplog.records)
