"""A face on one frame, and a face that is being followed from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from slceleb_core.geometry import carried_on, intersection_over_union
from slceleb_core.types import Array
from slceleb_detector_mediapipe.measure import KEYPOINTS, box_of
from slceleb_detector_mediapipe.seen import Find
from slceleb_detector_mediapipe.windows import MARGIN, around_mesh, upright

SAME = 0.3
"""Overlap (IoU) from which two finds are one face."""

COLLAPSED = 0.5
"""Overlap (IoU) from which two faces that are followed have run onto one."""

STRAY = 0.6
"""Face sizes that a face may have moved within its window from where it was expected."""

FORESIGHT = 0.1
"""Seconds for which a face is expected to go on moving as it did; a longer absence is not extrapolated."""


@dataclass(slots=True)
class Sighting:
    """A face on one frame, in pixels of the picture.

    Attributes
    ----------
    box
        float64 [4]: x0, y0, x1, y1.
    five
        float64 [5, 2]: the five points of ``Faces.keypoints5``.
    pose
        float32 [3]: yaw, pitch, roll in degrees.
    points
        float64 [478, 3]; NaN of a face seen from the side.
    blendshapes
        float32 [52]; empty when not asked for, NaN of a face seen from the side.
    score
        The finder's confidence in a face seen from the side; None of one that has a mesh.
    """

    box: Array
    five: Array
    pose: Array
    points: Array
    blendshapes: Array
    score: float | None = None

    @property
    def meshed(self) -> bool:
        """Whether the landmarker saw it."""
        return self.score is None

    @property
    def size(self) -> float:
        """The longer side of the box, in pixels."""
        return longer_side(self.box)

    def window(self) -> Array:
        """Return float64 [4]: the window that fits it best."""
        return around_mesh(self.points) if self.meshed else upright(self.box, MARGIN)


@dataclass(slots=True)
class Followed:
    """A face that is being followed: its window, its last sighting, its motion in pixels a second, its confidence."""

    window: Array
    last: Sighting
    time: float
    velocity: Array
    score: float = 0.0
    rated: float = float("-inf")

    def moved(self, time: float) -> Array:
        """Return by how many pixels, [2], it should have moved by now."""
        return np.asarray(self.velocity * min(time - self.time, FORESIGHT))

    def expected(self, time: float) -> Array:
        """Return the box where it should be now."""
        return np.asarray(self.last.box + np.tile(self.moved(time), 2))

    def see(self, window: Array, seen: Sighting, time: float) -> None:
        """Take the face's sighting on the present frame, through a window; half of its motion is carried over."""
        self.velocity = carried_on(self.velocity, centre(seen.box) - centre(self.last.box), time - self.time)
        self.window, self.last, self.time = window, seen, time

    def is_at(self, box: Array) -> bool:
        """Tell whether a find at `box` is this face."""
        return intersection_over_union(self.last.box, box) > SAME


def meshed(points: Array, pose: Array, blendshapes: Array) -> Sighting:
    """Return a face of a mesh, [478, 3] in pixels of the picture."""
    return Sighting(box_of(points), points[list(KEYPOINTS), :2], pose, points, blendshapes)


def unmirrored(find: Find) -> Find:
    """Return what the finder saw in a mirrored picture where it lies in the picture, left and right put right."""
    x0, y0, x1, y1 = find.box
    points = find.points[[1, 0, 2, 3, 5, 4]] * (-1.0, 1.0) + (1.0, 0.0)
    return find._replace(box=np.array([1.0 - x1, y0, 1.0 - x0, y1]), points=points)


def near(seen: Sighting | Find, expected: Array) -> bool:
    """Tell whether a face can be the one that was expected at a box."""
    size = max(longer_side(expected), 1.0)
    return 0.5 <= longer_side(seen.box) / size <= 2.0 and distance(seen.box, expected) <= STRAY * size


def nearest(seen: Iterable[Sighting], expected: Array) -> Sighting | None:
    """Return which of some faces is the one that was expected at a box; None where none can be."""
    candidates = (sighting for sighting in seen if near(sighting, expected))
    return min(candidates, key=lambda sighting: distance(sighting.box, expected), default=None)


def centre(box: Array) -> Array:
    """Return x and y of a box's centre."""
    return np.asarray((box[:2] + box[2:]) / 2)


def longer_side(box: Array) -> float:
    """Return the longer side of a box."""
    return float(max(box[2] - box[0], box[3] - box[1]))


def distance(a: Array, b: Array) -> float:
    """Return how far the centres of two boxes lie apart, in pixels."""
    return float(np.linalg.norm(centre(a) - centre(b)))


def without_doubles(followed: list[Followed]) -> list[Followed]:
    """Return the faces, those left out that have run onto one that has been followed for longer."""
    kept: list[Followed] = []
    for face in followed:
        if all(intersection_over_union(face.last.box, other.last.box) <= COLLAPSED for other in kept):
            kept.append(face)
    return kept
