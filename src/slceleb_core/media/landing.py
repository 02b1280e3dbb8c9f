"""Where reading can begin for a part of a video, so that what lies before it need not be decoded.

The pictures before are counted by their packets, which takes a hundredth of the time that decoding takes. That holds
only for formats and codecs in which a packet is a picture, and it is checked: against the first pictures of the file
here, and against those from the landing to the part by whoever reads on from there.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from slceleb_core.media.container import open_media, pick_video
from slceleb_core.media.survey import survey_of

INDEXED_FORMATS = frozenset({"mov", "matroska"})
"""Formats (libavformat's names) that give every picture a time stamp and can be sought in by it."""

PICTURE_CODECS = frozenset({"h264", "hevc", "vp9", "av1"})
"""Codecs (libavcodec's names) of which, in these formats, each packet shows one picture. VP8 stores pictures that are
never shown in packets of their own, MPEG-4 part 2 packets without a picture."""

CHECKED = 48
"""Packets at the beginning of the file whose pictures are compared with their time stamps: more than any decoder
keeps back (16 pictures, H.264), and so few that they cost a twentieth of a second."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A key frame to read on from.

    Attributes
    ----------
    pts
        Its time stamp, in units of the stream's time base.
    index
        Its number in the file.
    first
        The number of the first picture of the part.
    """

    pts: int
    index: int
    first: int


@dataclass(frozen=True, slots=True)
class _Survey:
    """The time stamps of a video's beginning, in order of time, and those of its key frames, both in units."""

    stamps: Sequence[int]
    keys: Sequence[int]


def find_landing(path: Path, start: float) -> Landing | None:
    """Return where to read on from; None where decoding from the beginning is as good, or the only way to be exact.

    It is the last key frame but one before the part: a decoder that needs a few pictures to settle, as after an open
    group of pictures or with gradual refresh, has settled when the part begins.

    Parameters
    ----------
    path
        The file.
    start
        PTS seconds at which the part begins.

    Raises
    ------
    VideoError
        As :class:`~slceleb_core.media.video.VideoReader`.
    """
    with open_media(path) as container:
        stream = pick_video(container, path)
        if not _countable(container, stream) or stream.time_base is None:
            return None
        unit = stream.time_base
        try:
            survey = _survey(container, stream, start)
        except av.FFmpegError:
            return None
        if survey is None:
            return None
        earlier = [pts for pts in survey.keys if float(pts * unit) <= start]
        if len(earlier) < 3:  # the last but one would be the first of the file, where reading begins anyhow
            return None
        first = bisect_left(survey.stamps, start, key=lambda pts: float(pts * unit))
        return Landing(earlier[-2], bisect_left(survey.stamps, earlier[-2]), first)


def _countable(container: InputContainer, stream: VideoStream) -> bool:
    known = INDEXED_FORMATS & set(container.format.name.split(","))
    return bool(known) and not survey_of(container).epochs and stream.codec_context.name in PICTURE_CODECS


def _survey(container: InputContainer, stream: VideoStream, start: float) -> _Survey | None:
    """Return the time stamps up to the first key frame behind `start`; None where they cannot be relied on."""
    stamps: list[int] = []
    keys: list[int] = []
    shown: list[int | None] = []
    latest, floor = -math.inf, -math.inf  # of all packets, and of those before the last key frame
    for packet in container.demux(stream):
        if packet.size == 0:
            break
        if len(stamps) < CHECKED:
            shown += [picture.pts for picture in stream.decode(packet)]
        if packet.is_discard:
            continue  # an edit list leaves it out: it is decoded, and not shown
        pts = packet.pts
        if pts is None or packet.is_corrupt or pts <= floor or (packet.dts is not None and pts < packet.dts):
            return None
        stamps.append(pts)
        if packet.is_keyframe:
            if pts <= latest:
                return None  # no picture that is stored before a key frame is shown after it
            keys.append(pts)
            floor = latest
            if float(pts * packet.time_base) > start:
                break
        latest = max(latest, pts)
    stamps.sort()
    distinct = all(before < after for before, after in itertools.pairwise(stamps))
    return _Survey(stamps, keys) if distinct and shown == stamps[: len(shown)] else None
