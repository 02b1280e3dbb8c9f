"""Whether decoding can begin at a packet with nothing that came before: read off its first bits.

A container's word for a key picture is not enough. It is also given to those behind which pictures follow that are made
from earlier ones (open groups of pictures), and to those from which a decoder recovers in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from av.packet import Packet
from av.video.stream import VideoStream

CONFIGURED = 1
"""First byte of an ``avcC`` or ``hvcC`` record (ISO/IEC 14496-15): units come behind their lengths, not start codes."""

AVC_PICTURES, AVC_IDR = range(1, 6), 5
"""Types of NAL units that hold a picture, and that of one which begins afresh (ITU-T H.264, table 7-1)."""

HEVC_PICTURES, HEVC_IDR = range(32), (19, 20)
"""The same of HEVC (ITU-T H.265, table 7-1)."""

OBU_FRAMES = (3, 6)
"""Types of AV1 units that begin with a frame's header (AV1 bitstream specification, 6.2.2)."""


def units(packet: bytes, length_bytes: int) -> Iterator[bytes]:
    """Yield the first two bytes of each NAL unit of a packet; nothing more where its lengths do not fit."""
    place = 0
    while place + length_bytes < len(packet):
        size = int.from_bytes(packet[place : place + length_bytes], "big")
        place += length_bytes
        if size < 2 or place + size > len(packet):
            return
        yield packet[place : place + 2]
        place += size


def is_avc_entry(packet: bytes, record: bytes) -> bool:
    """Tell whether a packet of H.264 is an instantaneous decoding refresh."""
    if len(record) < 5 or record[0] != CONFIGURED:
        return False
    kinds = [unit[0] & 0x1F for unit in units(packet, (record[4] & 3) + 1)]
    pictures = [kind for kind in kinds if kind in AVC_PICTURES]
    return bool(pictures) and all(kind == AVC_IDR for kind in pictures)


def is_hevc_entry(packet: bytes, record: bytes) -> bool:
    """Tell whether a packet of HEVC is an instantaneous decoding refresh."""
    if len(record) < 22 or record[0] != CONFIGURED:
        return False
    kinds = [unit[0] >> 1 & 0x3F for unit in units(packet, (record[21] & 3) + 1)]
    pictures = [kind for kind in kinds if kind in HEVC_PICTURES]
    return bool(pictures) and all(kind in HEVC_IDR for kind in pictures)


def is_vp9_entry(packet: bytes, _record: bytes) -> bool:
    """Tell whether a packet of VP9 begins with a key frame that is shown (VP9 bitstream specification, 6.2).

    Its first bits: the marker 10, two of the profile, whether an earlier frame is shown, whether it is none of a key,
    whether it is shown. Profile 3 has one more, and is not looked at.
    """
    first = packet[0] if packet else 0
    return first >> 6 == 0b10 and first >> 4 & 0b11 != 0b11 and first & 0b1110 == 0b0010


def is_av1_entry(packet: bytes, _record: bytes) -> bool:
    """Tell whether a packet of AV1 begins with a key frame that is shown (AV1 bitstream specification, 5.9.2).

    A frame's first bits: whether an earlier one is shown, two of its type (0: key), whether it is shown.
    """
    place = 0
    while place < len(packet):
        kind, extended, sized = packet[place] >> 3 & 0xF, packet[place] >> 2 & 1, packet[place] >> 1 & 1
        place += 1 + extended
        size = len(packet) - place
        if sized:
            size, place = leb128(packet, place)
        if kind in OBU_FRAMES:
            return place < len(packet) and packet[place] >> 4 == 0b0001
        place += size
    return False


def leb128(content: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and the place behind it (AV1, 4.10.5)."""
    value = 0
    for shift in range(0, 56, 7):
        if place >= len(content):
            break
        value |= (content[place] & 0x7F) << shift
        place += 1
        if not content[place - 1] & 0x80:
            break
    return value, place


ENTRIES: dict[str, Callable[[bytes, bytes], bool]] = {
    "h264": is_avc_entry,
    "hevc": is_hevc_entry,
    "vp9": is_vp9_entry,
    "av1": is_av1_entry,
}
"""By codec (libavcodec's names), what tells it of a packet, given what the container says of the codec."""


def codec_of(stream: VideoStream) -> str:
    """Return libavcodec's name of a codec, whichever decoder there is for it."""
    return stream.codec_context.codec.canonical_name


def is_entry(stream: VideoStream, packet: Packet[Any]) -> bool:
    """Tell whether decoding a stream can begin at a packet; no, too, where that cannot be read off it."""
    telling = ENTRIES.get(codec_of(stream))
    return telling is not None and telling(bytes(packet), bytes(stream.codec_context.extradata or b""))
