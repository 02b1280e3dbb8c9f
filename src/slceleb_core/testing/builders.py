"""Values for tests: valid, small, and every part of them overridable by keyword.

Each function has sensible defaults, so that a test says only what it is about::

    frame(time=2.0)
    segment(person="Ada Lovelace", start=1.0, end=3.5)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from slceleb_core.models import ModelStore
from slceleb_core.results import FaceResult, FrameResult, Segment, Summary, TrackResult
from slceleb_core.stages import StageContext
from slceleb_core.testing.mesh import bounding_box, face_mesh, keypoints5
from slceleb_core.types import (
    BLENDSHAPES,
    CROP_SIZE,
    SAMPLE_RATE,
    Array,
    AudioSpan,
    FaceCrops,
    Faces,
    Frame,
    Track,
    VideoInfo,
)

GREY = (128, 128, 128)


def picture(width: int = 160, height: int = 120, colour: tuple[int, int, int] = GREY) -> Array:
    """Return a plain picture, uint8 [height, width, 3], RGB, writable."""
    return np.full((height, width, 3), colour, dtype=np.uint8)


def noise_picture(width: int = 160, height: int = 120, seed: int = 0) -> Array:
    """Return a picture of noise, uint8 [height, width, 3]; the same for the same seed."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def frame(image: Array | None = None, *, index: int = 0, time: float | None = None, shot: int = 0) -> Frame:
    """Return a frame; plain grey, and at 25 frames a second, unless said otherwise."""
    return Frame(index, index / 25 if time is None else time, picture() if image is None else image, shot)


def faces(n: int = 1, **columns: Array | None) -> Faces:
    """Return n faces beside each other, with every column filled.

    Parameters
    ----------
    n
        How many.
    columns
        Columns of ``Faces`` to set otherwise; None leaves an optional one out.

    Notes
    -----
    The faces are 40 pixels wide and stand 50 pixels apart, frontal, with a closed mouth.
    """
    mesh = face_mesh() * 20.0
    landmarks = mesh + np.arange(n)[:, None, None] * (50.0, 0.0, 0.0) + (30.0, 40.0, 0.0)
    values: dict[str, Any] = {
        "boxes": np.array([bounding_box(landmark) for landmark in landmarks]).reshape(n, 4),
        "scores": np.full(n, 0.9),
        "keypoints5": np.array([keypoints5(landmark) for landmark in landmarks]).reshape(n, 5, 2),
        "landmarks478": landmarks,
        "pose": np.zeros((n, 3)),
        "sharpness": np.full(n, 0.8),
        "blendshapes": np.zeros((n, BLENDSHAPES)),
    }
    return Faces(**{**values, **columns})


def crops(n: int = 1, *, images: Array | None = None, size: int = CROP_SIZE, **columns: Array) -> FaceCrops:
    """Return n aligned face pictures of no track: noise of n seeds, `size` pixels wide, unless `images` are given."""
    made = np.stack([noise_picture(size, size, seed) for seed in range(n)] or [np.zeros((size, size, 3), np.uint8)])[:n]
    chosen = made if images is None else images
    plain = FaceCrops.untracked(chosen)
    values: dict[str, Any] = {"tracks": plain.tracks, "boxes": plain.boxes, "times": plain.times}
    return FaceCrops(chosen, **{**values, **columns})


def track(
    n: int = 25,
    *,
    id: int = 1,  # noqa: A002 - the name of Track's own field
    fps: float = 25.0,
    start: float = 0.0,
    **columns: npt.ArrayLike,
) -> Track:
    """Return a track of n rows that stands still, one row a frame.

    Parameters
    ----------
    n
        Rows.
    id
        The track's id.
    fps, start
        Frames a second, and PTS seconds of the first row.
    columns
        ``frames``, ``times``, ``boxes`` or ``observations``, to be set otherwise.
    """
    values: dict[str, Any] = {
        "frames": np.arange(n),
        "times": start + np.arange(n) / fps,
        "boxes": np.tile([10.0, 10.0, 50.0, 60.0], (n, 1)),
        "observations": np.zeros((n, 1), dtype=np.float32),
    }
    return Track(id, **{**values, **columns})


def audio(seconds: float = 1.0, *, start: float = 0.0, samples: Array | None = None) -> AudioSpan:
    """Return sound: silence of that many seconds, unless `samples` are given."""
    return AudioSpan(np.zeros(round(seconds * SAMPLE_RATE), np.float32) if samples is None else samples, start)


def video_info(path: Path | str = "video.mp4", **facts: Any) -> VideoInfo:
    """Return a video's facts: 160 by 120, 25 frames a second, 4 s, with sound; any may be set otherwise."""
    values: dict[str, Any] = {"width": 160, "height": 120, "frame_rate": 25.0, "duration": 4.0, **facts}
    return VideoInfo(Path(path), **values)


def context(
    models_folder: Path | None = None,
    *,
    cache: Path | None = None,
    device: str = "cpu",
    accepts: frozenset[str] = frozenset(),
) -> StageContext:
    """Return what the core would hand to a stage.

    Parameters
    ----------
    models_folder
        Where model files lie; by default the folder that ``SLCELEB_MODELS`` names, if it is set.
    cache
        The cache of fetched files; by default a folder that does not exist, so that a test never depends on it.
    device
        ``auto``, ``cpu`` or ``cuda``.
    accepts
        Names of terms of model files that count as accepted.
    """
    named = os.environ.get("SLCELEB_MODELS")
    folder = models_folder if models_folder is not None else Path(named) if named else None
    return StageContext(ModelStore(cache or Path("no-such-cache"), folder, accepts=accepts), device)


def face_result(**values: Any) -> FaceResult:
    """Return one decided face: Ada, speaking, unless said otherwise."""
    given: dict[str, Any] = {"track": 1, "box": (10.0, 10.0, 50.0, 60.0), "score": 0.9, "person": "Ada"}
    return FaceResult(**{**given, "similarity": 0.7, "speaking": 0.8, **values})


def frame_result(
    index: int = 0, *, time: float | None = None, faces: Sequence[FaceResult] | None = None
) -> FrameResult:
    """Return one decided frame, at 25 frames a second, with one face unless told otherwise."""
    return FrameResult(index, index / 25 if time is None else time, (face_result(),) if faces is None else tuple(faces))


def track_result(**values: Any) -> TrackResult:
    """Return a decided track of 4 s: Ada's, unless said otherwise."""
    given: dict[str, Any] = {
        "id": 1,
        "shot": 0,
        "first_frame": 0,
        "last_frame": 99,
        "start": 0.0,
        "end": 4.0,
        "frames": 100,
        "person": "Ada",
        "similarity": 0.7,
        "margin": None,
        "reason": "nearest person",
        "speaking_mean": 0.6,
        "speaking_max": 0.9,
    }
    return TrackResult(**{**given, **values})


def segment(**values: Any) -> Segment:
    """Return a segment: Ada, 1.0 to 3.0 s of video.mp4, unless said otherwise."""
    given: dict[str, Any] = {
        "id": "video-0001",
        "video": "video.mp4",
        "person": "Ada",
        "start": 1.0,
        "end": 3.0,
        "first_frame": 28,
        "last_frame": 72,
        "speaking_mean": 0.8,
        "speaking_min": 0.4,
        "similarity": 0.7,
        "similarity_min": 0.6,
        "track": 1,
    }
    return Segment(**{**given, **values})


def summary(**values: Any) -> Summary:
    """Return the summary of a short video, unless said otherwise."""
    given: dict[str, Any] = {
        "video": video_info(),
        "statistics": {"frames": 100, "faces": 100, "shots": 1, "tracks": 1, "segments": 1},
        "provenance": {"versions": {"slceleb-core": "0"}, "profile": {}, "models": []},
    }
    return Summary(**{**given, **values})
