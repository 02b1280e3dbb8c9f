"""MediaPipe's two face tasks, in terms of arrays. Importing this module imports MediaPipe."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.types import Array
from slceleb_detector_mediapipe.catalog import FACE_DETECTOR_MEMBER
from slceleb_detector_mediapipe.quiet import native_log


def _cannot_load(error: Exception) -> PluginError:
    return PluginError(
        f"MediaPipe cannot be loaded: {error}",
        "on Debian and Ubuntu: apt-get install libegl1 libgles2; then see `slceleb doctor`",
    )


try:
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision
except (ImportError, OSError) as error:
    raise _cannot_load(error) from error

FINDER_PIXELS = 128
"""Input side of BlazeFace short range (model card); scaled to it here, by area, so that small faces do not alias."""

MODEL_HINT = "give the path of another in the option model_path, or leave that out to use the pinned file"


class Find(NamedTuple):
    """One face as the finder gives it, in parts of the picture's side.

    Attributes
    ----------
    box
        float64 [4]: x0, y0, x1, y1.
    score
        The confidence, 0..1.
    points
        float64 [6, 2]: the eye on the picture's left, the one on its right, nose tip, middle of the mouth, the ear on
        the left, the one on the right (those of the person are the other way round).
    """

    box: Array
    score: float
    points: Array


class Mesh(NamedTuple):
    """One face as the landmarker gives it.

    Attributes
    ----------
    points
        float64 [478, 3]: x and y in parts of the picture's side, z on the same scale.
    transform
        float32 [4, 4]: the canonical face's pose.
    blendshapes
        float32 [52]; empty when not asked for.
    """

    points: Array
    transform: Array
    blendshapes: Array


@contextmanager
def _loading(model: Path) -> Iterator[None]:
    """Turn what MediaPipe raises while it loads a model into errors that say what to do.

    The shared library is loaded with the first model, not on import, so a system library that it misses shows here.
    """
    try:
        with native_log():
            yield
    except (RuntimeError, ValueError, FileNotFoundError) as error:  # the last: a network missing from the archive
        reason = str(error).partition("\n")[0]
        raise ModelError(f"{model} cannot be loaded as a face landmarker: {reason}", MODEL_HINT) from error
    except OSError as error:
        raise _cannot_load(error) from error


class FaceFinder:
    """BlazeFace: boxes of faces in a square picture.

    Attributes
    ----------
    pixels
        Side of the picture that it looks at.
    """

    pixels: ClassVar[int] = FINDER_PIXELS

    def __init__(self, model: Path, min_confidence: float) -> None:
        try:
            with zipfile.ZipFile(model) as archive:
                content = archive.read(FACE_DETECTOR_MEMBER)
        except (zipfile.BadZipFile, KeyError, OSError) as error:
            raise ModelError(f"{model} is no face_landmarker.task: {error}", MODEL_HINT) from error
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=content),
            running_mode=vision.RunningMode.IMAGE,
            min_detection_confidence=min_confidence,
        )
        with _loading(model):
            self._task = vision.FaceDetector.create_from_options(options)
            self.find(np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8))

    def find(self, picture: Array) -> list[Find]:
        """Return the faces of a picture, uint8 [s, s, 3]."""
        side = float(picture.shape[0])
        finds = []
        for detection in self._task.detect(_image(picture)).detections:
            b = detection.bounding_box
            box = np.array([b.origin_x, b.origin_y, b.origin_x + b.width, b.origin_y + b.height]) / side
            points = np.array([(point.x, point.y) for point in detection.keypoints])
            finds.append(Find(box, float(detection.categories[0].score), points))
        return finds

    def close(self) -> None:
        """Let go of the model."""
        self._task.close()


class FaceMesher:
    """Face Landmarker, image mode: no memory from frame to frame, hence no smoothing and no delay."""

    def __init__(self, model: Path, min_confidence: float, *, blendshapes: bool) -> None:
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=2,  # a neighbour may reach into the window; the nearer one is then chosen
            min_face_detection_confidence=min_confidence,
            min_face_presence_confidence=min_confidence,
            output_face_blendshapes=blendshapes,
            output_facial_transformation_matrixes=True,
        )
        with _loading(model):
            self._task = vision.FaceLandmarker.create_from_options(options)
            self.mesh(np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8))

    def mesh(self, picture: Array) -> list[Mesh]:
        """Return the faces of a picture, uint8 [s, s, 3]."""
        result = self._task.detect(_image(picture))
        shapes = result.face_blendshapes or [[]] * len(result.face_landmarks)
        return [
            Mesh(
                np.array([(p.x, p.y, p.z) for p in points]),
                np.asarray(transform, dtype=np.float32),
                np.array([blendshape.score for blendshape in shape], dtype=np.float32),
            )
            for points, transform, shape in zip(
                result.face_landmarks, result.facial_transformation_matrixes, shapes, strict=True
            )
        ]

    def close(self) -> None:
        """Let go of the model."""
        self._task.close()


def _image(picture: Array) -> Any:
    return mp.Image(mp.ImageFormat.SRGB, np.ascontiguousarray(picture))
