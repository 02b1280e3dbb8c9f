"""Key frames: those on which faces are looked for, and the frames between one and the next.

The first frame of a shot is one and the last, and in between one each fraction of a second: nearer to each other where
faces move, and where pictures are so large that few can be held; further apart where no lips can matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slceleb_core.decision.spans import ROUNDING
from slceleb_core.types import Frame

HELD_PIXELS = 32_000_000
"""Pixels of all frames that are held between two key frames: four of 2160p, in 48 MB as they are decoded."""

MOVING, RESTING = 0.15, 0.05
"""Face sizes that the fastest face moves from one key frame to the next above which they are set nearer to each other,
and below which they are set further apart."""

NEAREST = 3.0
"""How many times nearer to each other key frames are where faces move fast."""

IDLE = 2.0
"""How many times further apart they are where nobody is seen who matters, or no voice is heard: faces are placed."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Frames up to a key frame.

    Attributes
    ----------
    frames
        Those behind the key frame before, in order of time; the last one is the next key frame.
    opens, closes
        Whether the shot begins, or ends, with the key frame.
    """

    frames: tuple[Frame, ...]
    opens: bool
    closes: bool

    @property
    def key(self) -> Frame:
        """The key frame."""
        return self.frames[-1]


class KeyFrames:
    """Divides frames into stretches.

    Parameters
    ----------
    longest
        Seconds from one key frame to the next, at most, where lips may matter.
    """

    def __init__(self, longest: float) -> None:
        self._longest = self._interval = longest

    def learn(self, distance: float, *, idle: bool) -> None:
        """Learn what a key frame has shown.

        Parameters
        ----------
        distance
            How far the fastest face came from the key frame before, in face sizes.
        idle
            Whether nobody is seen who matters, or no lips do.
        """
        longest = self._longest * (IDLE if idle else 1.0)
        if distance > MOVING:
            self._interval = max(self._interval / 2, self._longest / NEAREST)
        elif distance < RESTING:
            self._interval *= 1.5
        self._interval = min(self._interval, longest)

    def stretches(self, frames: Iterable[Frame]) -> Iterator[Stretch]:
        """Yield the stretches of all shots."""
        held: list[Frame] = []
        key: Frame | None = None
        for frame, following in _with_next(frames):
            opens = key is None or frame.shot != key.shot
            closes = following is None or following.shot != frame.shot
            held.append(frame)
            if opens or closes or self._is_due(frame, key, held):
                yield Stretch(tuple(held), opens, closes)
                held, key = [], frame

    def _is_due(self, frame: Frame, key: Frame | None, held: list[Frame]) -> bool:
        full = (len(held) + 1) * frame.width * frame.height > HELD_PIXELS
        return full or key is None or frame.time - key.time >= self._interval - ROUNDING


def _with_next(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    """Yield each frame with the one that follows it."""
    before: Frame | None = None
    for frame in frames:
        if before is not None:
            yield before, frame
        before = frame
    if before is not None:
        yield before, None
