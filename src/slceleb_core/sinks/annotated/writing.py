"""Writing the annotated video: every picture that was looked at, when it was shown, and the sound."""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import av
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from slceleb_core.disk.atomic import whole_file
from slceleb_core.errors import VideoError
from slceleb_core.media.container import plural
from slceleb_core.media.cutting import FASTSTART, decoding_time
from slceleb_core.media.encoding import NO_TREE, PIXELS, PictureEncoder, SoundEncoder
from slceleb_core.media.excerpt import sound_between, sound_form
from slceleb_core.media.files import from_source
from slceleb_core.media.stamps import ASSUMED_RATE
from slceleb_core.media.ticks import CLOCK, Placed, on_ticks
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.shots import LONGEST_PAUSE
from slceleb_core.results import FrameResult
from slceleb_core.sinks.annotated.drawing import Painter
from slceleb_core.sinks.annotated.scale import Scale
from slceleb_core.sinks.annotated.spool import Spool
from slceleb_core.sinks.annotated.verdicts import Verdicts
from slceleb_core.types import Frame, SoundTrack, TimeRange

log = logging.getLogger(__name__)

T = TypeVar("T")

SAME = 1e-4
"""Seconds that a picture's time may differ from what it was: rounding. In mended files two can be nearer to each other,
so that each is matched once, in order."""

SMALLER = {"preset": "superfast", "x264-params": NO_TREE}
"""What is encoded otherwise than a clip: painting a picture takes longer than that, and the file is a whole video."""

LONGEST_LEAD = 10.0
"""Seconds that a file may let pass before its first picture and keep its clock here. Transport streams of broadcasts
begin at any hour, which a player would wait for."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the annotated video is written.

    Attributes
    ----------
    least, most
        Pixels that the picture's shorter side has.
    crf
        x264's constant rate factor.
    sound
        Whether the sound is kept.
    """

    least: int
    most: int
    crf: int
    sound: bool


def write_annotated(
    video: Path, track: SoundTrack | None, spool: Spool, verdicts: Verdicts, target: Path, form: Form
) -> None:
    """Write the frames of `spool` to `target` as MP4: H.264 with the times that they have, and AAC.

    The video's own clock is kept, so that a time of the results is where a player finds it; only where it is looked at
    from later on, or begins late (:data:`LONGEST_LEAD`), the first picture is at 0. Where that clock jumps ahead, the
    last picture before is shown for ten seconds, and not for as long as nothing is there.

    Parameters
    ----------
    video
        The source; read again.
    track
        Which of its audio tracks is heard; None: none.
    spool
        At least one frame.
    verdicts
        On its faces.
    target
        The file to write.
    form
        How.

    Raises
    ------
    OutputError
        `target` cannot be written.
    VideoError
        The source cannot be read, or none of the pictures is in it any more.
    """
    first = spool.first
    if first is None:
        raise ValueError("there is no frame to show")
    origin = 0.0 if first.index == 0 and 0.0 <= first.time <= LONGEST_LEAD else first.time
    part = TimeRange(start=None if first.index == 0 else first.time)
    with VideoReader(video, part) as reader, whole_file(target) as partial:
        info = reader.info
        period = 1.0 / (info.frame_rate or ASSUMED_RATE)
        painter = Painter(Scale.of(info.width, info.height, form.least, form.most), verdicts)
        placed = on_ticks(closing_jumps(with_pictures(reader, spool.read())), origin, period)
        painted = paint_all(placed, painter)
        with av.open(f"file:{partial}", "w", format="mp4", options=FASTSTART) as container:
            opening = next(painted)
            encoder = PictureEncoder(container, opening.picture, {"crf": str(form.crf), **SMALLER})
            tracks = [encoder.packets(itertools.chain([opening], painted))]
            if form.sound and track is not None:
                end = spool.last + period
                sounding = sound_form(video, track, origin, end)
                stretches = without_jumps(origin, end, spool.jumps)
                heard = itertools.chain.from_iterable(
                    sound_between(video, track, origin, begin, until, sounding) for begin, until in stretches
                )
                sound = from_source(video, heard)
                tracks.append(SoundEncoder(container, sounding).packets(sound))
            for packet in heapq.merge(*tracks, key=decoding_time):
                container.mux(packet)


def with_pictures(
    reader: VideoReader, results: Iterator[FrameResult]
) -> Iterator[tuple[float, tuple[Frame, FrameResult]]]:
    """Yield each result that has its picture with that and its time.

    A damaged file may give other pictures than it did before, for what a decoder makes of damage is not settled. So
    they are matched by time, and those that are no longer there are left out, with a warning.

    Raises
    ------
    VideoError
        None of the pictures is there any more.
    """
    found, gone = 0, 0
    for frame, result in matched(from_source(reader.path, reader.frames()), results):
        if frame is None:
            gone += 1
            continue
        found += 1
        yield result.time, (frame, result)
    if not found:
        raise VideoError(f"{reader.path}: its pictures are gone since it was looked at", "run it again")
    if gone:
        log.warning("%s: %s could not be decoded again for the annotated video", reader.path, plural(gone, "picture"))


def matched(frames: Iterator[Frame], results: Iterator[FrameResult]) -> Iterator[tuple[Frame | None, FrameResult]]:
    """Yield each result with the picture of its time, None where there is no such picture; both are in order."""
    frame = next(frames, None)
    for result in results:
        while frame is not None and frame.time < result.time - SAME:
            frame = next(frames, None)
        if frame is None or frame.time > result.time + SAME:
            yield None, result
            continue
        yield frame, result
        frame = next(frames, None)


def paint_all(seen: Iterator[Placed[tuple[Frame, FrameResult]]], painter: Painter) -> Iterator[Placed[av.VideoFrame]]:
    """Yield each picture as it goes to the encoder."""
    reformatter = VideoReformatter()
    for shown in seen:
        drawn = av.VideoFrame.from_ndarray(painter.paint(*shown.picture), format="rgb24")
        picture = reformatter.reformat(
            drawn, format=PIXELS, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = shown.begin, CLOCK
        yield Placed(shown.begin, shown.end, picture)


def closing_jumps(timed: Iterator[tuple[float, T]]) -> Iterator[tuple[float, T]]:
    """Yield what is timed, with each jump ahead of the clock cut down to the longest pause."""
    before: float | None = None
    closed = 0.0
    for time, item in timed:
        if before is not None:
            closed += max(time - before - LONGEST_PAUSE, 0.0)
        before = time
        yield time - closed, item


def without_jumps(start: float, end: float, jumps: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield what is shown of the time from `start` to `end`, PTS seconds: all but what jumps leave empty."""
    for before, behind in jumps:
        yield start, before + LONGEST_PAUSE
        start = behind
    yield start, end
