"""The landmarker in video mode at work. The module is imported when its detector is opened: it imports MediaPipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from slceleb_core.types import Array, Faces, Frame
from slceleb_detector_mediapipe.archive import cannot_load, read_archive
from slceleb_detector_mediapipe.headpose import HeadPose
from slceleb_detector_mediapipe.measure import KEYPOINTS, box_of, plausible, pose_of, sharpness_of
from slceleb_detector_mediapipe.native import NativeVideo
from slceleb_detector_mediapipe.pixels import part_of

LEAST = 0.5
"""Least confidence in a face: MediaPipe's default for its face detector, for the mesh, and for following."""


class WholePicture:
    """Sees the faces of a video, frame by frame.

    Parameters
    ----------
    model
        The model file.
    max_faces
        Most faces that are followed.

    Raises
    ------
    PluginError
        MediaPipe cannot be loaded on this machine.
    ModelError
        The model file cannot be loaded.
    """

    def __init__(self, model: Path, max_faces: int) -> None:
        archive = read_archive(model)
        try:
            self._poses = HeadPose(archive.geometry)
        except ValueError as error:
            raise cannot_load(archive.path, error) from error
        self._landmarker = NativeVideo(archive, max_faces, LEAST)
        self.start()

    def start(self) -> None:
        """Forget the previous video."""
        self._shot: int | None = None
        self._frames = 0

    def counts(self) -> dict[str, int]:
        """Return how often what was done, since the video began."""
        return {"frames": self._frames}

    def see(self, frame: Frame) -> Faces:
        """Return the faces of the next frame."""
        if frame.shot != self._shot:
            self._landmarker.forget()
            self._shot = frame.shot
        self._frames += 1
        meshes = self._landmarker.see(frame.image, frame.time)
        rows = np.array([row for row, points in enumerate(meshes) if plausible(points)], dtype=np.int64)
        return self._faces(frame, meshes[rows])

    def _faces(self, frame: Frame, meshes: Array) -> Faces:
        boxes = np.array([box_of(points) for points in meshes]).reshape(-1, 4)
        return Faces(
            boxes=boxes,
            scores=np.full(len(meshes), LEAST),
            keypoints5=meshes[:, list(KEYPOINTS), :2],
            landmarks478=meshes,
            pose=np.array([pose_of(transform) for transform in self._poses.transforms(meshes)]).reshape(-1, 3),
            sharpness=np.array([sharpness_of(part_of(frame, box)) for box in boxes]),
        )

    def close(self) -> None:
        """Let go of the model."""
        self._landmarker.close()
