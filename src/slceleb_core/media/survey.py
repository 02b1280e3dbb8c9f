"""A first look at a file whose clock may begin anew: all its packets are gone through, none is decoded.

It is taken of the formats in which every packet carries its own time, and which can be joined byte by byte. The last
few are remembered, for a file is opened for its pictures, for its sound and for every clip.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet

from slceleb_core.media.ebml import is_one_segment
from slceleb_core.media.epochs import STRAY_AHEAD, Epoch, SeamFinder, Stamp, epochs
from slceleb_core.types import Restart

COUNTER_BITS = {"mpegts": 33, "mpeg": 33, "flv": 32, "live_flv": 32, "asf": 32}
"""Bits of the clock's counter, by format (libavformat's names). libav takes a step far back for the counter's turn, and
adds one to all that follows."""

STAMPED_FORMATS = frozenset({*COUNTER_BITS, "matroska"})
"""Formats in which every packet carries its own time. MP4 has its times in an index, AVI has none."""

REMEMBERED = 8
"""Surveys of how many files are kept."""

LANDMARK_SECONDS = 1.0
"""How far apart the key frames are whose places are kept: reading begins at most that much too early."""

BROKEN_READS = 200
"""Failures to read a packet, one straight after another, before the file counts as ended: as in decoding."""


@dataclass(frozen=True, slots=True)
class Shifts:
    """What is added to the time stamps of one stream, by place in the file.

    Attributes
    ----------
    places
        Bytes at which it changes, rising.
    ticks
        Before the first of them, and from each on; in units of the stream.
    """

    places: Sequence[int]
    ticks: Sequence[int]

    def at(self, place: int) -> int:
        """Return what is added for a packet that begins at a byte."""
        return self.ticks[bisect_right(self.places, place)]


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of how a file's clock runs.

    Attributes
    ----------
    epochs
        Those behind the first one; none where the clock does not begin anew.
    end
        Second of the rising clock at which the file ends.
    landmarks
        Second of the rising clock, and byte, at which decoding can begin, in order.
    """

    epochs: Sequence[Epoch] = ()
    end: float = 0.0
    landmarks: Sequence[tuple[float, int]] = ()

    @property
    def restarts(self) -> tuple[Restart, ...]:
        """Where the clock begins anew."""
        return tuple(
            Restart(round(epoch.time, 6), round(epoch.clock, 6), round(epoch.time - epoch.clock, 6))
            for epoch in self.epochs
        )

    def shifts(self, stream: int, unit: Fraction) -> Shifts:
        """Return what is added to the time stamps of a stream, whose units are of `unit` seconds."""
        entered = [(epoch.entries[stream], epoch.shift) for epoch in self.epochs if stream in epoch.entries]
        return Shifts([place for place, _ in entered], [0, *(round(shift / unit) for _, shift in entered)])

    def place_before(self, time: float) -> int | None:
        """Return the byte of a key frame at or before a second of the rising clock; None: the start of the file."""
        at = bisect_right(self.landmarks, time, key=lambda landmark: landmark[0])
        return self.landmarks[at - 1][1] if at else None


UNBROKEN = Survey()
"""Of a file whose clock does not begin anew, or whose format does not let it."""


def survey_of(container: InputContainer) -> Survey:
    """Return how the clock of an open file runs; the container itself is left where it stands."""
    if not STAMPED_FORMATS & set(container.format.name.split(",")):
        return UNBROKEN
    path = Path(container.name.removeprefix("file:"))
    try:
        status = path.stat()
    except OSError:
        return UNBROKEN  # it has been opened: what is wrong with it will be met where it is read
    return _surveyed(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=REMEMBERED)
def _surveyed(path: Path, size: int, changed: int) -> Survey:  # noqa: ARG001 - they tell one state of the file from another
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        if "matroska" in container.format.name and is_one_segment(path):
            return UNBROKEN
        return _survey(container)


def _survey(container: InputContainer) -> Survey:
    """Go through all packets."""
    formats = set(container.format.name.split(","))
    turn = next((float(1 << bits) for name, bits in COUNTER_BITS.items() if name in formats), float("inf"))
    streams = [*container.streams.video, *container.streams.audio]
    pictured = {stream.index for stream in container.streams.video}
    finder, keys = SeamFinder(), _Keys()
    due: dict[int, int] = {}
    failures = 0
    while failures < BROKEN_READS:
        try:
            for packet in container.demux(streams):
                failures = 0
                stamp = _stamp(packet, turn, due)
                if stamp is not None:
                    finder.take(stamp)
                    if stamp.stream in pictured and packet.is_keyframe:
                        keys.add(stamp)
            break
        except av.FFmpegError:
            failures += 1
        except IndexError:  # see StreamDecoder
            break
    found = epochs(finder.seams)
    if not found:
        return UNBROKEN
    shifted = [end + _shift(found, stream) for stream, end in finder.ends.items()]
    return Survey(found, max(shifted), keys.landmarks(found))


def _stamp(packet: Packet[Any], turn: float, due: dict[int, int]) -> Stamp | None:
    """Return what is looked at of a packet; None of one that has no time.

    Parameters
    ----------
    packet
        It.
    turn
        Ticks after which the counter of the format begins anew.
    due
        The decoding time of the packet before, by stream: how long one lasts is not always said.
    """
    pts, unit = packet.pts, packet.time_base
    if pts is None:
        pts = packet.dts  # what libav makes of decoding times goes astray behind a restart
    if pts is None or not packet.size:
        return None
    tick = unit.numerator / unit.denominator
    start, stream, lasts = pts * tick, packet.stream.index, packet.duration or 0
    if packet.dts is not None:
        step = packet.dts - due.get(stream, packet.dts)
        lasts = lasts or (step if 0.0 < step * tick < STRAY_AHEAD else 0)
        due[stream] = packet.dts
    clock = start if pts < turn else (pts - turn) * tick
    # packets of a parser have no place of their own: libav gives -1
    place = packet.pos if packet.pos is not None and packet.pos >= 0 else None
    return Stamp(stream, start, start + lasts * tick, clock, place)


def _shift(found: Sequence[Epoch], stream: int) -> float:
    """Return by how much the end of a stream is shifted."""
    return next((epoch.shift for epoch in reversed(found) if stream in epoch.entries), 0.0)


class _Keys:
    """The key frames of a file, about one a second."""

    def __init__(self) -> None:
        self._kept: list[Stamp] = []

    def add(self, stamp: Stamp) -> None:
        """Keep a key frame that is far enough from the one before."""
        if stamp.place is None:
            return
        before = self._kept[-1] if self._kept else None
        if before is None or not 0.0 < stamp.start - before.start < LANDMARK_SECONDS:
            self._kept.append(stamp)

    def landmarks(self, found: Sequence[Epoch]) -> list[tuple[float, int]]:
        """Return their seconds on the rising clock, and their bytes."""
        marks = []
        for stamp in self._kept:
            place = stamp.place or 0
            shift = next((e.shift for e in reversed(found) if place >= e.entries.get(stamp.stream, place + 1)), 0.0)
            marks.append((stamp.start + shift, place))
        return sorted(marks)
