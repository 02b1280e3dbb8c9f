"""The times of pictures in AVI, which stores none: only one picture after another, each in a slot of the frame rate.

AVI was made for codecs that show pictures in the order in which they are stored. With those that do not, libav hands
out time stamps that it has made up, for the wrong pictures (packed B-frames: every second one would come too early).
What an encoder for AVI meant is simple: the first picture shown belongs into the first slot that holds one, the second
into the second. So each picture is decoded with its own slot as time stamp, and shown in the earliest that is left.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

SLOTTED_FORMATS = frozenset({"avi"})
"""Formats (libavformat's names) that store no time stamps."""

REORDERING_CODECS = frozenset({"h264", "hevc", "mpeg4", "mpeg1video", "mpeg2video", "vc1", "wmv3"})
"""Codecs (libavcodec's names) that may store pictures in another order than they are shown in."""

LONGEST_REORDERING = 16
"""Pictures that may be stored before one that is shown earlier (H.264 and HEVC: the size of the decoded picture
buffer)."""

UNPACK = "mpeg4_unpack_bframes"
"""libav's filter that divides the two pictures that DivX stores in one packet, and leaves other streams alone."""


def is_slotted(container: InputContainer, stream: VideoStream) -> bool:
    """Tell whether the times of a stream's pictures have to be made from their order."""
    return bool(SLOTTED_FORMATS & set(container.format.name.split(","))) and (
        stream.codec_context.name in REORDERING_CODECS
    )


class Slotter:
    """Gives the pictures of one stream their slots.

    Parameters
    ----------
    stream
        The stream.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._unpacker = BitStreamFilterContext(UNPACK, stream) if stream.codec_context.name == "mpeg4" else None

    def packets(self, packet: Packet[Any]) -> list[Packet[Any]]:
        """Return what is to be decoded for a packet: one picture each, with its slot as time stamp.

        Raises
        ------
        FFmpegError
            The packet is broken.
        """
        slot = packet.dts
        found = [packet] if self._unpacker is None or not packet.size else self._unpacker.filter(packet)
        for own in found:
            own.pts = own.dts = slot
        return found

    @staticmethod
    def in_order(pictures: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        """Yield pictures as they come, the earliest slots first; as many are held as may come out of order."""
        held: deque[av.VideoFrame] = deque()
        slots: list[int] = []
        for picture in pictures:
            if picture.pts is not None:
                heapq.heappush(slots, picture.pts)
            held.append(picture)
            if len(held) > LONGEST_REORDERING:
                yield _placed(held.popleft(), slots)
        while held:
            yield _placed(held.popleft(), slots)


def _placed(picture: av.VideoFrame, slots: list[int]) -> av.VideoFrame:
    """Put a picture into the earliest slot; one that came without keeps none."""
    if picture.pts is not None:
        picture.pts = heapq.heappop(slots)
    return picture
