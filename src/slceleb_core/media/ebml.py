"""As much of Matroska's structure as tells how a file is built, without reading what it holds (RFC 8794)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a file.

    Attributes
    ----------
    id
        What it is.
    begin, end
        Bytes between which its content lies.
    open
        Whether it does not say how long it is, as in a live stream.
    """

    HEADER: ClassVar[int] = 0x1A45DFA3
    SEGMENT: ClassVar[int] = 0x18538067

    id: int
    begin: int
    end: int
    open: bool = False


def elements(file: IO[bytes], begin: int, end: int) -> Iterator[Element]:
    """Yield the elements that follow each other within a stretch of a file; what is no element ends them."""
    while begin < end:
        file.seek(begin)
        head = _number(file)
        length = _number(file)
        if head is None or length is None:
            return
        inside, (value, width) = file.tell(), length
        unknown = value == (1 << 7 * width) - 1
        behind = end if unknown else min(inside + value, end)
        yield Element(head[0] | 1 << 7 * head[1], inside, behind, unknown)
        begin = behind


def _number(file: IO[bytes]) -> tuple[int, int] | None:
    """Read a number of variable length: its value, without the bit that marks its length, and how many bytes it has."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    width = 9 - first[0].bit_length()
    rest = file.read(width - 1)
    if len(rest) < width - 1:
        return None
    return int.from_bytes(first + rest, "big") & ((1 << 7 * width) - 1), width


def is_one_segment(path: Path) -> bool:
    """Tell whether a Matroska file is one segment that says how long it is, and nothing else.

    Its clock cannot begin anew: no muxer writes a time stamp that steps back within a segment.
    """
    try:
        with path.open("rb") as file:
            found = list(elements(file, 0, path.stat().st_size))
    except OSError:
        return False
    return [element.id for element in found] == [Element.HEADER, Element.SEGMENT] and not found[1].open
