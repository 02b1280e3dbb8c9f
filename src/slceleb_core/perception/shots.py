"""Hard cuts: where one shot ends and the next begins, found while frames stream by.

The measure is the content difference of PySceneDetect (mean absolute difference of hue, saturation and value between
neighbouring frames, 0..255), and the decision follows its adaptive detector: a cut stands out from the motion around
it. A cut that is found too many only divides a track; one that is missed may join two people, so the tracker has
guards of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from pydantic import Field

from slceleb_core.decision.options import PolicyConfig
from slceleb_core.types import Array, Frame

THUMBNAIL = (64, 36)
"""Size that frames are compared at; motion within a shot mostly averages out at this scale."""

LONGEST_PAUSE = 10.0
"""Seconds from one frame to the next up to which both may be of one shot. Nobody can be followed across more, and what
is computed of a shot goes through all of its time."""

RECENT = 4
"""Frame differences that make up the motion a cut must stand out from."""


class ShotConfig(PolicyConfig):
    """When a change between two frames is a cut."""

    threshold: float = Field(
        default=15.0,
        ge=0,
        le=255,
        description="Least content difference of a cut, 0..255 (PySceneDetect's adaptive detector: 15).",
    )
    ratio: float = Field(
        default=3.0,
        ge=1,
        description="How many times the recent differences a cut must reach (PySceneDetect's adaptive detector: 3).",
    )


def mark_shots(frames: Iterable[Frame], config: ShotConfig) -> Iterator[Frame]:
    """Yield the frames with :attr:`Frame.shot` counted up at every hard cut, and where time jumps."""
    shot = 0
    before: Array | None = None
    last = 0.0
    recent: deque[float] = deque(maxlen=RECENT)
    for frame in frames:
        now = _thumbnail(frame)
        if before is not None:
            difference = float(np.abs(now - before).mean())
            if frame.time - last > LONGEST_PAUSE or _is_cut(difference, recent, config):
                shot += 1
            recent.append(difference)  # a cut counts as motion too: a strobe must not be a shot a flash
        before, last = now, frame.time
        yield replace(frame, shot=shot)


def _thumbnail(frame: Frame) -> Array:
    """Return the picture at thumbnail size as HSV, int16, so that differences do not wrap."""
    import cv2  # not where every profile is read

    return np.asarray(cv2.cvtColor(frame.small(*THUMBNAIL), cv2.COLOR_RGB2HSV), dtype=np.int16)


def _is_cut(difference: float, recent: deque[float], config: ShotConfig) -> bool:
    motion = sum(recent) / len(recent) if recent else 0.0
    return difference >= config.threshold and difference >= config.ratio * motion
