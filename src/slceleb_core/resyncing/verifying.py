"""Making sure that a file which was written anew holds what the other did, and nothing at another time than meant."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from av.packet import Packet

from slceleb_core.errors import VideoError
from slceleb_core.resyncing.containers import Form, carried, coarseness, is_divided, open_source
from slceleb_core.resyncing.remuxing import Move, packets_of

OTHER_KIND = "name an output of the same kind as the source, whose packets stay as they are"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a packet is known by.

    Attributes
    ----------
    size, content
        Bytes, and the checksum (CRC-32) of them.
    time
        When it is shown or heard, seconds; None where the file does not say.
    slack
        Seconds by which that may be off: half the step of its clock.
    """

    size: int
    content: int
    time: Fraction | None
    slack: Fraction

    @classmethod
    def of(cls, packet: Packet[Any]) -> Mark:
        """Return that of a packet."""
        unit, stamp = packet.time_base, packet.pts
        return cls(packet.size, crc32(packet), None if stamp is None else stamp * unit, unit / 2)


class Pairing(Protocol):
    """Compares a stream of one file with that of another, as packets come of either."""

    compared: int

    def take(self, packet: Packet[Any], *, of_source: bool) -> str:
        """Return how a packet differs from what the other file has; empty where it does not, or has to wait."""

    def left(self) -> str:
        """Return what one file has and the other has not, once both have been read; empty where that is nothing."""


@dataclass(slots=True)
class ByPacket:
    """Compares packet by packet.

    Attributes
    ----------
    moved, clock
        As of :func:`unlike`.
    hides
        Whether packets that an edit list hides may be left out at the beginning.
    ahead
        What has come of one and not yet of the other.
    of_source
        Whether that is the source's.
    compared
        How many packets were found to be the same.
    """

    moved: Fraction
    clock: Fraction
    hides: bool
    ahead: deque[Mark] = field(default_factory=deque)
    of_source: bool = True
    compared: int = 0

    def take(self, packet: Packet[Any], *, of_source: bool) -> str:
        """Return how a packet differs from the other file's, once both are there."""
        mark = Mark.of(packet)
        if not self.ahead or self.of_source == of_source:
            self.ahead.append(mark)
            self.of_source = of_source
            return ""
        if not of_source and self.hides:
            self._skip(mark)
            if not self.ahead:
                self.ahead.append(mark)
                self.of_source = of_source
                return ""
        other = self.ahead.popleft()
        if of_source and self.hides and not self.compared and self._is_hidden(mark, other):
            self.ahead.appendleft(other)
            return ""
        self.compared += 1
        source, made = (mark, other) if of_source else (other, mark)
        difference = unlike(source, made, self.moved, self.clock)
        return f"packet {self.compared}: {difference}" if difference else ""

    def _skip(self, made: Mark) -> None:
        """Leave out what the source has before the first packet of what was made, where it is never played."""
        while not self.compared and self.ahead and self._is_hidden(self.ahead[0], made):
            self.ahead.popleft()

    def _is_hidden(self, source: Mark, made: Mark) -> bool:
        """Tell whether a packet is before all that a reader of an edit list is handed."""
        if source.time is None or made.time is None:
            return False
        new = source.time + self.moved
        return new < 0 and new < made.time - made.slack - self.clock

    def left(self) -> str:
        """Return how many packets one file has that the other has not."""
        return f"{len(self.ahead)} packets more or less" if self.ahead else ""


@dataclass(slots=True)
class AsOne:
    """Compares the bytes of a stream as one: samples in MP4 lie one after the other, and each reader divides them.

    Attributes
    ----------
    moved, clock
        As of :func:`unlike`.
    begun
        The first packet of each file, by whether it is the source's.
    sizes, contents
        Bytes of each, and their checksum.
    compared
        How many packets of the source were looked at.
    """

    moved: Fraction
    clock: Fraction
    begun: dict[bool, Mark] = field(default_factory=dict)
    sizes: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    contents: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    compared: int = 0

    def take(self, packet: Packet[Any], *, of_source: bool) -> str:
        """Add a packet; nothing can be said before the end."""
        self.begun.setdefault(of_source, Mark.of(packet))
        self.sizes[of_source] += packet.size
        self.contents[of_source] = crc32(packet, self.contents[of_source])
        self.compared += of_source
        return ""

    def left(self) -> str:
        """Return how the two differ, in bytes or in when they begin."""
        if self.sizes[True] != self.sizes[False] or self.contents[True] != self.contents[False]:
            return f"{self.sizes[False]} bytes that differ from the {self.sizes[True]} of the source"
        if not self.begun:
            return ""
        source, made = (replace(self.begun[which], size=0, content=0) for which in (True, False))
        return unlike(source, made, self.moved, self.clock)


def pairing(stream: Any, form: Form, move: Move) -> Pairing:
    """Return what compares a stream of the source with what was made of it."""
    clock = coarseness(form, stream.container)
    moved = move.of(stream.index)
    return AsOne(moved, clock) if is_divided(stream, form) else ByPacket(moved, clock, form.before_zero)


def verify(source: Path, made: Path, form: Form, move: Move) -> dict[int, int]:
    """Make sure that a file holds the same packets as another, each at its time or moved as was meant.

    Both are read side by side, so what is held is what lies between the places of a moment in them: seconds.

    Parameters
    ----------
    source, made
        The two files.
    form
        Of the second.
    move
        What was meant.

    Returns
    -------
    How many packets each stream has, by index.

    Raises
    ------
    VideoError
        They do not; the message says which stream differs, and how.
    """
    with open_source(source) as given, open_source(made) as written:
        wanted, found = carried(given), carried(written)
        if len(found) != len(wanted):
            raise _differs(source, f"{len(found)} streams instead of {len(wanted)}")
        pairs = {stream.index: pairing(stream, form, move) for stream in wanted}
        as_given = {other.index: stream.index for stream, other in zip(wanted, found, strict=True)}
        for packet, of_source in side_by_side(packets_of(given, source), packets_of(written, made)):
            index = packet.stream.index
            stream = index if of_source else as_given.get(index, -1)
            if stream not in pairs:
                continue
            difference = pairs[stream].take(packet, of_source=of_source)
            if difference:
                raise _differs(source, f"stream {stream}, {difference}")
    for stream, pair in pairs.items():
        difference = pair.left()
        if difference:
            raise _differs(source, f"stream {stream}, {difference}")
    return {stream: pair.compared for stream, pair in pairs.items()}


def _differs(source: Path, how: str) -> VideoError:
    return VideoError(f"{source}: what would be written is not the same: {how}", OTHER_KIND)


def unlike(source: Mark, made: Mark, moved: Fraction, clock: Fraction) -> str:
    """Return how a packet differs from the one that it was made of; empty where it does not.

    Parameters
    ----------
    source, made
        The two.
    moved
        Seconds by which it was meant to be moved.
    clock
        Seconds by which the container's own clock may put it off.
    """
    if (source.size, source.content) != (made.size, made.content):
        return f"{made.size} bytes that differ from the {source.size} of the source"
    if source.time is None or made.time is None:
        return ""
    off = made.time - source.time - moved
    if abs(off) > max(made.slack, clock):
        return f"it is {float(1000 * off):+.3f} ms off its new time"
    return ""


def side_by_side(source: Iterator[Packet[Any]], made: Iterator[Packet[Any]]) -> Iterator[tuple[Packet[Any], bool]]:
    """Yield packets of two files, now of the one, now of the other, and whether they are the first's."""
    reading = [(source, True), (made, False)]
    counts = {True: 0, False: 0}
    while reading:
        packets, of_source = min(reading, key=lambda pair: counts[pair[1]])
        packet = next(packets, None)
        if packet is None:
            reading.remove((packets, of_source))
            continue
        counts[of_source] += 1
        yield packet, of_source
