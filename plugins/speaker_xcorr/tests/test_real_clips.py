"""Real people. MediaPipe's landmarks are taken here from one fixed crop a face, in image mode."""

from __future__ import annotations

import os
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from slceleb_core.types import AudioSpan, Faces, Frame, Track

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
CLIPS = SHARED / "media" / "clips"
MODEL = Path(os.environ.get("SLCELEB_MODELS", SHARED / "models")) / "face_landmarker.task"
OBAMA, BIDEN = (138, -5, 260, 117), (35, 12, 141, 118)
OBAMA_SPEAKS = [(1.0, 1.6), (2.1, 3.7), (4.3, 5.4), (5.7, 7.5), (8.0, 8.7)]

pytestmark = [
    pytest.mark.skipif(not CLIPS.is_dir(), reason="the real clips are not there (../shared/media/clips)"),
    pytest.mark.skipif(not MODEL.is_file(), reason="face_landmarker.task is not there (SLCELEB_MODELS)"),
]


@pytest.fixture(scope="module")
def landmarker():
    pytest.importorskip("mediapipe")
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=str(MODEL)))
    with vision.FaceLandmarker.create_from_options(options) as made:
        yield made


def landmarks(landmarker, picture, box):
    """The face in one square of the picture, enlarged: [1, 478, 3] in its pixels, or none."""
    import mediapipe as mp

    scale = 256 / (box[2] - box[0])
    matrix = np.array([[scale, 0, -scale * box[0]], [0, scale, -scale * box[1]]])
    crop = cv2.warpAffine(picture, matrix, (256, 256), flags=cv2.INTER_CUBIC)
    found = landmarker.detect(mp.Image(mp.ImageFormat.SRGB, crop)).face_landmarks
    return np.array([[[256 * p.x, 256 * p.y, 256 * p.z] for p in face] for face in found])


def track_of(landmarker, speaker, name, box):
    kept = []
    with av.open(str(CLIPS / name)) as container:
        for index, shown in enumerate(container.decode(video=0)):
            frame = Frame(index, shown.time, shown.to_ndarray(format="rgb24"))
            points = landmarks(landmarker, frame.image, box)
            if len(points):
                faces = Faces(np.array([box]), np.ones(1), landmarks478=points)
                kept.append((index, shown.time, box, speaker.observe(frame, faces)[0]))
    return Track(1, *(np.array(column) for column in zip(*kept, strict=True)))


def sound_of(name):
    resampler = av.AudioResampler("flt", "mono", 16000)
    with av.open(str(CLIPS / name)) as container:
        frames = list(container.decode(audio=0))
        parts = [part for frame in [*frames, None] for part in resampler.resample(frame)]
    return AudioSpan(np.concatenate([part.to_ndarray()[0] for part in parts]), frames[0].time)


def test_obama_speaks_and_biden_does_not(landmarker, speaker):
    name = "obama_biden.mp4"
    obama, biden = (track_of(landmarker, speaker, name, box) for box in (OBAMA, BIDEN))
    speaking, silent = (scores.speaking for scores in speaker.score([obama, biden], sound_of(name)))
    labelled = np.any([(obama.times >= start) & (obama.times <= end) for start, end in OBAMA_SPEAKS], axis=0)
    assert (speaking[labelled] >= 0.5).mean() >= 0.85
    assert silent.max() < 0.2


def test_own_voice_is_above_anothers_and_above_itself_shifted(landmarker, speaker):
    names = {"talker_b.mp4": (90, 70, 490, 470), "grid_lbax4n.mpg": (60, 40, 280, 260)}
    tracks = {name: track_of(landmarker, speaker, name, box) for name, box in names.items()}
    sounds = {name: sound_of(name) for name in names}
    for name, other in (tuple(names), tuple(names)[::-1]):
        track, own = tracks[name], sounds[name]
        mean = {
            "own": speaker.score([track], own)[0].speaking.mean(),
            "another's": speaker.score([track], AudioSpan(sounds[other].samples, own.start))[0].speaking.mean(),
            "shifted": speaker.score([track], AudioSpan(np.roll(own.samples, 12800), own.start))[0].speaking.mean(),
        }
        assert mean["own"] > mean["another's"] + 0.1, f"{name}: {mean}"
        assert mean["own"] > mean["shifted"] + 0.1, f"{name}: {mean}"
