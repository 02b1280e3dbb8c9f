"""Whether a picture file is whole: what decoders make up for the missing part would be taken for a face."""

from __future__ import annotations

import zlib

from slceleb_core.perception.photos.dimensions import SCAN, jpeg_segments
from slceleb_core.perception.photos.kinds import JPEG, PNG

CUT_SHORT = "cut short: its end is missing"

DAMAGED = "damaged: a check sum does not hold"


def broken(kind: str, data: bytes) -> str:
    """Return what is wrong with a file as a whole; empty where that is nothing, or left to the decoder."""
    if kind == JPEG:
        return _jpeg(data)
    return _png(data) if kind == PNG else ""


def _jpeg(data: bytes) -> str:
    """Look for the mark at the end: within a scan it cannot occur, before there is one in each thumbnail."""
    scan = next((at for marker, at in jpeg_segments(data) if marker == SCAN), None)
    return "" if scan is not None and data.find(b"\xff\xd9", scan) >= 0 else CUT_SHORT


def _png(data: bytes) -> str:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(data):
            return CUT_SHORT
        if zlib.crc32(memoryview(data)[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return DAMAGED
        if data[at + 4 : at + 8] == b"IEND":
            return ""
        at = end + 4
    return CUT_SHORT
