"""Which camera shows somebody: the one that sees them best, changed seldom, and never in the middle of a word.

What is cut of a segment is one camera's picture, and whoever it is about is seen in all of it. So where that camera
loses them, the segment is parted; and another one that sees them better has to wait until they pause.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

AHEAD = 1.25
"""How many times better another camera must see somebody to be changed to: less is a matter of how a head is held."""

MEMORY = 1.0
"""Seconds over which it is judged how well a camera sees somebody (time constant of an exponential mean)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a camera sees somebody on a frame.

    Attributes
    ----------
    quality
        0..1: size, pose, sharpness, and how sure it is that it is a face.
    shot
        Of that camera's video.
    """

    quality: float
    shot: int


class Viewer:
    """Chooses the camera for one person, moment by moment.

    Parameters
    ----------
    patience
        Seconds for which a camera may not find them without being left, while its shot goes on.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._worth: dict[int, float] = {}
        self._chosen: int | None = None
        self._last_seen = -math.inf
        self._shot = 0
        self._time: float | None = None

    def choose(self, time: float, seen: Mapping[int, Seen], shots: Mapping[int, int], *, speaking: bool) -> int:
        """Return the camera's place.

        Parameters
        ----------
        time
            Seconds; later than before.
        seen
            By which cameras, by their places; at least one.
        shots
            In which shot the video of each camera is.
        speaking
            Whether they are in the middle of something that is said.
        """
        self._weigh(time, seen)
        best = max(seen, key=lambda camera: (self._worth[camera], -camera))
        chosen = self._chosen
        better = chosen is not None and self._worth[best] > AHEAD * self._worth[chosen]
        if chosen is None or self._lost(chosen, time, seen, shots) or (better and not speaking):
            self._chosen = chosen = best
        if chosen in seen:
            self._last_seen, self._shot = time, seen[chosen].shot
        return chosen

    def _weigh(self, time: float, seen: Mapping[int, Seen]) -> None:
        """Take in how well each camera sees them now."""
        passed = 0.0 if self._time is None else max(time - self._time, 0.0)
        share = math.exp(-passed / MEMORY)
        for camera in self._worth.keys() | seen.keys():
            now = seen[camera].quality if camera in seen else 0.0
            before = self._worth.get(camera, now)
            self._worth[camera] = share * before + (1.0 - share) * now
        self._time = time

    def _lost(self, chosen: int, time: float, seen: Mapping[int, Seen], shots: Mapping[int, int]) -> bool:
        """Tell whether the camera that was chosen sees them no more."""
        if chosen in seen:
            return seen[chosen].shot != self._shot
        return shots.get(chosen) != self._shot or time - self._last_seen > self._patience
