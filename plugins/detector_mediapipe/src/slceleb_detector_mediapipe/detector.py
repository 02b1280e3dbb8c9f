"""The detector: searches for faces now and then, and follows each through a window of its own in between."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from slceleb_core.stages import Detector, StageConfig, StageContext
from slceleb_core.tracking import intersection_over_union
from slceleb_core.types import Array, Faces, Frame, JsonValue, VideoInfo
from slceleb_detector_mediapipe.catalog import FACE_LANDMARKER
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.measure import KEYPOINTS, box_of, disagreement, plausible, pose_of, sharpness_of
from slceleb_detector_mediapipe.tiles import Square, tile_corners, tile_sides
from slceleb_detector_mediapipe.windows import MARGIN, WIDE, around, cut, pixels_for, scaled, steady

if TYPE_CHECKING:
    from slceleb_detector_mediapipe.native import FaceFinder, FaceMesher, Mesh

SAME = 0.3
"""Overlap (IoU) from which two finds are one face."""

STRAY = 0.6
"""Face sizes that a face may have moved within its window from where it was expected."""

MIRRORED = 0.12
"""Face sizes by which a new face and its mirror image may disagree.

Measured on InsightFace's sample picture at three sizes and on frames of four clips: faces up to 0.064 (a profile of 24
pixels), other things from 0.186 on.
"""

PATIENCE = 0.5
"""Seconds that a face is looked for at its place after it was last seen."""

HURRY = 0.2
"""Seconds between searches while nobody is seen, or somebody has just been lost."""


@dataclass(slots=True)
class _Sighting:
    """A face on one frame, in pixels of the picture."""

    points: Array
    box: Array
    transform: Array
    blendshapes: Array

    @property
    def size(self) -> float:
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


@dataclass(slots=True)
class _Followed:
    """A face that is being followed: its window, its last sighting, its motion in pixels a second, its confidence."""

    window: Square
    last: _Sighting
    time: float
    velocity: Array
    score: float = 0.0
    rated: float = float("-inf")

    def expected(self, time: float) -> Array:
        """Return the box where it should be now; a long absence is not extrapolated."""
        return np.asarray(self.last.box + np.tile(self.velocity, 2) * min(time - self.time, 0.1))


class MediapipeDetector(Detector):
    """Finds faces of any size and gives 478 landmarks for each.

    MediaPipe's own face detector sees only faces that take up an eighth of its input, so the picture is searched in
    tiles at several scales: on the first frame of a shot, every `search_interval` seconds, and more often while nobody
    is seen. In between, each face is looked at through a window of its own. Landmarks come from such a window on every
    frame, those of a search included, so that they do not jump when a search takes place.

    `Faces.scores` is the confidence of MediaPipe's face detector (BlazeFace) in the face, seen through its window;
    measured at most 0.2 s ago, for it costs as much as a tenth of a mesh.
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
            The model file is missing, or is another.
        """
        from slceleb_detector_mediapipe.native import FaceFinder, FaceMesher

        chosen: Path | None = self.config.model_path
        model = chosen if chosen is not None else self.context.models.locate(FACE_LANDMARKER)
        self._finder = FaceFinder(model, self.config.min_confidence)
        self._mesher = FaceMesher(model, self.config.min_confidence, blendshapes=self.config.blendshapes)

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
        self._followed: list[_Followed] = []
        self._shot: int | None = None
        self._searched = float("-inf")
        self._restless = False
        self._counts = {"frames": 0, "searches": 0, "windows": 0}

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the faces of each frame, the largest first found first; frames come in order of time."""
        return [self._detect(frame) for frame in frames]

    def report(self) -> Mapping[str, JsonValue]:
        """Return the model, MediaPipe's version, and how often what was done."""
        own: Path | None = self.config.model_path
        file = {"path": str(own)} if own else {"sha256": FACE_LANDMARKER.sha256, "licence": FACE_LANDMARKER.licence}
        return {
            "device": "cpu",
            "model": {"name": FACE_LANDMARKER.name, **file},
            "versions": {"mediapipe": importlib.metadata.version("mediapipe")},
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

    def _rate(self, frame: Frame, one: _Followed) -> None:
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
            elapsed = max(frame.time - one.time, 1e-6)
            moved = ((seen.box[:2] + seen.box[2:]) - (one.last.box[:2] + one.last.box[2:])) / (2 * elapsed)
            one.velocity = 0.5 * one.velocity + 0.5 * moved
            one.last, one.time = seen, frame.time
        kept = [one for one in self._followed if frame.time - one.time <= PATIENCE]
        self._followed = _without_doubles(kept)

    def _search(self, frame: Frame) -> None:
        """Look for faces everywhere, and begin to follow those that are new."""
        self._counts["searches"] += 1
        self._searched, self._restless = frame.time, False
        room = self.config.max_faces - len(self._followed)
        for box, _ in self._candidates(frame.image):
            if room <= 0:
                break
            if any(intersection_over_union(one.last.box, box) > SAME for one in self._followed):
                continue
            new = self._meet(frame, box)
            if new is not None:
                self._followed.append(new)
                room -= 1

    def _candidates(self, image: Array) -> list[tuple[Array, float]]:
        """Return boxes and scores over all tiles, one a face, the largest first."""
        from slceleb_detector_mediapipe.native import FINDER_PIXELS

        if self._finder is None:
            raise RuntimeError("the stage is not open")
        found: list[tuple[Array, float]] = []
        for side in tile_sides(image.shape[1], image.shape[0], self.config.min_face):
            level = scaled(image, FINDER_PIXELS / side)  # once for all tiles of a size
            for x, y in tile_corners(level.shape[1], level.shape[0], FINDER_PIXELS):
                tile = Square(x, y, FINDER_PIXELS)
                boxes, scores = self._finder.find(cut(level, tile, FINDER_PIXELS))
                boxes = (boxes * FINDER_PIXELS + (x, y, x, y)) * (side / FINDER_PIXELS)
                found.extend(zip(boxes, map(float, scores), strict=True))
        best: list[tuple[Array, float]] = []
        for box, score in sorted(found, key=lambda one: -one[1]):
            if all(intersection_over_union(box, other) <= SAME for other, _ in best):
                best.append((box, score))
        return sorted(best, key=lambda one: -float(one[0][2] - one[0][0]))

    def _meet(self, frame: Frame, box: Array) -> _Followed | None:
        """Return a face to follow where the search found `box`; None where a closer look finds none."""
        first = self._look(frame.image, around(box, MARGIN), box)
        if first is None:
            return None
        window = around(first.box, MARGIN)
        seen = self._look(frame.image, window, first.box)
        if seen is None or not self._is_real(frame.image, window, seen):
            return None
        if any(intersection_over_union(one.last.box, seen.box) > SAME for one in self._followed):
            return None
        return _Followed(window, seen, frame.time, np.zeros(2))

    def _is_real(self, image: Array, window: Square, seen: _Sighting) -> bool:
        """Tell whether a new find is a face: its mirror image must give the same face, mirrored."""
        if self._mesher is None:
            raise RuntimeError("the stage is not open")
        picture = cut(image, window, pixels_for(window))[:, ::-1]
        meshes = [_placed(_flipped(mesh), window) for mesh in self._mesher.mesh(picture)]
        return any(disagreement(seen.points, one.points) <= MIRRORED for one in meshes)

    def _look(self, image: Array, window: Square, expected: Array) -> _Sighting | None:
        """Return the face that is seen through a window near to `expected`, if there is one."""
        if self._mesher is None:
            raise RuntimeError("the stage is not open")
        self._counts["windows"] += 1
        picture = cut(image, window, pixels_for(window))
        near = [one for one in (_placed(mesh, window) for mesh in self._mesher.mesh(picture)) if _near(one, expected)]
        if not near:
            return None
        return min(near, key=lambda one: _distance(one.box, expected))

    def _confidence(self, image: Array, window: Square, box: Array) -> float:
        """Return the face detector's confidence in the face at `box`; the least one asked for where it is not sure."""
        from slceleb_detector_mediapipe.native import FINDER_PIXELS

        if self._finder is None:
            raise RuntimeError("the stage is not open")
        boxes, scores = self._finder.find(cut(image, window, FINDER_PIXELS))
        corner = np.array([window.x, window.y, window.x, window.y])
        sure = [
            float(score)
            for one, score in zip(boxes, scores, strict=True)
            if intersection_over_union(one * window.side + corner, box) > SAME
        ]
        return max(sure, default=float(self.config.min_confidence))

    def _faces(self, image: Array, present: list[_Followed]) -> Faces:
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


def _placed(mesh: Mesh, window: Square) -> _Sighting:
    """Return a mesh in pixels of the picture."""
    points = mesh.points * window.side
    points[:, :2] += (window.x, window.y)
    return _Sighting(points, box_of(points), mesh.transform, mesh.blendshapes)


def _flipped(mesh: Mesh) -> Mesh:
    """Return a mesh of a mirrored picture where it lies in the picture; left and right stay exchanged."""
    return mesh._replace(points=mesh.points * (-1.0, 1.0, 1.0) + (1.0, 0.0, 0.0))


def _near(seen: _Sighting, expected: Array) -> bool:
    """Tell whether a face can be the one that was expected at a box."""
    size = float(max(expected[2] - expected[0], expected[3] - expected[1], 1.0))
    return plausible(seen.points) and 0.5 <= seen.size / size <= 2.0 and _distance(seen.box, expected) <= STRAY * size


def _distance(a: Array, b: Array) -> float:
    return float(np.linalg.norm((a[:2] + a[2:] - b[:2] - b[2:]) / 2))


def _without_doubles(followed: list[_Followed]) -> list[_Followed]:
    """Return the faces, those left out that have run onto one that has been followed for longer."""
    kept: list[_Followed] = []
    for one in followed:
        if all(intersection_over_union(one.last.box, other.last.box) <= 0.5 for other in kept):
            kept.append(one)
    return kept
