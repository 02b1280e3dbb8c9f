"""Following faces from frame to frame, and meeting new ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slceleb_core.types import Array, Frame
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.looking import Looker
from slceleb_detector_mediapipe.refusals import Refusals
from slceleb_detector_mediapipe.schedule import Schedule
from slceleb_detector_mediapipe.seen import Search
from slceleb_detector_mediapipe.sightings import Followed, longer_side, without_doubles

PATIENCE = 0.5
"""Seconds that a face is looked for at its place after it was last seen: two steps of key frames."""

DISPLACING = 1.5
"""Times by which a newcomer must be larger than the smallest face followed to take its place, where all are taken.

Well above the error of a box, so that two faces of one size do not take turns.
"""

RATED = 1.0
"""Seconds for which the confidence in a face holds: measuring it costs a fifth of a mesh."""


class Follower:
    """Knows the faces of a shot.

    Parameters
    ----------
    looker
        Looks at faces.
    search
        Looks for faces everywhere.
    config
        The detector's options.
    """

    def __init__(self, looker: Looker, search: Search, config: MediapipeConfig) -> None:
        self._looker, self._search, self._config = looker, search, config
        self._schedule, self._refusals = Schedule(config.search_interval), Refusals()
        self.start()

    def start(self) -> None:
        """Forget the previous video."""
        self._counts = {"frames": 0, "searches": 0, "aside": 0}
        self._looker.windows = self._search.looks = 0
        self._shot: int | None = None
        self._begin()

    def _begin(self) -> None:
        """Forget the previous shot."""
        self._followed: list[Followed] = []
        self._schedule.begin()
        self._refusals.forget()
        self._search.forget()

    def counts(self) -> dict[str, int]:
        """Return how often what was done, since the video began."""
        return {**self._counts, "tiles": self._search.looks, "windows": self._looker.windows}

    def follow(self, frame: Frame) -> list[Followed]:
        """Return the faces of a frame, those followed for longest first."""
        self._counts["frames"] += 1
        if frame.shot != self._shot:
            self._shot = frame.shot
            self._begin()
        self._look_again(frame)
        due = self._schedule.due(frame.time, calm=self._calm(frame))
        if due is not None:
            self._counts["searches"] += 1
            known = [face.last.box for face in self._followed if face.time == frame.time]
            self._meet(frame, self._search.candidates(frame, known, fine=due == "all"))
            self._schedule.searched(frame.time, due, calm=self._calm(frame))
        present = [face for face in self._followed if face.time == frame.time]
        for face in present:
            self._rate(frame, face)
        self._counts["aside"] += sum(not face.last.meshed for face in present)
        return present

    def _calm(self, frame: Frame) -> bool:
        """Tell whether somebody is seen and nobody is missed."""
        return bool(self._followed) and all(face.time == frame.time for face in self._followed)

    def _look_again(self, frame: Frame) -> None:
        """Look for every known face at its place; forget those that have been away too long."""
        seen_before = max((face.time for face in self._followed), default=0.0)
        for face in self._followed:
            found = self._looker.again(frame, face)
            if found is not None:
                face.see(*found, frame.time)
            elif face.time == seen_before:
                self._schedule.lose()
        kept = [face for face in self._followed if frame.time - face.time <= PATIENCE]
        self._followed = without_doubles(kept)

    def _rate(self, frame: Frame, face: Followed) -> None:
        """Measure the confidence in a face, where that has not been done for a while."""
        if face.last.score is not None:
            face.score, face.rated = face.last.score, frame.time
        elif frame.time - face.rated >= RATED:
            face.score, face.rated = self._looker.confidence(frame, face), frame.time

    def _meet(self, frame: Frame, candidates: Sequence[Array]) -> None:
        """Begin to follow those of the candidates that are new faces; the largest come first."""
        for box in candidates:
            if any(face.is_at(box) for face in self._followed) or self._refusals.holds(box, frame.time):
                continue
            loser = self._least() if len(self._followed) >= self._config.max_faces else None
            if loser is not None and loser.last.meshed and longer_side(box) < DISPLACING * loser.last.size:
                break  # the rest are smaller still
            met = self._looker.meet(frame, box)
            if met is None and loser is None:
                met = self._looker.meet_aside(frame, box)
            if met is None:
                self._refusals.refuse(box, frame.time)
            elif not any(face.is_at(met[1].box) for face in self._followed):
                new = Followed(*met, frame.time, np.zeros(2))
                self._followed = [face for face in self._followed if face is not loser] + [new]

    def _least(self) -> Followed:
        """Return the face that is followed with the least reason: seen from the side, the smallest, the latest."""
        return min(reversed(self._followed), key=lambda face: (face.last.meshed, face.last.size))
