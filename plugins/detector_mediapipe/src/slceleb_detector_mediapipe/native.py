"""MediaPipe's own face tasks, in terms of arrays. Importing it imports MediaPipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.errors import PluginError
from slceleb_core.types import BLENDSHAPES, LANDMARKS, Array
from slceleb_detector_mediapipe.archive import Archive, cannot_load
from slceleb_detector_mediapipe.networks import Crew
from slceleb_detector_mediapipe.quiet import native_log
from slceleb_detector_mediapipe.seen import FINDER_PIXELS, Find, Meshes


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


@contextmanager
def _loading(model: Path) -> Iterator[None]:
    """Turn what MediaPipe raises while it loads a model into errors that say what to do.

    The shared library is loaded with the first model, not on import, so a system library that it misses shows here.
    """
    try:
        with native_log():
            yield
    except (RuntimeError, ValueError, FileNotFoundError) as error:  # the last: a network missing from the archive
        raise cannot_load(model, str(error).partition("\n")[0]) from error
    except OSError as error:
        raise _cannot_load(error) from error


class NativeFinder:
    """BlazeFace, as MediaPipe's FaceDetector."""

    def __init__(self, archive: Archive, min_confidence: float) -> None:
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=archive.detector),
            running_mode=vision.RunningMode.IMAGE,
            min_detection_confidence=min_confidence,
        )
        with _loading(archive.path):
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


class NativeMesher:
    """Face Landmarker, image mode: no memory from frame to frame, hence no smoothing and no delay.

    It looks for the face in a window by itself, and takes a square of its own: its landmarks are not those of the mesh
    network in the window.
    """

    def __init__(self, archive: Archive, min_confidence: float, *, blendshapes: bool, threads: int) -> None:
        self._shapes = BLENDSHAPES if blendshapes else 0
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(archive.path)),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=2,  # a neighbour may reach into the window; the nearer one is then chosen
            min_face_detection_confidence=min_confidence,
            min_face_presence_confidence=min_confidence,
            output_face_blendshapes=blendshapes,
        )
        with _loading(archive.path):
            self._crew = Crew(
                partial(vision.FaceLandmarker.create_from_options, options), threads, vision.FaceLandmarker.close
            )
            self.mesh(np.zeros((1, FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8), np.zeros((1, 4)))

    def mesh(self, images: Array, windows: Array) -> Meshes:  # noqa: ARG002 - it works in each window's own coordinates
        """Return what is seen through windows, uint8 [n, s, s, 3]: the face in the middle of each."""
        seen = self._crew.map(self._look, list(images))
        return Meshes(
            np.array([points for points, _, _ in seen]).reshape(-1, LANDMARKS, 3),
            np.array([presence for _, presence, _ in seen], dtype=np.float64),
            np.array([shapes for _, _, shapes in seen], dtype=np.float32).reshape(len(seen), self._shapes),
        )

    def _look(self, task: Any, picture: Array) -> tuple[Array, float, Array]:
        result = task.detect(_image(picture))
        faces = [np.array([(p.x, p.y, p.z) for p in points]) for points in result.face_landmarks]
        if not faces:
            return np.full((LANDMARKS, 3), np.nan), 0.0, np.full(self._shapes, np.nan, dtype=np.float32)
        off = [float(np.abs(points[:, :2].mean(axis=0) - 0.5).max()) for points in faces]
        nearest = int(np.argmin(off))
        shapes = [shape.score for shape in result.face_blendshapes[nearest]] if self._shapes else []
        return faces[nearest], 1.0, np.array(shapes, dtype=np.float32)

    def close(self) -> None:
        """Let go of the models."""
        self._crew.close()


class NativeVideo:
    """Face Landmarker, video mode: the whole picture at once, as its makers mean it to be used.

    It looks for each face where its landmarks were on the picture before, and has the face detector search the whole
    picture for others while it follows fewer than it may. It smooths landmarks over time where it may follow one only.

    Parameters
    ----------
    archive
        The model file.
    max_faces
        Most faces that it follows.
    least
        Least confidence of the face detector, of the mesh, and of the mesh where a face is looked for again.
    """

    def __init__(self, archive: Archive, max_faces: int, least: float) -> None:
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(archive.path)),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=max_faces,
            min_face_detection_confidence=least,
            min_face_presence_confidence=least,
            min_tracking_confidence=least,
        )
        self._stamp = 0  # no picture has it: MediaPipe's smoothing takes 0 for a time that is not known
        with _loading(archive.path):
            self._task = vision.FaceLandmarker.create_from_options(options)
            self.forget()

    def forget(self) -> None:
        """Forget the faces that are followed: what comes next is another shot.

        On a black picture none of them is found again, wherever it is looked for, and with its last face the task
        keeps nothing. That is the same to the last bit as to make another task, costs a third of it or less, and does
        not write to the standard error while others do (see ``quiet.py``).
        """
        self._look(np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8), self._stamp + 1)
        self._began: float | None = None

    def see(self, picture: Array, time: float) -> Array:
        """Return float64 [n, 478, 3]: the faces of a picture, uint8 [h, w, 3], in pixels of it.

        The task wants times in whole milliseconds that rise. What it makes of them depends on their differences, so
        they are counted from a shot's first picture; where time does not rise, the picture comes a millisecond later.

        Parameters
        ----------
        picture
            The next of a shot.
        time
            Its PTS seconds.
        """
        if self._began is None:
            self._began, self._base = time, self._stamp + 1
        return self._look(picture, max(self._base + round(1000 * (time - self._began)), self._stamp + 1))

    def _look(self, picture: Array, stamp: int) -> Array:
        self._stamp = stamp
        result = self._task.detect_for_video(_image(picture), stamp)
        height, width = picture.shape[:2]
        faces = [[(p.x, p.y, p.z) for p in points] for points in result.face_landmarks]
        return np.array(faces, dtype=np.float64).reshape(-1, LANDMARKS, 3) * (width, height, width)

    def close(self) -> None:
        """Let go of the model."""
        self._task.close()


def _image(picture: Array) -> Any:
    return mp.Image(mp.ImageFormat.SRGB, np.ascontiguousarray(picture))
