"""How a stored picture is shown: in square pixels, upright, on a canvas that is one size throughout a video.

Faces are looked for, boxes given and clips written in the picture that a player shows. So the aspect that a file gives
its pixels is applied, before any turning, as both are said of the stored picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.stream import VideoStream

from slceleb_core.media.orientation import Orientation, OrientationReader
from slceleb_core.types import Array

UPRIGHT = Orientation()
"""As it is stored."""

WIDEST = Fraction(4)
"""Width over height of a pixel above which, and below the inverse of which, it is taken for damage and passed over. The
most that a standard has is 32:11: a DVB picture of 352 by 576 for a wide screen."""

TINY = Fraction(1, 100)
"""Share of a side below which a difference of shape is passed over: an encoder had to round a side to a whole number,
or an even one. The least that a standard means is 16:15."""

MOST_PIXELS = 3840 * 2160
"""Pixels up to which a picture grows by being made square: that many are held anyhow, of a video in 2160p."""


def believed(aspect: Fraction | None) -> Fraction:
    """Return a pixel's width over its height: 1 where none is given, or one that is damaged or hardly differs."""
    if aspect is None or not 1 / WIDEST <= aspect <= WIDEST or abs(aspect - 1) <= TINY:
        return Fraction(1)
    return aspect


def squared(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """Return the size of a stored picture in square pixels.

    The narrow direction grows, so that no face loses a pixel; beyond :data:`MOST_PIXELS`, or the pixels that the
    picture has anyhow, both shrink together. A side that changes becomes even, as clips need it.
    """
    if aspect == 1 or not width or not height:
        return width, height
    wide, high = width * max(float(aspect), 1.0), height / min(float(aspect), 1.0)
    shrunk = min(1.0, math.sqrt(max(MOST_PIXELS, width * height) / (wide * high)))
    return _side(wide * shrunk, width), _side(high * shrunk, height)


def _side(wanted: float, stored: int) -> int:
    """Return the even length nearest to the one wanted, or the stored one where that is it."""
    return stored if abs(wanted - stored) < 1 else max(2 * round(wanted / 2), 1)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a stored picture is to be shown.

    Attributes
    ----------
    width, height
        In square pixels, before it is turned.
    orientation
        How it is turned.
    """

    width: int
    height: int
    orientation: Orientation = UPRIGHT

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        return self.orientation.size(self.width, self.height)


def stated_shape(stream: VideoStream) -> Shape:
    """Return how the pictures of a stream are to be shown by what its header says."""
    context = stream.codec_context
    return Shape(*squared(context.width, context.height, believed(stream.sample_aspect_ratio)))


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture as decoded, and how it is to be shown."""

    picture: av.VideoFrame
    shape: Shape


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies on the canvas.

    Attributes
    ----------
    width, height
        What the stored picture is scaled to, before it is turned.
    orientation
        How it is turned then.
    left, top
        Pixels between the canvas's corner and the upright picture's; even, as pictures with halved colours need it.
    canvas
        Width and height.
    """

    width: int
    height: int
    orientation: Orientation
    left: int
    top: int
    canvas: tuple[int, int]

    @property
    def fills(self) -> bool:
        """Whether nothing of the canvas is left over."""
        return self.orientation.size(self.width, self.height) == self.canvas

    def apply(self, image: Array) -> Array:
        """Return the canvas with a picture that is scaled already, uint8 [height, width, 3], turned and laid on it."""
        upright = self.orientation.apply(image)
        if self.fills:
            return upright
        width, height = self.canvas
        laid = np.zeros((height, width, 3), upright.dtype)
        laid[self.top : self.top + upright.shape[0], self.left : self.left + upright.shape[1]] = upright
        return laid


def placed_on(canvas: tuple[int, int], shape: Shape) -> Placement:
    """Return how a picture is laid on a canvas: as large as fits, in the middle, black beside it.

    It fills the canvas where its shape is that of the canvas but for :data:`TINY`.
    """
    width, height = shape.size
    scale = min(Fraction(canvas[0], width), Fraction(canvas[1], height))
    inner = _filling(width * scale, canvas[0]), _filling(height * scale, canvas[1])
    left, top = (canvas[0] - inner[0]) // 4 * 2, (canvas[1] - inner[1]) // 4 * 2
    return Placement(*shape.orientation.size(*inner), shape.orientation, left, top, canvas)


def _filling(wanted: Fraction, whole: int) -> int:
    """Return the length nearest to the one wanted, or the whole one where hardly anything is left over."""
    return whole if whole - wanted <= max(TINY * whole, Fraction(1)) else max(round(wanted), 1)


class Viewer:
    """Tells of each picture of a stream how it is to be shown; made before the first one is decoded.

    The aspect of a pixel that the container states counts before the codec's, as for ``av_guess_sample_aspect_ratio``
    of libavformat and the players that ask it. The codec's may change on the way, with a key picture.

    Parameters
    ----------
    stream
        The stream.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._context = stream.codec_context
        # The stream's is the container's where that states one, and otherwise what the codec said when it was opened.
        guessed, coded = stream.sample_aspect_ratio, self._context.sample_aspect_ratio
        self._stated = None if guessed == coded else guessed
        self._coded: Fraction | None = None
        self._orientations = OrientationReader()

    def stored(self, timed: Iterator[tuple[float, av.VideoFrame]]) -> Iterator[tuple[float, Stored]]:
        """Yield each picture with its time and how it is to be shown; `timed` decodes as it is asked."""
        for time, picture in timed:
            yield time, Stored(picture, self._shape(picture))

    def _shape(self, picture: av.VideoFrame) -> Shape:
        """Return how a picture is to be shown that the decoder has just handed out."""
        if picture.key_frame or self._coded is None:
            self._coded = believed(self._context.sample_aspect_ratio)
        aspect = self._coded if self._stated is None else believed(self._stated)
        size = squared(picture.width, picture.height, aspect)
        return Shape(*size, self._orientations.of(picture))
