"""The search of a picture with SCRFD, which sees faces of every size in one or two looks at all of it.

The module is imported where SCRFD is asked for: it needs slceleb-detector-insightface.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from slceleb_core.types import Array, Frame
from slceleb_detector_insightface.finding import Level, ScrfdFinder
from slceleb_detector_mediapipe.search import changed, grown
from slceleb_detector_mediapipe.sightings import longer_side

BLOCK = 8
"""Pixels a side of a block, by whose mean colour it is known: the smallest face that is found fills four."""


class WholeSearch:
    """Searches pictures of one shot: all of each, from nearby and from afar.

    For large faces only the look from afar is taken. A look at what has not changed since, but for the faces that are
    followed, is not taken again.

    Parameters
    ----------
    finder
        SCRFD.

    Attributes
    ----------
    looks
        How often it has looked.
    """

    def __init__(self, finder: ScrfdFinder) -> None:
        self.looks = 0
        self._finder = finder
        self._seen: dict[bool, tuple[Array, list[Array]]] = {}

    def forget(self) -> None:
        """Forget what was seen: another shot begins."""
        self._seen.clear()

    def candidates(self, frame: Frame, followed: Sequence[Array], *, fine: bool) -> list[Array]:
        """Return where faces may be, as of ``seen.Search``."""
        levels = self._levels(frame, fine=fine)
        nearest = levels[0]
        blocks = _blocks(nearest)
        before = self._seen.get(fine)
        if before is None or changed(before[0], blocks, grown(followed) / nearest.scale / BLOCK):
            self.looks += len(levels)
            (finds,) = self._finder.look([frame], [levels])
            before = self._seen[fine] = (blocks, sorted(finds.boxes, key=longer_side, reverse=True))
        return before[1]

    def _levels(self, frame: Frame, *, fine: bool) -> list[Level]:
        if fine:
            return self._finder.levels(frame)
        return [self._finder.sizes.coarse(frame) or self._finder.sizes.fine(frame)]


def _blocks(level: Level) -> Array:
    """Return uint8 [down, across, 3]: the mean colours of the blocks of what is looked at."""
    height, width = level.canvas.shape[:2]
    return np.asarray(cv2.resize(level.canvas, (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA))
