"""Whether the picture of a video ever changes: a song with a still picture is no video of somebody who speaks."""

from __future__ import annotations

import numpy as np

from slceleb_core.media.pixels import PicturePixels
from slceleb_core.types import Array

SPACING = 4
"""Pixels from one that is compared to the next: lips are larger."""

CHANGE = 24
"""Levels (of 255) by which a pixel must differ from the first picture: what encoders do to a still one stays below."""

CHANGED = 4
"""Values that must differ: two pixels."""


class Stillness:
    """Is shown the pictures of a video, until one differs from the first.

    Attributes
    ----------
    pictures
        How many it was shown.
    moves
        Whether any differs.
    """

    def __init__(self) -> None:
        self.pictures = 0
        self.moves = False
        self._first: Array | None = None

    def look(self, pixels: PicturePixels) -> None:
        """Compare a picture with the first one."""
        self.pictures += 1
        if self.moves:
            return
        now = self._sampled(pixels)
        if self._first is None:
            self._first = now
        elif int(np.count_nonzero(np.abs(now - self._first) > CHANGE)) >= CHANGED:
            self.moves, self._first = True, None

    def _sampled(self, pixels: PicturePixels) -> Array:
        """Return what is compared of a picture: as much as of the first one."""
        if self._first is None:
            width, height = (-(-side // SPACING) for side in pixels.stored_size)
        else:
            height, width, _ = self._first.shape
        return pixels.sampled(width, height).astype(np.int16)
