"""Going to another place of a file: the one door through which every seek passes.

A seek that fails is not harmless. libav may have read on by then (AVI: the packet of the first picture, without which
all that follow are grey), and says nothing of where it stands. So a caller that is told of a failure opens the file
again and reads from its start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from slceleb_core.media.container import open_media, seconds
from slceleb_core.media.survey import survey_of

PREROLL_SECONDS = (1.0, 10.0)
"""How far before a stretch decoding begins, tried in turn before the start of the file: seeking goes by decoding time
and, in formats without an index, by guess, so that the first attempt may land too late. A second is also far more than
an audio decoder needs to settle."""

BYTE_FORMATS = frozenset({"mpegts", "mpeg"})
"""Formats (libavformat's names) in which reading can begin at any byte: they were made for broadcasts."""

StreamT = TypeVar("StreamT", VideoStream, AudioStream)


def seek_before(container: InputContainer, stream: VideoStream | AudioStream, time: float) -> bool:
    """Go to the last key frame at or before a PTS second, and tell whether that was done.

    Nothing is tried where that lies at or before the stream's own start: reading from there begins by opening the file.
    Formats without an index are sought in by guess, and land where they do: what comes first has to be looked at.
    """
    survey = survey_of(container)
    if survey.epochs:
        return seek_to_byte(container, survey.place_before(time))
    if stream.time_base is None or not is_behind_start(stream, time):
        return False
    return seek_to(container, stream, math.floor(time / stream.time_base))


def seek_to_byte(container: InputContainer, place: int | None) -> bool:
    """Go to a byte of a file whose time stamps cannot be sought by, and tell whether that was done."""
    if place is None or not BYTE_FORMATS & set(container.format.name.split(",")):
        return False
    try:
        container.seek(place, unsupported_byte_offset=True)
    except (av.FFmpegError, OverflowError):
        return False
    return True


def seek_to(container: InputContainer, stream: VideoStream | AudioStream, pts: int) -> bool:
    """Go to the last key frame at or before a time stamp, in units of the stream, and tell whether that was done."""
    try:
        container.seek(pts, stream=stream)
    except (av.FFmpegError, OverflowError):  # no index, a hole, or a time that no file could hold
        return False
    return True


def is_behind_start(stream: VideoStream | AudioStream, time: float) -> bool:
    """Tell whether a PTS second lies behind the start that a stream states."""
    return time > (seconds(stream.start_time, stream.time_base) or 0.0)


def openings(
    path: Path, pick: Callable[[InputContainer], StreamT | None], time: float
) -> Iterator[tuple[InputContainer, StreamT, bool]]:
    """Yield a file anew for each attempt to read from before a PTS second on, with its stream, as long as it has one.

    Each stands further back than the one before. The last one, and with it comes True, stands at the start of the file,
    where every reading is exact. Whoever has one that serves does not ask for the next.

    Parameters
    ----------
    path
        The file.
    pick
        Chooses the stream.
    time
        PTS seconds.
    """
    for preroll in PREROLL_SECONDS:
        with open_media(path) as container:
            stream = pick(container)
            if stream is None:
                return
            if not is_behind_start(stream, time - preroll):
                yield container, stream, True
                return
            if seek_before(container, stream, time - preroll):
                yield container, stream, False
    with open_media(path) as container:
        stream = pick(container)
        if stream is not None:
            yield container, stream, True
