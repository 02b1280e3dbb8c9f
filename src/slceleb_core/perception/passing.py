"""Frames that a detector has passed over: they have the faces of those before and behind that were looked at."""

from __future__ import annotations

from slceleb_core.perception.between import interpolated, paired
from slceleb_core.perception.keys import HELD_PIXELS
from slceleb_core.perception.tracking import Tracker, TrackingConfig
from slceleb_core.types import Array, Faces, Frame


class Passing:
    """Holds the frames that were not looked at until one is; one object a video.

    Parameters
    ----------
    tracking
        Which faces are one.
    """

    def __init__(self, tracking: TrackingConfig) -> None:
        self._tracker = Tracker(tracking)
        self._waiting: list[Frame] = []
        self._before: tuple[Frame, Faces, Array] | None = None

    def take(self, frame: Frame, faces: Faces | None) -> list[tuple[Frame, Faces]]:
        """Return the frames, in order, whose faces are known now.

        Where many follow each other of which none was looked at, nobody is known of on any of them: they cannot all be
        held.

        Parameters
        ----------
        frame
            The next one.
        faces
            Those on it; None: it was not looked at.
        """
        known: list[tuple[Frame, Faces]] = []
        if self._before is None or frame.shot != self._before[0].shot:
            known, self._before = self.rest(), None
        if faces is None:
            self._waiting.append(frame)
            held = len(self._waiting) * frame.width * frame.height
            return known + (self.rest() if held > HELD_PIXELS else [])
        ids = self._tracker.link(frame, faces)
        known += [(passed, self._between(passed, frame, faces, ids)) for passed in self._waiting]
        self._waiting, self._before = [], (frame, faces, ids)
        return [*known, (frame, faces)]

    def rest(self) -> list[tuple[Frame, Faces]]:
        """Return the frames that are held; nobody is known of on them."""
        held, self._waiting = self._waiting, []
        return [(frame, Faces.empty()) for frame in held]

    def _between(self, frame: Frame, after: Frame, faces: Faces, ids: Array) -> Faces:
        if self._before is None:
            return Faces.empty()
        before, known, tracks = self._before
        part = (frame.time - before.time) / (after.time - before.time)
        return interpolated(known, faces, paired(tracks, ids), part)
