"""As much of Matroska's structure as tells whether a file is one recording, or several joined byte by byte."""

from __future__ import annotations

from pathlib import Path
from typing import IO

HEADER, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
"""Identifiers of the two elements that a Matroska file begins with (RFC 9559, section 4)."""


def is_one_segment(path: Path) -> bool:
    """Tell whether a Matroska file is one segment that says how long it is, so that nothing can follow it.

    Its clock cannot begin anew: no muxer writes a time stamp that steps back within a segment.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != HEADER:
                return False
            file.seek(_length(file) or 0, 1)
            if file.read(4) != SEGMENT:
                return False
            length = _length(file)
            return length is not None and file.tell() + length >= path.stat().st_size
    except OSError:
        return False


def _length(file: IO[bytes]) -> int | None:
    """Read the length of an element (RFC 8794, section 4); None where it is left open, as in a live stream."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    width = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(width - 1), "big") & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else value
