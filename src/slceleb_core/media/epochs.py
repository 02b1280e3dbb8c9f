"""Where a file's clock begins anew, and by how much each part has to be shifted so that time goes on: arithmetic only.

Recordings that were joined byte by byte, the cells of a DVD, a live stream whose encoder was started again: in each the
time stamps step back and stay there. What lies between two such steps is an epoch. All streams of an epoch are shifted
by the same time, so that lips and sound stay in step. But each enters it at its own place, as files hold the last
pictures and the last sound of what came before in no strict order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

STEP_BACK = 0.5
"""Seconds by which the time stamps of a stream must step back before that can be a restart: more than the jitter of
live captures, and what is less costs no more than that much picture and sound."""

REORDERED = 17
"""Pictures that a stamp may lie behind the latest one because pictures are stored out of order: one more than H.264
and HEVC allow."""

CONFIRMED = 2
"""Packets of the same stream that must follow behind a step back, before it is a restart and not a stray stamp."""

STRAY_AHEAD = 1.0
"""Seconds by which a stamp may jump ahead before the next one has to confirm it, as where pictures are timed."""

UNEVEN = 0.1
"""Seconds by which a stream must be off what was expected before it may have entered an epoch there without stepping
back: five packets of sound."""

NEAR = 5.0
"""Seconds within which the streams of an epoch agree on the time: more than any muxer takes them apart (libavformat
interleaves within ten packets, or 0.7 s)."""


class Stamp(NamedTuple):
    """What is looked at of a packet.

    Attributes
    ----------
    stream
        Number of its stream.
    start, end
        PTS seconds.
    clock
        What the file itself says for `start`, where libav has added a turn of the counter.
    place
        Byte at which it lies; None where that is not known.
    """

    stream: int
    start: float
    end: float
    clock: float
    place: int | None


@dataclass(frozen=True, slots=True)
class Seam:
    """Where a stream does not go on as it did.

    Attributes
    ----------
    number
        Of the packet in the file.
    before
        Until when the stream had come, seconds.
    stamp
        Of the first packet behind it.
    stood
        Where all streams stood, its own among them: the latest `Stamp.start` by stream.
    back
        Whether it steps back.
    opening
        Whether there is nothing before it but what the stream opens with, whose stamp may be astray.
    """

    number: int
    before: float
    stamp: Stamp
    stood: Mapping[int, float]
    back: bool
    opening: bool = False


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of a file with a clock of its own.

    Attributes
    ----------
    time
        Second of the rising clock at which it begins.
    clock
        Second that the file says there.
    shift
        Seconds to be added to its stamps.
    entries
        Byte at which each stream enters it; a stream that goes on undisturbed has none.
    """

    time: float
    clock: float
    shift: float
    entries: Mapping[int, int]


@dataclass(slots=True)
class _StreamClock:
    """How far one stream has come.

    What it opens with may have a stray stamp: all that a parser makes of one packet of the file, which has one place.
    """

    latest: Stamp
    end: float
    opening: bool = True
    waiting: list[Stamp] = field(default_factory=list)
    waiting_since: int = 0
    stood: Mapping[int, float] = field(default_factory=dict)


class SeamFinder:
    """Is shown the packets of a file in order, and keeps where streams do not go on as they did.

    Seams behind which too little of the file is left to confirm them are none.
    """

    def __init__(self) -> None:
        self._found: list[Seam] = []
        self._clocks: dict[int, _StreamClock] = {}
        self._number = 0

    @property
    def seams(self) -> list[Seam]:
        """Where streams do not go on as they did, in the order in which the packets lie in the file."""
        return sorted(self._found, key=lambda seam: seam.number)

    @property
    def ends(self) -> dict[int, float]:
        """How far each stream has come, PTS seconds, unshifted."""
        return {number: clock.end for number, clock in self._clocks.items()}

    def take(self, stamp: Stamp) -> None:
        """Look at the next packet of the file."""
        self._number += 1
        clock = self._clocks.get(stamp.stream)
        if clock is None:
            self._clocks[stamp.stream] = _StreamClock(stamp, stamp.end)
        elif clock.waiting and self._confirms(clock, stamp):
            self._believe(clock, stamp)
        elif self._is_off(clock.latest, clock.end, stamp):
            clock.waiting, clock.waiting_since = [stamp], self._number
            clock.stood = {number: other.latest.start for number, other in self._clocks.items()}
        else:
            clock.waiting = []
            self._go_on(clock, stamp)

    @staticmethod
    def _is_off(latest: Stamp, end: float, stamp: Stamp) -> bool:
        """Tell whether a packet has to be confirmed by others: it steps back, or far ahead."""
        return _steps_back(latest, stamp) or stamp.start > end + STRAY_AHEAD

    @staticmethod
    def _confirms(clock: _StreamClock, stamp: Stamp) -> bool:
        """Tell whether a packet goes on from those that wait, rather than from what was before."""
        reached = max(stamp.end for stamp in clock.waiting)
        return abs(stamp.start - reached) < abs(stamp.start - clock.end)

    def _believe(self, clock: _StreamClock, stamp: Stamp) -> None:
        """Add a packet to those that wait; if that is enough, the stream goes on from there."""
        clock.waiting.append(stamp)
        back = _steps_back(clock.latest, clock.waiting[0])
        if len(clock.waiting) <= (CONFIRMED if back else 1):
            return
        self._keep(clock, back=back)
        clock.latest = max(clock.waiting, key=lambda stamp: stamp.start)
        clock.end = max(stamp.end for stamp in clock.waiting)
        clock.waiting, clock.opening = [], False

    def _keep(self, clock: _StreamClock, *, back: bool) -> None:
        """Keep where a stream does not go on as it did."""
        place = next((stamp.place for stamp in clock.waiting if stamp.place is not None), None)
        first = clock.waiting[0]._replace(place=place)
        self._found.append(Seam(clock.waiting_since, clock.end, first, clock.stood, back, back and clock.opening))

    def _go_on(self, clock: _StreamClock, stamp: Stamp) -> None:
        if stamp.start > clock.end + UNEVEN:
            stood = {number: other.latest.start for number, other in self._clocks.items()}
            self._found.append(Seam(self._number, clock.end, stamp, stood, back=False))
        if stamp.start >= clock.latest.start:
            clock.latest = stamp
        clock.end = max(clock.end, stamp.end)
        clock.opening = clock.opening and stamp.place is None


def _steps_back(latest: Stamp, stamp: Stamp) -> bool:
    """Tell whether a packet lies too far behind the latest one; also where a turn of the counter hides it."""
    bound = max(STEP_BACK, REORDERED * (stamp.end - stamp.start))
    turned = stamp.clock != stamp.start and stamp.start > latest.start + bound
    return stamp.start < latest.start - bound or (turned and stamp.clock < latest.clock - bound)


@dataclass(slots=True)
class _Border:
    """The seams of one restart, by stream."""

    seams: dict[int, Seam]

    def takes(self, seam: Seam) -> bool:
        """Tell whether a seam is of the same restart: a stream that is not here yet, and agrees on the time."""
        if seam.stamp.stream in self.seams:
            return False
        stands = [seam.stood.get(number, own.stamp.start) for number, own in self.seams.items()]
        stands += [own.stamp.start for own in self.seams.values()]
        return any(abs(stand - seam.stamp.start) <= NEAR for stand in stands)


def borders(seams: Sequence[Seam]) -> Iterator[dict[int, Seam]]:
    """Yield the seams of each restart, by stream.

    A restart is where some stream steps back. The others enter the same epoch where they step back too, or, as some end
    earlier than others, jump to where the first one stands.
    """
    seams = [seam for seam in seams if not seam.opening or any(_bears_out(other, seam) for other in seams)]
    found: list[_Border] = []
    for seam in seams:
        if found and found[-1].takes(seam):
            found[-1].seams[seam.stamp.stream] = seam
        elif seam.back:
            found.append(_Border({seam.stamp.stream: seam}))
    after = -1
    for border in found:
        _fetch(border, seams, after)
        after = max(seam.number for seam in border.seams.values())
        yield border.seams


def _bears_out(other: Seam, seam: Seam) -> bool:
    """Tell whether another stream steps back where one did behind its opening: so that was no stray stamp."""
    own = seam.stamp.stream
    if not other.back or other.stamp.stream == own or abs(other.stamp.start - seam.stamp.start) > NEAR:
        return False
    stands = other.stood.get(own, other.stamp.start)  # a parser keeps the opening back until the next packet comes
    return min(abs(stands - seam.stood[own]), abs(stands - other.stamp.start)) <= NEAR


def _fetch(border: _Border, seams: Sequence[Seam], after: int) -> None:
    """Add streams that jumped forward into the epoch before the first one was seen to step back."""
    opening = min(seam.number for seam in border.seams.values())
    for seam in reversed(seams):
        if after < seam.number < opening and not seam.back and border.takes(seam):
            border.seams[seam.stamp.stream] = seam


def epochs(seams: Sequence[Seam]) -> list[Epoch]:
    """Return the epochs of a file but the first, which is not shifted."""
    shifts: dict[int, float] = {}
    found = []
    for border in borders(seams):
        time = max(seam.before + shifts.get(stream, 0.0) for stream, seam in border.items())
        begins = min(seam.stamp.start for seam in border.values())
        first = min(border.values(), key=lambda seam: seam.stamp.start).stamp
        shift = time - begins
        entries = {stream: seam.stamp.place for stream, seam in border.items() if seam.stamp.place is not None}
        shifts.update(dict.fromkeys(border, shift))
        found.append(Epoch(time, begins + first.clock - first.start, shift, entries))
    return found
