"""How large a picture is, from its first bytes: before the memory is taken that decoding needs.

Only what must be known is read, and nothing is believed of EXIF, which other programs change and leave behind.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping

Size = tuple[int, int]
"""Width and height in pixels, as stored."""

STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a segment behind them."""

FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that begin a frame, whatever way it is coded."""

SCAN = 0xDA
"""The JPEG marker behind which the picture itself begins."""

BOXES = 1 << 16
"""Bytes of an AVIF or JPEG 2000 file among which its size is looked for."""


def dimensions(kind: str, data: bytes) -> Size | None:
    """Return the size of a picture; None where it is not found: the decoder will say what is wrong.

    Parameters
    ----------
    kind
        As of ``kinds.kind_of``.
    data
        The whole file.
    """
    reader = READERS.get(kind)
    try:
        return None if reader is None else reader(data)
    except (struct.error, IndexError, StopIteration, ValueError):
        return None


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield each JPEG marker up to the scan, and where what belongs to it begins."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] in (0x00, 0xFF):
            at += 1  # fill bytes, or rubbish that decoders pass over
            continue
        marker = data[at + 1]
        yield marker, at + 2
        if marker == SCAN:
            return
        at += 2 if marker in STANDALONE else 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _jpeg(data: bytes) -> Size:
    at = next(at for marker, at in jpeg_segments(data) if marker in FRAMES)
    height, width = struct.unpack_from(">HH", data, at + 3)
    return width, height


def _png(data: bytes) -> Size:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> Size:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _bmp(data: bytes) -> Size:
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)  # upside down where it is below 0


def _webp(data: bytes) -> Size:
    form = data[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _tiff(data: bytes) -> Size:
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] in (b"+\0", b"\0+"):
        (at,), count, entry, value = struct.unpack_from(order + "Q", data, 8), "Q", 20, 12
    else:
        (at,), count, entry, value = struct.unpack_from(order + "I", data, 4), "H", 12, 8
    (entries,) = struct.unpack_from(order + count, data, at)
    first = at + struct.calcsize("<" + count)
    found: dict[int, int] = {}
    for place in range(first, first + entry * min(entries, 1024), entry):
        tag, form = struct.unpack_from(order + "HH", data, place)
        if tag in (256, 257):
            (found[tag],) = struct.unpack_from(order + ("H" if form == 3 else "I"), data, place + value)
    return found.get(256, 0), found.get(257, 0)


def _avif(data: bytes) -> Size:
    """Return the largest size of an item: that of the whole, where it is put together from tiles."""
    sizes: list[Size] = []
    at = data.find(b"ispe", 0, BOXES)
    while at >= 0:
        width, height = struct.unpack_from(">II", data, at + 8)
        sizes.append((width, height))
        at = data.find(b"ispe", at + 4, BOXES)
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def _jpeg2000(data: bytes) -> Size:
    if data[:4] == b"\xff\x4f\xff\x51":  # a bare code stream
        right, bottom, left, top = struct.unpack_from(">IIII", data, 8)
        return right - left, bottom - top
    at = data.index(b"ihdr", 0, BOXES)
    height, width = struct.unpack_from(">II", data, at + 4)
    return width, height


READERS: Mapping[str, Callable[[bytes], Size]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "BMP": _bmp,
    "WebP": _webp,
    "TIFF": _tiff,
    "JPEG 2000": _jpeg2000,
    "AVIF": _avif,
}
