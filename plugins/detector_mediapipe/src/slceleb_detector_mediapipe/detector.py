"""The detector: searches for faces now and then, and follows each through a window of its own in between."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from slceleb_core.models import content_hash
from slceleb_core.stages import Detector, StageConfig, StageContext
from slceleb_core.types import Array, Faces, Frame, JsonValue, VideoInfo
from slceleb_detector_mediapipe.catalog import FACE_LANDMARKER
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.measure import sharpness_of
from slceleb_detector_mediapipe.sightings import Followed, longer_side, without_doubles
from slceleb_detector_mediapipe.windows import steady

if TYPE_CHECKING:
    from slceleb_detector_mediapipe.looking import Looker

PATIENCE = 0.5
"""Seconds that a face is looked for at its place after it was last seen."""

DISPLACING = 1.5
"""Times by which a newcomer must be larger than the smallest face followed to take its place, where all are taken.

Well above the error of a box, so that two faces of one size do not take turns.
"""

HURRY = 0.2
"""Seconds between searches while nobody is seen, or somebody has just been lost."""


class MediapipeDetector(Detector):
    """Finds faces of any size and gives 478 landmarks for each.

    MediaPipe's own face detector sees only faces that take up an eighth of its input, so the picture is searched in
    tiles at several scales: on the first frame of a shot, every `search_interval` seconds, and more often while nobody
    is seen. In between, each face is looked at through a window of its own. Landmarks come from such a window on every
    frame, those of a search included, so that they do not jump when a search takes place.

    A face that is seen from the side has no mesh: its landmarks are NaN, its five points come from MediaPipe's face
    detector, and its yaw is given as 90 degrees.

    `Faces.scores` is the confidence of MediaPipe's face detector (BlazeFace) in the face, seen through its window;
    measured at most 0.2 s ago, for it costs as much as a tenth of a mesh. Where it sees none there, the score is
    `min_confidence`: without a face found by that detector, at least so surely, the landmarker gives no mesh.
    """

    name: ClassVar[str] = "mediapipe"
    Config: ClassVar[type[StageConfig]] = MediapipeConfig
    revision: ClassVar[int] = 3
    provides: ClassVar[frozenset[str]] = frozenset({"keypoints5", "landmarks478", "pose", "sharpness"})
    model_files = (FACE_LANDMARKER,)

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._looker: Looker | None = None
        self._forget()

    @classmethod
    def capabilities(cls, config: StageConfig) -> frozenset[str]:
        """Return what it provides; blendshapes when they are asked for."""
        asked = isinstance(config, MediapipeConfig) and config.blendshapes
        return cls.provides | {"blendshapes"} if asked else cls.provides

    def open(self) -> None:
        """Load MediaPipe and the model.

        Raises
        ------
        PluginError
            MediaPipe cannot be loaded on this machine.
        ModelError
            The model file is missing, is another, or cannot be loaded.
        """
        from slceleb_detector_mediapipe.looking import Looker

        chosen: Path | None = self.config.model_path
        model = chosen if chosen is not None else self.context.models.locate(FACE_LANDMARKER)
        self._looker = Looker(model, cast(MediapipeConfig, self.config))

    def signature(self) -> JsonValue:
        """Return the options, the hash of the model, and MediaPipe's version.

        Raises
        ------
        ModelError
            A model of the user's own cannot be read.
        """
        options = self.config.model_dump(mode="json", exclude={"model_path"})
        own: Path | None = self.config.model_path
        model = FACE_LANDMARKER.sha256 if own is None else content_hash(own)
        return {**options, "model": model, "versions": _versions()}

    def close(self) -> None:
        """Let go of the models."""
        if self._looker is not None:
            self._looker.close()
        self._looker = None

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Forget the previous video."""
        self._forget()

    def _forget(self) -> None:
        self._followed: list[Followed] = []
        self._shot: int | None = None
        self._searched = float("-inf")
        self._restless = False
        self._counts = {"frames": 0, "searches": 0, "aside": 0}
        if self._looker is not None:
            self._looker.windows = 0

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the faces of each frame, those followed for longest first; frames come in order of time."""
        return [self._detect(frame) for frame in frames]

    def report(self) -> Mapping[str, JsonValue]:
        """Return the model, MediaPipe's version, and how often what was done."""
        own: Path | None = self.config.model_path
        file = {"path": str(own)} if own else {"sha256": FACE_LANDMARKER.sha256, "licence": FACE_LANDMARKER.licence}
        return {
            "device": "cpu",
            "model": {"name": FACE_LANDMARKER.name, **file},
            "versions": _versions(),
            **self._counts,
            "windows": 0 if self._looker is None else self._looker.windows,
        }

    def _detect(self, frame: Frame) -> Faces:
        if self._looker is None:
            raise RuntimeError("the stage is not open")
        self._counts["frames"] += 1
        if frame.shot != self._shot:
            self._followed, self._shot, self._searched = [], frame.shot, float("-inf")
        self._follow(self._looker, frame)
        if self._search_is_due(frame.time):
            self._search(self._looker, frame)
        present = [face for face in self._followed if face.time == frame.time]
        for face in present:
            self._rate(self._looker, frame, face)
        self._counts["aside"] += sum(not face.last.meshed for face in present)
        return self._faces(frame.image, present)

    @staticmethod
    def _rate(looker: Looker, frame: Frame, face: Followed) -> None:
        """Measure the confidence in a face, where that has not been done for a while."""
        if face.last.score is not None:
            face.score, face.rated = face.last.score, frame.time
        elif frame.time - face.rated >= HURRY:
            face.score, face.rated = looker.confidence(frame.image, face.window, face.last.box), frame.time

    def _search_is_due(self, time: float) -> bool:
        interval: float = self.config.search_interval
        hurried = self._restless or not self._followed
        return time - self._searched >= (min(HURRY, interval) if hurried else interval)

    def _follow(self, looker: Looker, frame: Frame) -> None:
        """Look for every known face at its place; forget those that have been away too long."""
        for face in self._followed:
            expected = face.expected(frame.time)
            face.window = steady(face.window, expected)
            seen = looker.again(frame.image, face.window, expected, face.last)
            if seen is None:
                self._restless = True
                continue
            face.see(seen, frame.time)
        kept = [face for face in self._followed if frame.time - face.time <= PATIENCE]
        self._followed = without_doubles(kept)

    def _search(self, looker: Looker, frame: Frame) -> None:
        """Look for faces everywhere, and begin to follow those that are new."""
        self._counts["searches"] += 1
        self._searched, self._restless = frame.time, False
        for box in looker.search(frame.image):
            if any(face.is_at(box) for face in self._followed):
                continue
            loser = self._least() if len(self._followed) >= self.config.max_faces else None
            if loser is not None and loser.last.meshed and longer_side(box) < DISPLACING * loser.last.size:
                break  # the rest are smaller still
            met = looker.meet(frame.image, box)
            if met is None and loser is None:
                met = looker.meet_aside(frame.image, box)
            if met is not None and not any(face.is_at(met[1].box) for face in self._followed):
                new = Followed(*met, frame.time, np.zeros(2))
                self._followed = [face for face in self._followed if face is not loser] + [new]

    def _least(self) -> Followed:
        """Return the face that is followed with the least reason: seen from the side, the smallest, the latest."""
        return min(reversed(self._followed), key=lambda face: (face.last.meshed, face.last.size))

    def _faces(self, image: Array, present: list[Followed]) -> Faces:
        if not present:
            return Faces.empty() if self.config.blendshapes else replace(Faces.empty(), blendshapes=None)
        sightings = [face.last for face in present]
        return Faces(
            boxes=np.stack([sighting.box for sighting in sightings]),
            scores=np.array([face.score for face in present]),
            keypoints5=np.stack([sighting.five for sighting in sightings]),
            landmarks478=np.stack([sighting.points for sighting in sightings]),
            pose=np.stack([sighting.pose for sighting in sightings]),
            sharpness=np.array([sharpness_of(image, sighting.box) for sighting in sightings]),
            blendshapes=np.stack([sighting.blendshapes for sighting in sightings]) if self.config.blendshapes else None,
        )


def _versions() -> dict[str, str]:
    """Return the version of MediaPipe, which is not imported for it."""
    return {"mediapipe": importlib.metadata.version("mediapipe")}
