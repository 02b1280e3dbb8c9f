"""Making sure that a file which was written anew holds what the other did, and nothing at another time than meant."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

from av.packet import Packet

from slceleb_core.errors import VideoError
from slceleb_core.resyncing.containers import Form, open_source
from slceleb_core.resyncing.remuxing import MILLISECOND, Move, packets_of

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


@dataclass(slots=True)
class Pairing:
    """Compares two streams packet by packet, as they come.

    Attributes
    ----------
    ahead
        What has come of one and not yet of the other.
    of_source
        Whether that is the source's.
    compared
        How many packets were found to be the same.
    """

    ahead: deque[Mark] = field(default_factory=deque)
    of_source: bool = True
    compared: int = 0

    def take(self, mark: Mark, *, of_source: bool) -> tuple[Mark, Mark] | None:
        """Return the pair that a mark completes, the source's first; None where it has to wait."""
        if not self.ahead or self.of_source == of_source:
            self.ahead.append(mark)
            self.of_source = of_source
            return None
        other = self.ahead.popleft()
        self.compared += 1
        return (mark, other) if of_source else (other, mark)


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
        pairs = {stream.index: Pairing() for stream in given.streams}
        if len(written.streams) != len(given.streams):
            raise _differs(source, f"{len(written.streams)} streams instead of {len(given.streams)}")
        clock = MILLISECOND if form.family == "matroska" else Fraction(0)
        for packet, of_source in side_by_side(packets_of(given, source), packets_of(written, made)):
            stream = packet.stream.index
            pair = pairs[stream].take(Mark.of(packet), of_source=of_source)
            if pair is not None:
                difference = unlike(
                    *pair, Fraction(move.ticks(stream, _unit(given, stream))) * _unit(given, stream), clock
                )
                if difference:
                    raise _differs(source, f"packet {pairs[stream].compared} of stream {stream}: {difference}")
    for stream, pairing in pairs.items():
        if pairing.ahead:
            raise _differs(source, f"stream {stream} has {len(pairing.ahead)} packets more or less")
    return {stream: pairing.compared for stream, pairing in pairs.items()}


def _unit(container: Any, stream: int) -> Fraction:
    return Fraction(container.streams[stream].time_base)


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
        Seconds by which the container's own clock is coarser than that of its streams.
    """
    if (source.size, source.content) != (made.size, made.content):
        return f"{made.size} bytes that differ from the {source.size} of the source"
    if source.time is None or made.time is None:
        return ""
    off = made.time - source.time - moved
    if abs(off) > max(made.slack, clock / 2):
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
