"""Where files keep content credentials (C2PA specification 2.1, annex A), found by the headers of their boxes.

A few bytes of each box are read, and the credentials themselves, with bounds on both: a file of hours costs as much as
a short one, and no file can keep us busy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

MOST_BYTES = 16 * 2**20
"""Bytes of credentials that are read at most; with thumbnails they have some hundreds of thousands."""

MOST_PARTS = 5_000
"""Boxes, segments or chunks of a file that are looked at: credentials stand near its beginning."""

C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""Type of the ``uuid`` box that holds them in MP4 and its relatives."""

BOX_KINDS = (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"moof", b"sidx", b"emsg", b"pnot")
"""What the first box of such a file may be."""

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

JPEG_PART, JPEG_SCAN = 0xEB, 0xDA
"""Markers of the segments that hold boxes (APP11), and of the one behind which the picture stands."""


def credentials_of(path: Path) -> Iterator[bytes]:
    """Yield the stores of content credentials that stand in a file, one box of JUMBF each; none where it has none.

    What is malformed ends them, and is no error.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with path.open("rb") as file:
        yield from _stores(file, os.fstat(file.fileno()).st_size)


def _stores(file: IO[bytes], size: int) -> Iterator[bytes]:
    head = file.read(12)
    file.seek(0)
    if head.startswith(JPEG):
        yield from _of_jpeg(file)
    elif head.startswith(PNG):
        yield from (content for kind, content in _png_chunks(file) if kind == b"caBX")
    elif head.startswith((b"RIFF", b"RIFX", b"RF64")):
        yield from _of_riff(file, size, "big" if head.startswith(b"RIFX") else "little")
    elif head[4:8] in BOX_KINDS:
        yield from _of_boxes(file, size)


def _of_boxes(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield those of an MP4: in a box of their own, behind its purpose and, where that is a manifest, an offset."""
    place = 0
    for _ in range(MOST_PARTS):
        file.seek(place)
        head = file.read(32)
        if len(head) < 8:
            return
        length, inside = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, inside = int.from_bytes(head[8:16], "big"), 16
        behind = size if length == 0 else place + length
        if behind < place + inside:
            return
        if head[4:8] == b"uuid" and head[inside : inside + 16] == C2PA_BOX:
            file.seek(place + inside + 16)
            content = file.read(min(behind - file.tell(), MOST_BYTES))
            purpose, parted, rest = content[4:].partition(b"\0")  # behind version and flags
            if parted and purpose in (b"manifest", b"original", b"update"):
                yield rest[8:]
        if behind >= size:
            return
        place = behind


def _of_jpeg(file: IO[bytes]) -> Iterator[bytes]:
    """Yield those of a JPEG: a box in pieces, each in a segment, with an instance and a number in front."""
    pieces: dict[bytes, list[bytes]] = {}
    file.seek(2)
    for _ in range(MOST_PARTS):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == JPEG_SCAN:
            break
        length = int.from_bytes(head[2:], "big") - 2
        if length < 0:
            break
        content = file.read(length)
        if head[1] == JPEG_PART and content.startswith(b"JP") and len(content) > 16:
            begun = pieces.setdefault(content[2:4], [])
            begun.append(content[16:] if begun else content[8:])  # the box's head is repeated in each piece
    yield from (b"".join(of_instance)[:MOST_BYTES] for of_instance in pieces.values())


def _png_chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the chunks of a PNG that could hold credentials."""
    file.seek(len(PNG))
    for _ in range(MOST_PARTS):
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        place = file.tell()
        if kind == b"caBX":
            yield kind, file.read(min(length, MOST_BYTES))
        file.seek(place + length + 4)


def _of_riff(file: IO[bytes], size: int, order: str) -> Iterator[bytes]:
    """Yield those of an AVI or a WAV: a chunk beside the others."""
    place = 12
    for _ in range(MOST_PARTS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or place >= size:
            return
        length = int.from_bytes(head[4:], "big" if order == "big" else "little")
        if head[:4] == b"C2PA":
            yield file.read(min(length, MOST_BYTES))
        place += 8 + length + length % 2
