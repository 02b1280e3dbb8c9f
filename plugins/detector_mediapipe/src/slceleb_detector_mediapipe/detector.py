"""The detector: searches for faces now and then, and follows each through a window of its own in between."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from slceleb_core.models import content_hash
from slceleb_core.stages import Detector, StageConfig, StageContext
from slceleb_core.tracking import intersection_over_union
from slceleb_core.types import Array, Faces, Frame, JsonValue, VideoInfo
from slceleb_detector_mediapipe.catalog import FACE_LANDMARKER
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.measure import KEYPOINTS, disagreement, pose_of, sharpness_of
from slceleb_detector_mediapipe.search import candidates
from slceleb_detector_mediapipe.sightings import (
    SAME,
    Followed,
    Sighting,
    distance,
    flipped,
    longer_side,
    near,
    placed,
    without_doubles,
)
from slceleb_detector_mediapipe.tiles import Square
from slceleb_detector_mediapipe.windows import MARGIN, WIDE, around, cut, pixels_for, steady

if TYPE_CHECKING:
    from slceleb_detector_mediapipe.native import FaceFinder, FaceMesher

MIRRORED = 0.12
"""Face sizes by which a new face and its mirror image may disagree.

Measured on InsightFace's sample picture at three sizes and on frames of four clips: faces up to 0.064 (a profile of 24
pixels), other things from 0.186 on.
"""

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

    `Faces.scores` is the confidence of MediaPipe's face detector (BlazeFace) in the face, seen through its window;
    measured at most 0.2 s ago, for it costs as much as a tenth of a mesh. Where it sees none there, the score is
    `min_confidence`: without a face found by that detector, at least so surely, the landmarker gives no mesh.
    """

    name: ClassVar[str] = "mediapipe"
    Config: ClassVar[type[StageConfig]] = MediapipeConfig
    revision: ClassVar[int] = 1
    provides: ClassVar[frozenset[str]] = frozenset({"keypoints5", "landmarks478", "pose", "sharpness"})
    model_files = (FACE_LANDMARKER,)

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._finder: FaceFinder | None = None
        self._mesher: FaceMesher | None = None
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
        from slceleb_detector_mediapipe.native import FaceFinder, FaceMesher

        chosen: Path | None = self.config.model_path
        model = chosen if chosen is not None else self.context.models.locate(FACE_LANDMARKER)
        try:
            self._finder = FaceFinder(model, self.config.min_confidence)
            self._mesher = FaceMesher(model, self.config.min_confidence, blendshapes=self.config.blendshapes)
        except BaseException:
            self.close()
            raise

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
        for task in (self._finder, self._mesher):
            if task is not None:
                task.close()
        self._finder = self._mesher = None

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Forget the previous video."""
        self._forget()

    def _forget(self) -> None:
        self._followed: list[Followed] = []
        self._shot: int | None = None
        self._searched = float("-inf")
        self._restless = False
        self._counts = {"frames": 0, "searches": 0, "windows": 0}

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
        }

    def _detect(self, frame: Frame) -> Faces:
        self._counts["frames"] += 1
        if frame.shot != self._shot:
            self._followed, self._shot, self._searched = [], frame.shot, float("-inf")
        self._follow(frame)
        if self._search_is_due(frame.time):
            self._search(frame)
        present = [one for one in self._followed if one.time == frame.time]
        for one in present:
            self._rate(frame, one)
        return self._faces(frame.image, present)

    def _rate(self, frame: Frame, one: Followed) -> None:
        """Measure the confidence in a face, where that has not been done for a while."""
        if frame.time - one.rated >= HURRY:
            one.score, one.rated = self._confidence(frame.image, one.window, one.last.box), frame.time

    def _search_is_due(self, time: float) -> bool:
        interval: float = self.config.search_interval
        hurried = self._restless or not self._followed
        return time - self._searched >= (min(HURRY, interval) if hurried else interval)

    def _follow(self, frame: Frame) -> None:
        """Look for every known face at its place; forget those that have been away too long."""
        for one in self._followed:
            expected = one.expected(frame.time)
            one.window = steady(one.window, expected)
            seen = self._look(frame.image, one.window, expected)
            if seen is None:
                seen = self._look(frame.image, around(expected, WIDE), expected)
            if seen is None:
                self._restless = True
                continue
            one.see(seen, frame.time)
        kept = [one for one in self._followed if frame.time - one.time <= PATIENCE]
        self._followed = without_doubles(kept)

    def _search(self, frame: Frame) -> None:
        """Look for faces everywhere, and begin to follow those that are new."""
        if self._finder is None:
            raise RuntimeError("the stage is not open")
        self._counts["searches"] += 1
        self._searched, self._restless = frame.time, False
        for box in candidates(self._finder, frame.image, self.config.min_face):
            if any(one.is_at(box) for one in self._followed):
                continue
            loser = self._smallest() if len(self._followed) >= self.config.max_faces else None
            if loser is not None and longer_side(box) < DISPLACING * loser.last.size:
                break  # the rest are smaller still
            new = self._meet(frame, box)
            if new is not None:
                self._followed = [one for one in self._followed if one is not loser] + [new]

    def _smallest(self) -> Followed:
        """Return the smallest face that is followed; of equals, the latest."""
        return min(reversed(self._followed), key=lambda one: one.last.size)

    def _meet(self, frame: Frame, box: Array) -> Followed | None:
        """Return a face to follow where the search found `box`; None where a closer look finds none."""
        first = self._look(frame.image, around(box, MARGIN), box)
        if first is None:
            return None
        window = around(first.box, MARGIN)
        seen = self._look(frame.image, window, first.box)
        if seen is None or not self._is_real(frame.image, window, seen):
            return None
        if any(one.is_at(seen.box) for one in self._followed):
            return None
        return Followed(window, seen, frame.time, np.zeros(2))

    def _is_real(self, image: Array, window: Square, seen: Sighting) -> bool:
        """Tell whether a new find is a face: its mirror image must give the same face, mirrored."""
        if self._mesher is None:
            raise RuntimeError("the stage is not open")
        picture = cut(image, window, pixels_for(window))[:, ::-1]
        meshes = [placed(flipped(mesh), window) for mesh in self._mesher.mesh(picture)]
        return any(disagreement(seen.points, one.points) <= MIRRORED for one in meshes)

    def _look(self, image: Array, window: Square, expected: Array) -> Sighting | None:
        """Return the face that is seen through a window near to `expected`, if there is one."""
        if self._mesher is None:
            raise RuntimeError("the stage is not open")
        self._counts["windows"] += 1
        picture = cut(image, window, pixels_for(window))
        seen = [one for one in (placed(mesh, window) for mesh in self._mesher.mesh(picture)) if near(one, expected)]
        return min(seen, key=lambda one: distance(one.box, expected), default=None)

    def _confidence(self, image: Array, window: Square, box: Array) -> float:
        """Return the face detector's confidence in the face at `box`; the least one asked for where it is not sure."""
        if self._finder is None:
            raise RuntimeError("the stage is not open")
        boxes, scores = self._finder.find(cut(image, window, self._finder.pixels))
        corner = np.array([window.x, window.y, window.x, window.y])
        sure = [
            float(score)
            for one, score in zip(boxes, scores, strict=True)
            if intersection_over_union(one * window.side + corner, box) > SAME
        ]
        return max(sure, default=float(self.config.min_confidence))

    def _faces(self, image: Array, present: list[Followed]) -> Faces:
        if not present:
            return Faces.empty() if self.config.blendshapes else replace(Faces.empty(), blendshapes=None)
        seen = [one.last for one in present]
        points = np.stack([one.points for one in seen])
        return Faces(
            boxes=np.stack([one.box for one in seen]),
            scores=np.array([one.score for one in present]),
            keypoints5=points[:, list(KEYPOINTS), :2],
            landmarks478=points,
            pose=np.stack([pose_of(one.transform) for one in seen]),
            sharpness=np.array([sharpness_of(image, one.box) for one in seen]),
            blendshapes=np.stack([one.blendshapes for one in seen]) if self.config.blendshapes else None,
        )


def _versions() -> dict[str, str]:
    """Return the version of MediaPipe, which is not imported for it."""
    return {"mediapipe": importlib.metadata.version("mediapipe")}
