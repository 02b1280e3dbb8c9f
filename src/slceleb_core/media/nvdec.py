"""Decoding on an NVIDIA card (NVDEC), where the machine's settings ask for it: libav's own way there.

What a card decodes is exact by the standards of the codecs, and all that lies around it is libav's as ever: packets,
edit lists, the order of pictures, their times, shapes and flags. A picture comes back as NV12, whose planes are parted
into those of the format that the file states, so that its colours are made as always. What a card does not say is
where, within a picture, it met with damage and patched it; nor does libav cut what lies left of a picture, or above it,
where a card has made it. So the first picture must be the one that libav makes, and at the first sign of damage that
there is, the file is read again without the card.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from slceleb_core.errors import VideoError
from slceleb_core.media.container import describe, has_decoder, open_media
from slceleb_core.media.pixels import ONE_THREAD

CODECS = frozenset({"h264", "hevc"})
"""Codecs (libavcodec's names) that cards of every age decode, and whose decoding is exact to the bit (ITU-T H.264 and
H.265, annexes C)."""

FORMATS = frozenset({"yuv420p", "yuvj420p"})
"""Formats that a card hands back as NV12, which holds the same numbers."""

CARD_FORMAT = "nv12"
"""How pictures come back."""

ON_CARD = "decoded by NVDEC, which does not say what damage it patched within a picture"


def accelerator() -> Any:
    """Return what asks libav to decode on the card.

    Raises
    ------
    ImportError
        This PyAV is too old to ask for it.
    """
    from av.codec.hwaccel import HWAccel

    return HWAccel("cuda", allow_software_fallback=False)


def open_on_card(path: Path, stream: VideoStream) -> InputContainer:
    """Open a file to be decoded on the card.

    Parameters
    ----------
    path
        The file.
    stream
        Its pictures, as opened without the card.

    Raises
    ------
    VideoError
        The card does not decode such pictures, or there is none; with the reason.
    """
    if (reason := unfit(stream)) != "":
        raise VideoError(reason)
    try:
        return open_media(path, accelerator())
    except VideoError as error:  # it was opened without the card, a moment ago
        cause = error.__cause__
        raise VideoError(
            f"no card can be used: {describe(cause) if isinstance(cause, av.FFmpegError) else error}"
        ) from error
    except (ImportError, ValueError, RuntimeError) as error:
        raise VideoError(f"PyAV {av.__version__} cannot ask for it: {error}") from error


def unfit(stream: VideoStream) -> str:
    """Return why a stream is not decoded on a card; empty where it can be."""
    if not has_decoder(stream) or stream.codec_context.name not in CODECS:
        return f"the codec is {stream.codec_context.name}"
    stated = stream.codec_context.pix_fmt
    return "" if stated in FORMATS else f"the pictures are {stated}"


class Parting:
    """Parts the planes of pictures that come from the card.

    Parameters
    ----------
    stated
        The format that the file states, one of :data:`FORMATS`.
    """

    def __init__(self, stated: str) -> None:
        self._stated = stated
        self._reformatter = VideoReformatter()

    def parted(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return a picture with the same numbers and flags, in the format that the file states."""
        return self._reformatter.reformat(picture, format=self._stated, **ONE_THREAD)


def comes_from_card(picture: av.VideoFrame) -> bool:
    """Tell whether a picture was decoded on the card, and is whole as far as anybody can say."""
    return picture.format.name == CARD_FORMAT and not picture.is_corrupt


def alike(picture: av.VideoFrame, other: av.VideoFrame) -> bool:
    """Tell whether two pictures have the same time, size and numbers."""
    if (picture.pts, picture.width, picture.height) != (other.pts, other.width, other.height):
        return False
    return bool(np.array_equal(picture.to_ndarray(), other.to_ndarray()))
