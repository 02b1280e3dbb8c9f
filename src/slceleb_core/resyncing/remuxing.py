"""Writing a file anew with some of its streams at other times: packet by packet, not one of them decoded."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from slceleb_core.disk.refusals import phrase, refusal
from slceleb_core.errors import VideoError
from slceleb_core.media.container import MISSING_SECONDS, stated_end
from slceleb_core.media.files import from_source
from slceleb_core.resyncing.containers import MP4, Form, carried, is_divided, no_stream, open_source, options_of

log = logging.getLogger(__name__)

MILLISECOND = Fraction(1, 1000)
"""The step in which streams are moved: that of Matroska's clock, and of what is said."""


HIDDEN = Fraction(9, 10)
"""Seconds of samples that an edit list of MP4 may hide: libav reads no further back than a second, and of what lies
before it could not be seen whether it is there."""


@dataclass(frozen=True, slots=True)
class Move:
    """By how much the streams of a file are moved.

    Attributes
    ----------
    sound
        Seconds that are added to the times of the sound; negative: it is heard earlier.
    streams
        Indices of the streams that are the sound.
    whole
        Seconds that are added to all times, those of the sound included, as the container has none before 0.
    """

    sound: Fraction
    streams: frozenset[int]
    whole: Fraction = Fraction(0)

    def of(self, stream: int) -> Fraction:
        """Return the seconds that are added to the times of a stream, by its index."""
        return self.whole + (self.sound if stream in self.streams else 0)


@dataclass(frozen=True, slots=True)
class Scan:
    """What going through the packets of a file has told.

    Attributes
    ----------
    earliest
        Of each stream with packets, by index: the earliest time at which one is shown or heard, seconds.
    decoded
        The same of when one is decoded.
    plain
        Those whose samples are not compressed.
    """

    earliest: Mapping[int, Fraction]
    decoded: Mapping[int, Fraction]
    plain: frozenset[int] = frozenset()

    def move(self, sound: Fraction, streams: frozenset[int], form: Form) -> Move:
        """Return how the sound is moved, and all of the file where that needs it."""
        first = self.earliest if form.family == "matroska" else self.decoded
        if form.before_zero:
            first = {stream: time + HIDDEN for stream, time in first.items() if stream in self.plain}
        lowest = min((time + (sound if stream in streams else 0) for stream, time in first.items()), default=sound * 0)
        missing = max(-lowest, Fraction(0))
        return Move(sound, streams, math.ceil(missing / MILLISECOND) * MILLISECOND)


def scan(path: Path) -> Scan:
    """Go through all packets of a file.

    Raises
    ------
    VideoError
        It cannot be read to its end, or is one whose times cannot be moved.
    """
    earliest: dict[int, Fraction] = {}
    decoded: dict[int, Fraction] = {}
    reached = -math.inf
    with open_source(path) as container:
        for packet in packets_of(container, path):
            unit = packet.time_base
            for times, stamp in (
                (earliest, packet.pts),
                (decoded, packet.dts if packet.dts is not None else packet.pts),
            ):
                if stamp is not None:
                    times[packet.stream.index] = min(times.get(packet.stream.index, stamp * unit), stamp * unit)
            if packet.pts is not None and not packet.is_discard:
                reached = max(reached, float((packet.pts + (packet.duration or 0)) * unit))
        end = stated_end(container)
        plain = frozenset(stream.index for stream in container.streams if is_divided(stream, MP4))
    if end is not None and reached < end - MISSING_SECONDS:
        what = f"{path}: it ends at {max(reached, 0.0):.1f} s of {end:.1f} s, and is not written anew"
        raise VideoError(what, "its download or recording was cut short: get it again")
    return Scan(earliest, decoded, plain)


def packets_of(container: InputContainer, path: Path) -> Iterator[Packet[Any]]:
    """Yield the packets of all streams that a file begins with.

    Raises
    ------
    VideoError
        It cannot be read on, or another stream begins on the way.
    """
    known = len(container.streams)
    try:
        for packet in from_source(path, container.demux()):
            if packet.size or packet.pts is not None:
                if packet.stream.index >= known:
                    raise VideoError(f"{path}: a stream begins on the way", "write it anew as one file first")
                yield packet
    except IndexError:
        return  # PyAV stumbles when it flushes streams that only appeared at the end, and hold nothing


def remux(source: Path, partial: Path, form: Form, move: Move) -> None:
    """Write a file with the packets of another, some of them at other times.

    Streams come in the same order with the same codecs, languages, dispositions and rotation; chapters, tags and
    attachments are taken over as well.

    Parameters
    ----------
    source
        What is read.
    partial
        What is written; it is there, empty.
    form
        What kind of container.
    move
        By how much.

    Raises
    ------
    VideoError
        The source cannot be read, or holds what the container cannot.
    OSError
        It cannot be written; libav's errors with a number of the disk's as well.
    """
    with (
        open_source(source) as given,
        av.open(f"file:{partial}", "w", format=form.name, options=options_of(form, given)) as made,
    ):
        outputs = {stream.index: added(made, stream, form, source) for stream in carried(given)}
        made.metadata.update(given.metadata)
        made.set_chapters([moved_chapter(chapter, move.whole) for chapter in given.chapters()])
        try:
            made.start_encoding()
            for packet in packets_of(given, source):
                output = outputs.get(packet.stream.index)
                if output is not None:
                    made.mux_one(moved(packet, output, move))
            made.close()  # here, where what it says can be told from what else goes wrong
        except (av.FFmpegError, ValueError) as error:
            if isinstance(error, av.FFmpegError) and refusal("", error) is not None:
                raise
            raise VideoError(
                f"{source}: cannot be written as {form.name}: {phrase(error)}",
                "name an output of another kind, such as .mkv, or encode it anew",
            ) from error


def moved(packet: Packet[Any], stream: Any, move: Move) -> Packet[Any]:
    """Return a packet as one of an output's stream, at its new time, to the nearest tick of that stream's clock.

    AVI may count in whole packets: on its own clock, sound could be moved by 24 ms at a time.
    """
    given, unit, later = packet.time_base, stream.time_base, move.of(packet.stream.index)
    packet.pts = None if packet.pts is None else round((packet.pts * given + later) / unit)
    packet.dts = None if packet.dts is None else round((packet.dts * given + later) / unit)
    packet.duration = round((packet.duration or 0) * given / unit)
    packet.stream, packet.time_base = stream, unit
    return packet


def moved_chapter(chapter: Any, whole: Fraction) -> Any:
    """Return a chapter at its new time."""
    ticks = round(whole / chapter["time_base"])
    return {**chapter, "start": chapter["start"] + ticks, "end": chapter["end"] + ticks}


def added(container: OutputContainer, stream: Any, form: Form, source: Path) -> Any:
    """Add a stream to an output that is as one of the source is.

    Raises
    ------
    VideoError
        The container cannot hold it.
    """
    try:
        # opaque: also for codecs that this build of libav can only decode
        made: Any = container.add_stream_from_template(stream, opaque=True)
    except (ValueError, av.FFmpegError) as error:
        raise no_stream(source, stream.type, stream.index, phrase(error)) from error
    made.metadata.update(stream.metadata)
    made.disposition = stream.disposition
    context = made.codec_context
    same = form.family in stream.container.format.name.split(",")
    if context is not None and same:
        context.codec_tag = stream.codec_context.codec_tag  # hvc1 must not become hev1, which some do not play
    if form.family == "mpegts" and same:
        made.id = stream.id
    return made
