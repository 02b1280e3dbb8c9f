"""Which streams of a file are encrypted. libav decodes them all the same, into noise, and says nothing of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
from av.container import InputContainer

from slceleb_core.media.ebml import Element, elements

LOCKED_ENTRIES = frozenset({b"encv", b"enca", b"drmi", b"drms"})
"""Kinds of sample entries in MP4 whose samples are encrypted: common encryption (ISO/IEC 23001-7), and FairPlay."""

BOXES = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"tkhd")
"""Boxes of MP4 that lead to the kind of a track's samples."""

TS_PACKET, M2TS_PACKET, TS_SYNC = 188, 192, 0x47
"""Bytes of a packet of a transport stream, of one with a time code before it, and the byte that each begins with."""

TS_SAMPLE = 1 << 20
"""Bytes that are looked at, at the beginning, in the middle and at the end of a transport stream."""

ASF_ENCRYPTION = (
    bytes.fromhex("FBB31122 23BD D211 B4B7 00A0C955FC6E"),
    bytes.fromhex("14E68A29 2226 174C B935 DAE07EE9289C"),
)
"""Identifiers of the objects in the head of ASF that say how it is encrypted (its specification, 3.15 and 3.16)."""

ASF_HEAD = 1 << 16
"""Bytes of such a file in which they are looked for."""

REMEMBERED = 16
"""Of how many files it is kept."""

TRACKS, TRACK, TRACK_TYPE, ENCODINGS, ENCODING, ENCRYPTION = 0x1654AE6B, 0xAE, 0x83, 0x6D80, 0x6240, 0x5035
"""Elements of Matroska that lead to a track's encryption (RFC 9559, section 5.1.4)."""

STREAM_TYPES = frozenset({1, 2, 17})
"""Matroska's track types that libav makes streams of: video, audio, subtitles."""


def encrypted_streams(container: InputContainer) -> frozenset[int]:
    """Return the indices of the streams of an open file that are encrypted, as far as the file says."""
    path = Path(container.name.removeprefix("file:"))
    try:
        status = path.stat()
        found = _found(path, container.format.name, status.st_size, status.st_mtime_ns)
    except (OSError, struct.error):  # what is wrong with it will be met where it is read
        return frozenset()
    if found is ALL:
        return frozenset(stream.index for stream in container.streams)
    by_index = "matroska" in container.format.name
    return frozenset(stream.index for stream in container.streams if (stream.index if by_index else stream.id) in found)


ALL: frozenset[int] = frozenset({-1})
"""Stands for all streams of a file."""


@lru_cache(maxsize=REMEMBERED)
def _found(path: Path, form: str, size: int, changed: int) -> frozenset[int]:  # noqa: ARG001 - the file's state
    """Return which streams are encrypted: by number in Matroska, elsewhere by identifier."""
    with path.open("rb") as file:
        if "mov" in form:
            return frozenset(track for track, kind in _sample_entries(file, 0, size) if kind in LOCKED_ENTRIES)
        if "matroska" in form:
            return frozenset(_locked_tracks(file, size))
        if "mpegts" in form:
            return _scrambled(file, size)
        if "asf" in form:
            head = file.read(ASF_HEAD)
            return ALL if any(mark in head for mark in ASF_ENCRYPTION) else frozenset()
    return frozenset()


def _sample_entries(file: IO[bytes], begin: int, end: int, track: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the identifier of each track of an MP4 file with each kind of its samples."""
    while begin + 8 <= end:
        file.seek(begin)
        length, kind = struct.unpack(">I4s", file.read(8))
        inside = begin + 8
        if length == 1:
            length, inside = struct.unpack(">Q", file.read(8))[0], begin + 16
        behind = end if length == 0 else min(begin + length, end)
        if behind <= begin:
            return
        if kind == b"tkhd":
            file.seek(inside)
            version = file.read(1)[0]
            file.seek(inside + (20 if version else 12))
            track = struct.unpack(">I", file.read(4))[0]
        elif kind == b"stsd":
            yield from ((track, entry) for entry in _kinds(file, inside + 8, behind))
        elif kind in BOXES:
            yield from _sample_entries(file, inside, behind, track)
        begin = behind


def _kinds(file: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    """Yield the kinds of the boxes that follow each other."""
    while begin + 8 <= end:
        file.seek(begin)
        length, kind = struct.unpack(">I4s", file.read(8))
        yield kind
        begin += max(length, 8)


def _locked_tracks(file: IO[bytes], size: int) -> Iterator[int]:
    """Yield the numbers of the streams of a Matroska file that are encrypted."""
    number = 0
    for segment in (found for found in elements(file, 0, size) if found.id == Element.SEGMENT):
        for tracks in (found for found in elements(file, segment.begin, segment.end) if found.id == TRACKS):
            for track in elements(file, tracks.begin, tracks.end):
                inside = {found.id: found for found in elements(file, track.begin, track.end)}
                if track.id != TRACK or TRACK_TYPE not in inside:
                    continue
                file.seek(inside[TRACK_TYPE].begin)
                if file.read(1)[0] not in STREAM_TYPES:
                    continue
                if ENCODINGS in inside and _encrypts(file, inside[ENCODINGS]):
                    yield number
                number += 1
            return


def _encrypts(file: IO[bytes], encodings: Element) -> bool:
    """Tell whether one of the encodings of a track is an encryption, and not a compression."""
    each = [found for found in elements(file, encodings.begin, encodings.end) if found.id == ENCODING]
    return any(found.id == ENCRYPTION for element in each for found in elements(file, element.begin, element.end))


def _scrambled(file: IO[bytes], size: int) -> frozenset[int]:
    """Return the PIDs of a transport stream most of whose packets are marked as scrambled."""
    kinds: dict[int, list[int]] = {}
    for place in {0, max(size // 2 - TS_SAMPLE, 0), max(size - TS_SAMPLE, 0)}:
        file.seek(place)
        packets = _packets(np.frombuffer(file.read(TS_SAMPLE), np.uint8))
        numbers = (packets[:, 1].astype(np.int64) & 0x1F) << 8 | packets[:, 2]
        locked = (packets[:, 3] & 0xC0) != 0
        for number in np.unique(numbers):
            total = kinds.setdefault(int(number), [0, 0])
            total[0] += int((numbers == number).sum())
            total[1] += int(locked[numbers == number].sum())
    return frozenset(number for number, (count, locked) in kinds.items() if locked > count / 2)


def _packets(content: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return the heads of packets, uint8 [n, 4]; none where no packets are found."""
    for length in (TS_PACKET, M2TS_PACKET):
        for begin in range(min(length, len(content))):
            count = (len(content) - begin) // length
            if count > 2 and (content[begin : begin + count * length : length][:8] == TS_SYNC).all():
                rows = content[begin : begin + count * length].reshape(count, length)
                return rows[rows[:, 0] == TS_SYNC, :4]
    return np.zeros((0, 4), np.uint8)
