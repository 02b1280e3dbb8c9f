"""MediaPipe's two face tasks, in terms of arrays. Importing this module imports MediaPipe."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.types import Array
from slceleb_detector_mediapipe.catalog import FACE_DETECTOR_MEMBER
from slceleb_detector_mediapipe.quiet import native_log

try:
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision
except (ImportError, OSError) as error:
    raise PluginError(
        f"MediaPipe cannot be loaded: {error}",
        "on Debian and Ubuntu: apt-get install libegl1 libgles2; then see `slceleb doctor`",
    ) from error

FINDER_PIXELS = 128
"""Input side of BlazeFace short range (model card); scaled to it here, by area, so that small faces do not alias."""


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


class FaceFinder:
    """BlazeFace: boxes of faces in a square picture."""

    def __init__(self, model: Path, min_confidence: float) -> None:
        try:
            with zipfile.ZipFile(model) as archive:
                content = archive.read(FACE_DETECTOR_MEMBER)
        except (zipfile.BadZipFile, KeyError, OSError) as error:
            raise ModelError(f"{model} is no face_landmarker.task: {error}") from error
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=content),
            running_mode=vision.RunningMode.IMAGE,
            min_detection_confidence=min_confidence,
        )
        with native_log():
            self._task = vision.FaceDetector.create_from_options(options)
            self.find(np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8))

    def find(self, picture: Array) -> tuple[Array, Array]:
        """Return boxes float64 [n, 4], in parts of the side, and scores float64 [n]; `picture` is uint8 [s, s, 3]."""
        found = self._task.detect(_image(picture)).detections
        side = float(picture.shape[0])
        boxes = [
            (b.origin_x, b.origin_y, b.origin_x + b.width, b.origin_y + b.height)
            for b in (one.bounding_box for one in found)
        ]
        scores = [one.categories[0].score for one in found]
        return np.array(boxes, dtype=np.float64).reshape(-1, 4) / side, np.array(scores, dtype=np.float64)

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
        try:
            with native_log():
                self._task = vision.FaceLandmarker.create_from_options(options)
                self.mesh(np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8))
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{model} cannot be loaded as a face landmarker: {error}") from error

    def mesh(self, picture: Array) -> list[Mesh]:
        """Return the faces of a picture, uint8 [s, s, 3]."""
        result = self._task.detect(_image(picture))
        shapes = result.face_blendshapes or [[]] * len(result.face_landmarks)
        return [
            Mesh(
                np.array([(p.x, p.y, p.z) for p in points]),
                np.asarray(transform, dtype=np.float32),
                np.array([one.score for one in shape], dtype=np.float32),
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
