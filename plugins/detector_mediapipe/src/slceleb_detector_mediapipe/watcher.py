"""The detector at work: what it has loaded, and what it sees. Its module is imported when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from slceleb_core.media.windows import to_picture
from slceleb_core.stages import StageContext
from slceleb_core.types import Array, Faces, FaceWindows, Found, Frame, Meshed
from slceleb_detector_mediapipe.archive import cannot_load, read_archive
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.eyes import open_eyes
from slceleb_detector_mediapipe.facemesh import threads_for
from slceleb_detector_mediapipe.following import Follower
from slceleb_detector_mediapipe.headpose import HeadPose
from slceleb_detector_mediapipe.looking import Looker
from slceleb_detector_mediapipe.measure import KEYPOINTS, box_of, plausible, pose_of, sharpness_of
from slceleb_detector_mediapipe.pixels import part_of
from slceleb_detector_mediapipe.searching import open_search
from slceleb_detector_mediapipe.sightings import Followed


class Watcher:
    """Finds faces, and looks at them through windows.

    Parameters
    ----------
    model
        The model file.
    config
        The detector's options.
    context
        Where other models are, the threads to keep to, and the machine's device.

    Attributes
    ----------
    facts
        What a result records of the runtime, beside its name and version.

    Raises
    ------
    PluginError
        The runtime cannot be loaded on this machine, or the finder is not installed.
    ModelError
        A model file is missing, is another, or cannot be loaded.
    UsageError
        An execution provider that was asked for is not there.
    """

    def __init__(self, model: Path, config: MediapipeConfig, context: StageContext) -> None:
        self._config, self._meshed = config, 0
        archive = read_archive(model)
        try:
            self._poses = HeadPose(archive.geometry)
        except ValueError as error:
            raise cannot_load(archive.path, error) from error
        self._eyes = open_eyes(archive, config, threads_for(context.threads), context.device)
        with ExitStack() as opened:
            opened.callback(self._eyes.close)  # it holds threads, if what comes next fails
            search, facts = open_search(config, context, self._eyes.finder)
            opened.pop_all()
        self.facts = {**self._eyes.facts, **facts}
        looker = Looker(self._eyes.finder, self._eyes.mesher, self._poses, config.min_confidence)
        self._follower = Follower(looker, search, config)

    def start(self) -> None:
        """Forget the previous video."""
        self._meshed = 0
        self._follower.start()

    def counts(self) -> dict[str, int]:
        """Return how often what was done, since the video began."""
        return {**self._follower.counts(), "meshed": self._meshed}

    def find(self, frame: Frame) -> Found:
        """Return the faces of a frame and their windows."""
        present = self._follower.follow(frame)
        return Found(self._faces(frame, present), np.array([face.window for face in present]).reshape(-1, 4))

    def mesh(self, windows: FaceWindows) -> Meshed:
        """Return the faces that are seen through windows."""
        self._meshed += len(windows)
        meshes = self._eyes.crew.mesh(windows.images, windows.windows)
        points = to_picture(meshes.points, windows.windows)
        sure = meshes.presence >= self._config.min_confidence
        rows = np.array([row for row in np.flatnonzero(sure) if plausible(points[row])], dtype=np.int64)
        points = points[rows]
        faces = Faces(
            boxes=np.array([box_of(mesh) for mesh in points]).reshape(-1, 4),
            scores=meshes.presence[rows],
            keypoints5=points[:, list(KEYPOINTS), :2],
            landmarks478=points,
            pose=np.array([pose_of(transform) for transform in self._poses.transforms(points)]).reshape(-1, 3),
            blendshapes=meshes.blendshapes[rows] if self._config.blendshapes else None,
        )
        return Meshed(faces, rows)

    def _faces(self, frame: Frame, present: Sequence[Followed]) -> Faces:
        if not present:
            return Faces.empty() if self._config.blendshapes else replace(Faces.empty(), blendshapes=None)
        sightings = [face.last for face in present]
        shapes: Array | None = np.stack([seen.blendshapes for seen in sightings]) if self._config.blendshapes else None
        return Faces(
            boxes=np.stack([sighting.box for sighting in sightings]),
            scores=np.array([face.score for face in present]),
            keypoints5=np.stack([sighting.five for sighting in sightings]),
            landmarks478=np.stack([sighting.points for sighting in sightings]),
            pose=np.stack([sighting.pose for sighting in sightings]),
            sharpness=np.array([sharpness_of(part_of(frame, sighting.box)) for sighting in sightings]),
            blendshapes=shapes,
        )

    def close(self) -> None:
        """Let go of the models."""
        self._eyes.close()
