"""The pixels of a decoded picture, turned into RGB when they are asked for, and no more of them than are.

A picture of 1920 by 1080 holds 3 MB as it is decoded, and 6 MB as RGB. All of it costs 1.1 ms, a part of 256 by 256
0.07 ms, and 0.5 ms when it is made as small as 64 by 36.
"""

from __future__ import annotations

import threading
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from slceleb_core.media.display import Placement
from slceleb_core.media.planes import averaged, can_be_cut, cut_out, grown
from slceleb_core.types import Array, ArrayPixels, thinning

ONE_THREAD: dict[str, Any] = {"threads": 1} if int(av.__version__.partition(".")[0]) >= 17 else {}
"""Of libswscale. More would be started for each size of a part, and gain nothing beside the work on other pictures; a
PyAV that has no such argument starts none."""


class _Reformatters(threading.local):
    """A thread's reformatters, as one must not be used by two at a time: for whole pictures, parts, and small ones."""

    def __init__(self) -> None:
        self.whole, self.part, self.small = VideoReformatter(), VideoReformatter(), VideoReformatter()


_reformatters = _Reformatters()


class PicturePixels:
    """The pixels of a picture as it was decoded.

    Parameters
    ----------
    picture
        As it was decoded.
    placement
        How it is shown.
    """

    __slots__ = ("_image", "_lock", "_picture", "_placement")

    def __init__(self, picture: av.VideoFrame, placement: Placement) -> None:
        self._picture, self._placement = picture, placement
        self._image: Array | None = None
        self._lock = threading.Lock()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as it is shown."""
        return self._placement.canvas

    def whole(self) -> Array:
        """Return all of it, upright."""
        with self._lock:
            if self._image is None:
                width, height = self._placement.width, self._placement.height
                self._image = _shown(self._placement.apply(self._scaled(_reformatters.whole, width, height)))
            return self._image

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Array:
        """Return a rectangle of it."""
        if x0 >= x1 or y0 >= y1:
            return _shown(np.zeros((y1 - y0, x1 - x0, 3), np.uint8))
        if self._image is not None or not self._as_stored() or not can_be_cut(self._picture):
            return self.whole()[y0:y1, x0:x1]
        picture, orientation = self._picture, self._placement.orientation
        left, top, right, bottom = orientation.stored((x0, y0, x1, y1), (picture.width, picture.height))
        cut = grown(left, top, right, bottom, picture.width, picture.height)
        with self._lock:
            rgb = _reformatters.part.reformat(cut_out(picture, *cut), format="rgb24", **ONE_THREAD).to_ndarray()
        inner = rgb[top - cut[1] : bottom - cut[1], left - cut[0] : right - cut[0]]
        return _shown(orientation.apply(inner))

    def reduced(self, x0: int, y0: int, x1: int, y1: int, size: tuple[int, int]) -> Array:
        """Return a rectangle of it, scaled to a size."""
        picture, orientation = self._picture, self._placement.orientation
        # also where all of it is at hand: averages are rounded, and must not depend on what else was asked for
        if not self._as_stored() or not can_be_cut(picture):
            return ArrayPixels(self.whole()).reduced(x0, y0, x1, y1, size)
        rectangle = orientation.stored((x0, y0, x1, y1), (picture.width, picture.height))
        return _shown(orientation.apply(self._averaged(rectangle, 1, orientation.size(*size))))

    def small(self, width: int, height: int) -> Array:
        """Return it scaled to a size."""
        if not self._placement.fills:
            return ArrayPixels(self.whole()).small(width, height)
        orientation = self._placement.orientation
        across, down = orientation.size(width, height)
        step = thinning(self.stored_size, (across, down))
        if step > 1 and not (across % 2 or down % 2) and can_be_cut(self._picture):
            scaled = self._averaged((0, 0, *self.stored_size), step, (across, down))
        else:
            with self._lock:
                scaled = self._scaled(_reformatters.small, across, down, Interpolation.AREA)
        return _shown(orientation.apply(scaled))

    def _averaged(self, rectangle: tuple[int, int, int, int], every: int, size: tuple[int, int]) -> Array:
        """Return uint8 [height, width, 3], RGB: a rectangle of the picture as it is stored, scaled to a size."""
        with self._lock:
            few = averaged(self._picture, *rectangle, every, size)
            rgb = _reformatters.part.reformat(few, format="rgb24", **ONE_THREAD).to_ndarray()
        return np.asarray(rgb[: size[1], : size[0]])

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height, as it is stored."""
        return self._picture.width, self._picture.height

    def sampled(self, width: int, height: int) -> Array:
        """Return so many of its pixels, evenly spread, of the picture as it is stored; none is an average."""
        with self._lock:
            return self._scaled(_reformatters.small, width, height, Interpolation.POINT)

    def _scaled(
        self, reformatter: VideoReformatter, width: int, height: int, by: Interpolation = Interpolation.BILINEAR
    ) -> Array:
        """Return uint8 [height, width, 3]: RGB of the picture as it is stored, scaled to a size."""
        made = reformatter.reformat(self._picture, width, height, "rgb24", interpolation=by, **ONE_THREAD)
        return np.asarray(made.to_ndarray())

    def _as_stored(self) -> bool:
        """Tell whether it is shown at the size that it is stored in, turned at most."""
        placement, picture = self._placement, self._picture
        return placement.fills and (placement.width, placement.height) == (picture.width, picture.height)


def _shown(image: Array) -> Array:
    """Return an array that nobody else has, read-only."""
    image.flags.writeable = False
    return image
