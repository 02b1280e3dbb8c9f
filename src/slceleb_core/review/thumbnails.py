"""Pictures of faces, cut out of clips and videos: small ones as JPEG for pages, and others in their own size."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from slceleb_core.errors import SlcelebError
from slceleb_core.media.container import StreamDecoder, open_media, pick_video
from slceleb_core.media.display import Placement, Stored, Viewer, placed_on
from slceleb_core.media.excerpt import pictures_between
from slceleb_core.media.seeking import seek_before
from slceleb_core.media.video import probe
from slceleb_core.review.lanes import Box, TimedFace
from slceleb_core.types import Array

log = logging.getLogger(__name__)

SIDE = 112
"""Pixels; twice what the page shows, for fine screens."""

MARGIN = 0.45
"""Shares of a face's box that are shown beyond it on each side: hair and chin."""

QUALITY = 80
"""Of the JPEG; about 4 KB a picture."""

GLIMPSE = 1e-3
"""Seconds; shorter than any picture is shown."""

NEAR = 1.0
"""Seconds up to which decoding on is shorter than to seek and begin at a key frame, which may lie far back."""


def thumbnails(path: Path, faces: Sequence[TimedFace], begin: float = 0.0) -> list[str | None]:
    """Return faces as data URIs, as many as are asked for; None where the file has no picture then, or cannot be read.

    Parameters
    ----------
    path
        A video, or a clip of it.
    faces
        When and where the faces are, in the pixels of the whole picture, upright; in any order.
    begin
        When the clip begins, on the same clock as the faces.
    """
    found = squares(path, faces, begin, Framing(MARGIN, SIDE, SIDE))
    return [None if picture is None else _data_uri(picture) for picture in found]


@dataclass(frozen=True, slots=True)
class Framing:
    """How much of a picture is shown around a face, and in which size.

    Attributes
    ----------
    margin
        Shares of the face's box that are shown beyond it on each side.
    least, most
        Pixels of a side; in between a picture has as many as it has.
    """

    margin: float
    least: int
    most: int

    def half(self, box: Box) -> float:
        """Return half the side of what is shown around a box, in pixels of the picture."""
        x0, y0, x1, y1 = box
        return max(x1 - x0, y1 - y0, 2.0) * (0.5 + self.margin)

    def side(self, box: Box) -> int:
        """Return in how many pixels that is shown."""
        return int(np.clip(round(2 * self.half(box)), self.least, self.most))


def squares(path: Path, faces: Sequence[TimedFace], begin: float, framing: Framing) -> list[Array | None]:
    """Return faces as upright squares, RGB uint8 [side, side, 3]; parameters and gaps as of :func:`thumbnails`."""
    made: list[Array | None] = [None] * len(faces)
    try:
        info = probe(path)
        with open_media(path) as container:
            reader = _Reader(container, pick_video(container, path))
            for place in sorted(range(len(faces)), key=lambda place: faces[place].time):
                time = max(faces[place].time - begin, 0.0)
                stored = reader.picture(time) or _with_patience(path, time)
                if stored is not None:
                    placement = placed_on((info.width, info.height), stored.shape)
                    made[place] = _square(stored.picture, placement, faces[place].box, framing)
    except (SlcelebError, OSError) as error:
        log.debug("no picture out of %s: %s", path, error)
    return made


class _Reader:
    """Goes through a file from one moment to a later one, on the shortest way: on from where it is, or by a seek."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container, self._stream = container, stream
        self._viewer = Viewer(stream)
        self._pictures: Iterator[tuple[float, Stored]] = iter(())
        self._last: tuple[float, Stored] | None = None

    def picture(self, time: float) -> Stored | None:
        """Return the first picture that begins at a time, or the last there is; None where the file leads to none.

        That is so in formats without an index or without times, and where something is damaged.
        """
        try:
            if not self._is_near(time):
                self._seek(time)
            while self._last is not None and self._last[0] < time - GLIMPSE:
                following = next(self._pictures, None)
                if following is None:
                    break
                self._last = following
        except (av.FFmpegError, ValueError):
            self._last = None
        return None if self._last is None else self._last[1]

    def _is_near(self, time: float) -> bool:
        return self._last is not None and 0 <= time - self._last[0] + GLIMPSE < NEAR

    def _seek(self, time: float) -> None:
        """Go to the last key frame before a time; to none where a guess has led elsewhere."""
        if not seek_before(self._container, self._stream, time + GLIMPSE):
            self._last = None
            return
        pictures = StreamDecoder(self._container, self._stream).frames()
        self._pictures = self._viewer.stored((self._begins(picture), picture) for picture in pictures)
        first = next(self._pictures, None)
        found = first is not None and first[1].picture.key_frame and first[0] <= time + GLIMPSE
        self._last = first if found else None

    @staticmethod
    def _begins(picture: av.VideoFrame) -> float:
        if picture.time is None:
            raise ValueError("a picture without a time")
        return picture.time


def _with_patience(path: Path, time: float) -> Stored | None:
    shown = next(pictures_between(path, time, time + GLIMPSE), None)
    return None if shown is None else shown.picture


def _square(picture: av.VideoFrame, placement: Placement, box: Box, framing: Framing) -> Array:
    """Return the upright square around a box, uint8 [side, side, 3]; its edge goes on where the picture does not.

    The box is one of the canvas; the picture is looked at without what the canvas has beside it.
    """
    x0, y0, x1, y1 = box
    half, side = framing.half(box), framing.side(box)
    less = min(side / half, 1.0)  # twice the size wanted: warping looks at four points only
    image = placement.orientation.apply(_reduced(picture, placement, less))
    scale = side / (2 * half * less)
    left = less * ((x0 + x1) / 2 - placement.left - half)
    top = less * ((y0 + y1) / 2 - placement.top - half)
    matrix = np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE))


def _reduced(picture: av.VideoFrame, placement: Placement, less: float) -> Array:
    """Return a picture as uint8 [height, width, 3], made smaller before its colours are converted: that is the work."""
    width, height = (max(round(side * less), 1) for side in (placement.width, placement.height))
    return picture.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA")


def _data_uri(image: Array) -> str | None:
    done, content = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode('ascii')}" if done else None
