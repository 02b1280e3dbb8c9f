"""Which files can be written with other time stamps, and how: what each kind of container can hold, and what not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import InputContainer

from slceleb_core.errors import OutputError, VideoError
from slceleb_core.media.container import open_media
from slceleb_core.media.protection import encrypted_streams
from slceleb_core.media.survey import survey_of

COPIED_AS_IT_IS = {"avoid_negative_ts": "disabled"}
"""Options of all muxers: no time is moved but by us."""

GENERATE_TIMES = 0x0001
"""``AVFMT_FLAG_GENPTS`` of libavformat: times of showing that a file does not state follow from those of decoding."""

DISCARD_ALL = 48
"""``AVDISCARD_ALL`` of libavcodec: no packet of a stream is handed out."""

FINEST = 1_000_000
"""Ticks a second of the clock on which MP4 says how late a stream begins, at most; its own default is 1,000."""


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of container.

    Attributes
    ----------
    name
        libavformat's.
    before_zero
        Whether times before 0 can be written, as in MP4 by an edit list.
    options
        Of its muxer.
    family
        Of which sources it keeps the codecs' tags: libavformat's name of their kind.
    """

    name: str
    before_zero: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    family: str = ""


MP4 = Form("mp4", before_zero=True, options={"movflags": "+faststart"}, family="mov")
MOV = Form("mov", before_zero=True, options={"movflags": "+faststart"}, family="mov")
MATROSKA = Form("matroska", family="matroska")
TRANSPORT = Form("mpegts", options={"mpegts_copyts": "1"}, family="mpegts")
BLU_RAY = Form("mpegts", options={"mpegts_copyts": "1", "mpegts_m2ts_mode": "1"}, family="mpegts")

FORMS = {
    ".mp4": MP4,
    ".m4v": MP4,
    ".mov": MOV,
    ".qt": MOV,
    ".mkv": MATROSKA,
    ".webm": Form("webm", family="matroska"),
    ".ts": TRANSPORT,
    ".mts": BLU_RAY,
    ".m2ts": BLU_RAY,
}
"""By the ending of a file's name. AVI counts samples and has no times; a programme stream (MPEG-1 and 2) has one time
for several pictures, and a clock of its own that says when bytes arrive."""

MATROSKA_HINT = "name an output that ends with .mkv, which holds the same streams: --output NAME.mkv"


def form_of(target: Path) -> Form:
    """Return the kind of container that a file's name asks for.

    Raises
    ------
    OutputError
        It is none whose times can be moved freely.
    """
    form = FORMS.get(target.suffix.lower())
    if form is None:
        raise OutputError(f"{target}: the time stamps of such a file cannot be moved freely", MATROSKA_HINT)
    return form


def options_of(form: Form, container: InputContainer) -> dict[str, str]:
    """Return the options of a muxer for the streams of a source."""
    options = {**COPIED_AS_IT_IS, **form.options}
    if form.family == "mov":
        options["movie_timescale"] = str(fine_clock(container))
        if any("." in name for name in container.metadata):  # keys of QuickTime, as telephones write them
            options["movflags"] += "+use_metadata_tags"
    return options


def fine_clock(container: InputContainer) -> int:
    """Return ticks a second in which all streams can say exactly when they begin, or nearly."""
    ticks = 1000
    for stream in container.streams:
        finer = math.lcm(ticks, (stream.time_base or Fraction(1, 1000)).denominator)
        ticks = finer if finer <= FINEST else ticks
    return ticks


def coarseness(form: Form, container: InputContainer) -> Fraction:
    """Return by how many seconds a container's own clock may put the times of a source off, beside the streams' own."""
    if form.family == "matroska":
        return Fraction(1, 2000)
    return Fraction(1, fine_clock(container)) if form.family == "mov" else Fraction(0)


def is_divided(stream: Any, form: Form) -> bool:
    """Tell whether the samples of a stream lie one after the other in a container, and each reader divides them."""
    context = stream.codec_context
    return form.family == "mov" and context is not None and context.name.startswith("pcm_")


def carried(container: InputContainer) -> list[Any]:
    """Return the streams that are taken over, in their order.

    Of MP4 two kinds are not, as its muxer makes them anew: the titles of chapters, which libav itself discards, and the
    time code, which is a tag of the pictures as well.
    """
    return [stream for stream in container.streams if not is_made_anew(stream)]


def is_made_anew(stream: Any) -> bool:
    """Tell whether a stream follows from chapters or tags."""
    if stream.type != "data" or "mov" not in stream.container.format.name.split(","):
        return False
    return bool(getattr(stream, "discard", 0) == DISCARD_ALL or "timecode" in stream.metadata)


def open_source(path: Path) -> InputContainer:
    """Open a file whose packets can be written with other times.

    Raises
    ------
    VideoError
        It cannot be read, is encrypted, or has a clock that begins anew.
    """
    container = open_media(path)
    try:
        container.flags |= GENERATE_TIMES  # of AVI
        if encrypted_streams(container):
            raise VideoError(f"{path}: it is encrypted, and is not written anew", "get a copy without copy protection")
        restarts = survey_of(container).restarts
        if restarts:
            raise VideoError(
                f"{path}: its clock begins anew at {restarts[0].time:.1f} s: such times cannot be moved as one",
                "cut it in two there, or encode it anew",
            )
    except BaseException:
        container.close()
        raise
    return container


def no_stream(path: Path, kind: str, number: int, reason: str) -> VideoError:
    """Return that a stream cannot be taken over."""
    return VideoError(f"{path}: stream {number} ({kind}) cannot be taken over: {reason}", MATROSKA_HINT)
