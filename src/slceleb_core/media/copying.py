"""Taking the pictures of a stretch over as they are stored, where the clip shows just what encoding it would show.

That is so where the picture on display at the beginning can be decoded with nothing that came before, and where those
until the end are the next ones in the order in which they are stored, too. Then no picture lacks another, and none is
there that is not to be seen.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from slceleb_core.media.container import pick_video
from slceleb_core.media.display import UPRIGHT, Viewer
from slceleb_core.media.entry import ENTRIES, codec_of, is_entry
from slceleb_core.media.files import from_source
from slceleb_core.media.halting import Halt
from slceleb_core.media.landing import INDEXED_FORMATS
from slceleb_core.media.seeking import openings
from slceleb_core.media.stamps import PictureClock
from slceleb_core.media.survey import survey_of
from slceleb_core.media.ticks import CLOCK, Placed, on_ticks, tick_of, within

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """The pictures of a stretch that can be taken over.

    Attributes
    ----------
    path
        The file.
    start, end
        The stretch, PTS seconds.
    pictures
        Their time stamps in the file, in the order in which they are stored.
    placed
        The same, on the clip's clock, in the order in which they are shown.
    """

    path: Path
    start: float
    end: float
    pictures: Sequence[int]
    placed: Sequence[Placed[int]]

    def add_to(self, container: OutputContainer, halt: Halt) -> Iterator[Packet[Any]]:
        """Add a video stream to a container, and yield the packets for it."""
        found = from_source(self.path, self._stored(halt))
        first = next(found)
        # opaque: for codecs that this build of libav can only decode
        stream: Any = container.add_stream_from_template(first.stream, opaque=True)
        stream.time_base = CLOCK
        return self._timed(first, found, stream)

    def _stored(self, halt: Halt) -> Iterator[Packet[Any]]:
        """Yield the packets, as they are in the file, in their order."""
        for container, stream, whole in openings(self.path, partial(pick_video, path=self.path), self.start):
            waiting = iter(self.pictures)
            wanted = next(waiting, None)
            for packet in halt.watching(container.demux(stream)):
                if packet.pts == wanted and packet.size:
                    wanted = next(waiting, None)
                    yield packet
                if wanted is None:
                    return
                if wanted == self.pictures[0] and not whole and is_behind(packet, self.end):
                    break
        raise EOFError("it has changed while it was read")

    def _timed(self, first: Packet[Any], others: Iterator[Packet[Any]], stream: Any) -> Iterator[Packet[Any]]:
        """Yield packets with their times in the clip: that of decoding is never behind that of showing.

        In MP4 the durations of samples lie between decodings. So the last one stored has what makes their sum right.
        """
        shown = {placed.picture: placed for placed in self.placed}
        begins = [placed.begin for placed in self.placed]
        late = max(begin - shown[pts].begin for begin, pts in zip(begins, self.pictures, strict=True))
        packet: Packet[Any] | None = first
        for step in self.placed:
            if packet is None:
                return
            picture, following = shown[packet.pts or 0], next(others, None)
            packet.stream, packet.time_base = stream, CLOCK
            packet.pts, packet.dts = picture.begin, step.begin - late
            packet.duration = step.ticks if following is None else picture.ticks
            yield packet
            packet = following


def copies(path: Path, canvas: tuple[int, int], start: float, end: float, halt: Halt) -> Iterator[Copy]:
    """Yield how a stretch's pictures are taken over; nothing where they cannot be, which is logged with the reason.

    Parameters
    ----------
    path
        The file.
    canvas
        Width and height of a clip of it: only pictures of that size are taken, stored upright and in square pixels.
    start, end
        The stretch, PTS seconds.
    halt
        By which this can be broken off.

    Raises
    ------
    VideoError
        The file cannot be read.
    HaltedError
        It was broken off.
    """
    for container, stream, whole in openings(path, partial(pick_video, path=path), start):
        found = reason_against(container, stream) or taken(container, stream, path, start, end, halt)
        reason = found if isinstance(found, str) else found.reason_against(canvas)
        if not isinstance(found, str) and not reason:
            yield found.copy
            return
        if whole or reason != NO_ENTRY:
            log.info("%s: the pictures from %.3f s to %.3f s are encoded: %s", path, start, end, reason)
            return


NO_ENTRY = "no picture before them begins afresh"
"""Why nothing can be taken over from where reading has begun; it may be another matter from further back."""


ODD = "their times, or they themselves, have to be mended"
"""Why what is damaged is not taken over, nor what only a decoder could put in order."""


def reason_against(container: InputContainer, stream: VideoStream) -> str:
    """Return why nothing is taken over of a stream, wherever; empty where something may be."""
    if not INDEXED_FORMATS & set(container.format.name.split(",")) or survey_of(container).epochs:
        return f"the times of {container.format.name} may have to be mended"
    codec = codec_of(stream)
    return "" if codec in ENTRIES and stream.time_base is not None else f"{codec} is not taken over"


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch that can be taken over, if its first picture is one of the clip's."""

    stream: VideoStream
    head: Packet[Any]
    copy: Copy

    def reason_against(self, canvas: tuple[int, int]) -> str:
        """Return why the picture that it begins with is none that can be taken over; empty where it is."""
        viewer = Viewer(self.stream)
        pictures = [*self.stream.decode(self.head), *self.stream.decode(None)]
        if len(pictures) != 1 or not pictures[0].key_frame:
            return "what it begins with is no picture of its own"
        picture = pictures[0]
        shape = next(viewer.stored(iter([(self.copy.start, picture)])))[1].shape
        stored = (picture.width, picture.height) == (shape.width, shape.height) == canvas
        if not stored or shape.orientation != UPRIGHT:
            return "they are stored turned, in pixels that are no squares, or in another size"
        return "they are interlaced" if picture.interlaced_frame else ""


def taken(
    container: InputContainer, stream: VideoStream, path: Path, start: float, end: float, halt: Halt
) -> Taken | str:
    """Return what can be taken over from where a container stands, or why nothing can."""
    found = gathered(container, stream, start, end, halt)
    if isinstance(found, str):
        return found
    head, stamps = found
    unit = stream.time_base or CLOCK
    timed = [(float(pts * unit), pts) for pts in sorted(stamps)]
    placed = list(within(on_ticks(timed, start, PictureClock(stream).period), max(tick_of(end, start), 1)))
    if not placed or placed[0].picture != stamps[0]:
        return "no key picture is on display where they begin"
    if {shown.picture for shown in placed} != set(stamps[: len(placed)]):
        return "at the end, one that is shown later is stored before one that is shown"
    if not is_entry(stream, head):
        return "the key picture that they begin with leads to pictures made from earlier ones"
    return Taken(stream, head, Copy(path, start, end, stamps[: len(placed)], placed))


def gathered(
    container: InputContainer, stream: VideoStream, start: float, end: float, halt: Halt
) -> tuple[Packet[Any], list[int]] | str:
    """Return the last key packet at or before `start`, and the time stamps from it on; a reason where they are odd."""
    head: Packet[Any] | None = None
    stamps: list[int] = []
    flaw, latest = "", -math.inf
    for packet in halt.watching(container.demux(stream)):
        if not packet.size:
            break
        pts = packet.pts
        if pts is None:
            return ODD
        if packet.is_keyframe and pts > latest and tick_of(float(pts * packet.time_base), start) <= 0:
            head, stamps, flaw = packet, [], ""
        if head is not None:
            stamps.append(pts)
            flaw = flaw or flaw_of(packet, pts, stamps[0])
        latest = max(latest, pts)
        if is_behind(packet, end):
            break
    if head is None:
        return NO_ENTRY
    return flaw or (ODD if len(set(stamps)) < len(stamps) else (head, stamps))


def flaw_of(packet: Packet[Any], pts: int, first: int) -> str:
    """Return why a packet cannot be taken over behind the one that is shown at `first`; empty where it can."""
    if packet.is_discard:
        return "an edit list hides one of them"
    if pts < first:
        return "some are shown before the key picture that they are stored behind"
    broken = packet.is_corrupt or packet.has_sidedata("new_extradata")
    return ODD if broken or (packet.dts is not None and pts < packet.dts) else ""


def is_behind(packet: Packet[Any], end: float) -> bool:
    """Tell whether all that is stored from a packet on is shown at or behind a PTS second."""
    return bool(packet.size) and packet.dts is not None and float(packet.dts * packet.time_base) >= end
