"""Which face of this frame is which face of the frames before: association within a shot.

A face belongs to the track whose last box it overlaps and whose keypoints lie near; the best assignment over all faces
is taken. A track that finds no face waits for `max_gap` seconds, then ends; a cut ends all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pydantic import Field

from slceleb_core.decision.options import PolicyConfig
from slceleb_core.geometry import carried_on, intersection_over_union
from slceleb_core.types import Array, Faces

FORBIDDEN = 1e6
"""Cost of a pair that must not be joined; above any sum of real costs."""

MAX_GROWTH = 1.8
"""Largest change of size between two sightings: a zoom stays below, another face at the same place often does not."""


class TrackingConfig(PolicyConfig):
    """When two faces of neighbouring frames are one."""

    min_overlap: float = Field(default=0.25, ge=0, le=1, description="Least overlap (IoU) with the track's last box.")
    max_shift: float = Field(
        default=0.5,
        gt=0,
        description="Largest mean movement of the five keypoints away from where they are expected, in face sizes.",
    )
    max_gap: float = Field(default=0.5, ge=0, description="Seconds a track outlives its last sighting.")


class TimedFrame(Protocol):
    """What a tracker has to know of a frame; ``Frame`` is such."""

    @property
    def time(self) -> float:
        """PTS in seconds."""

    @property
    def shot(self) -> int:
        """Number of the shot."""


@dataclass(slots=True)
class _Open:
    """A track that may go on: its last sighting."""

    id: int
    time: float
    box: Array
    keypoints: Array | None
    velocity: Array

    def expected(self, time: float) -> Array:
        """Return the box where it should be now, at constant velocity; a long gap is not extrapolated further."""
        return np.asarray(self.box + np.tile(self.velocity, 2) * min(time - self.time, 0.2))


class Tracker:
    """Numbers the faces of frames that come in order of time; one object a video."""

    def __init__(self, config: TrackingConfig) -> None:
        self.config = config
        self._open: list[_Open] = []
        self._shot = -1
        self._next = 0

    def link(self, frame: TimedFrame, faces: Faces) -> Array:
        """Return int64 [n]: the track of each face; a face of no known track starts a new one."""
        if frame.shot != self._shot:
            self._open, self._shot = [], frame.shot
        self._open = [track for track in self._open if frame.time - track.time <= self.config.max_gap]
        ids = np.full(len(faces), -1, dtype=np.int64)
        for row, column in self._pairs(frame.time, faces):
            self._extend(self._open[row], frame.time, faces, column)
            ids[column] = self._open[row].id
        for new in np.flatnonzero(ids < 0):
            ids[new] = self._begin(frame.time, faces, int(new))
        return ids

    def _pairs(self, time: float, faces: Faces) -> list[tuple[int, int]]:
        if not self._open or not len(faces):
            return []
        from scipy.optimize import linear_sum_assignment  # not where every profile is read

        costs = np.array([[self._cost(track, time, faces, i) for i in range(len(faces))] for track in self._open])
        rows, columns = linear_sum_assignment(costs)
        return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if costs[r, c] < FORBIDDEN]

    def _cost(self, track: _Open, time: float, faces: Faces, face: int) -> float:
        expected, box = track.expected(time), faces.boxes[face]
        overlap = intersection_over_union(expected, box)
        growth = _size(box) / max(_size(track.box), 1e-6)
        if not overlap >= self.config.min_overlap or not 1 / MAX_GROWTH <= growth <= MAX_GROWTH:
            return FORBIDDEN
        shift = self._shift(track, expected, faces, face)
        return 1.0 - overlap + shift if shift <= self.config.max_shift else FORBIDDEN

    @staticmethod
    def _shift(track: _Open, expected: Array, faces: Faces, face: int) -> float:
        """Return how far the keypoints lie from where the track's motion would have them, in face sizes."""
        if track.keypoints is None or faces.keypoints5 is None:
            return 0.0
        moved = faces.keypoints5[face] - (track.keypoints + (expected - track.box)[:2])
        return float(np.linalg.norm(moved, axis=1).mean() / max(_size(expected), 1e-6))

    def _extend(self, track: _Open, time: float, faces: Faces, face: int) -> None:
        box = faces.boxes[face]
        moved = (box[:2] + box[2:] - track.box[:2] - track.box[2:]) / 2
        track.velocity = carried_on(track.velocity, moved, time - track.time)
        track.time, track.box = time, box
        track.keypoints = None if faces.keypoints5 is None else faces.keypoints5[face]

    def _begin(self, time: float, faces: Faces, face: int) -> int:
        keypoints = None if faces.keypoints5 is None else faces.keypoints5[face]
        self._open.append(_Open(self._next, time, faces.boxes[face], keypoints, np.zeros(2)))
        self._next += 1
        return self._next - 1


def _size(box: Array) -> float:
    return float(np.sqrt(max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)))
