"""The pictures and the sound of a stretch of a file, reached by seeking, on a clock that is 0 where it begins."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from slceleb_core.media.container import StreamDecoder, open_media, pick_video
from slceleb_core.media.display import Stored, Viewer
from slceleb_core.media.entry import is_entry
from slceleb_core.media.files import from_source
from slceleb_core.media.halting import Halt
from slceleb_core.media.landing import INDEXED_FORMATS
from slceleb_core.media.mixing import Piece
from slceleb_core.media.seeking import openings, seek_before
from slceleb_core.media.sound import SoundPlacer
from slceleb_core.media.soundtracks import stream_of
from slceleb_core.media.stamps import OPENING_SOUND, PictureClock, believed_times
from slceleb_core.media.survey import survey_of
from slceleb_core.media.ticks import Placed, on_ticks, tick_of, within
from slceleb_core.types import Array, SoundTrack

SLACK_SECONDS = 0.001
"""How much later than the file's own start a start counts as the same: Matroska's clock steps by this much."""


AAC_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
"""Samples per second that AAC in MP4 may have (ISO/IEC 14496-3, table 1.18), as far as players take them."""


@dataclass(frozen=True, slots=True)
class SoundForm:
    """Samples per second, and 1 or 2 channels."""

    rate: int
    channels: int

    @property
    def layout(self) -> str:
        """The channel layout, in libav's words."""
        return "mono" if self.channels == 1 else "stereo"


def pictures_between(path: Path, start: float, end: float, halt: Halt | None = None) -> Iterator[Placed[Stored]]:
    """Yield the pictures that are on display at some time within [`start`, `end`), PTS seconds, on a clock that begins.

    The first is shown from 0 on, also where the video begins later; the others keep their times. A picture is on
    display until the next one comes, the last one for as long as the frame rate says. Those before the first key
    picture lack what they are made from, and are shown only where there is nothing else. Where an edit list
    hides that key picture, none is missing.

    Parameters
    ----------
    path
        The file.
    start, end
        The stretch.
    halt
        By which reading can be broken off; None: by nobody.

    Raises
    ------
    HaltedError
        It was.
    VideoError
        The file cannot be read.
    """
    pick = partial(pick_video, path=path)
    halt = halt or Halt()
    near = itertools.chain(nearest_entry(path, start), openings(path, pick, start))
    intact = ((opening, is_torn) for opening in near)
    whatever_there_is = ((opening, is_nothing) for opening in openings(path, pick, -math.inf))
    for (container, stream, whole), passed_over in itertools.chain(intact, whatever_there_is):
        clock = PictureClock(stream)
        decoder = StreamDecoder(container, stream)
        timed = Viewer(stream).stored(clock.timed(halt.watching(decoder.frames())))
        begun = itertools.dropwhile(partial(passed_over, decoder), timed)
        first = next(begun, None)
        if first is None or first[0] >= end or not (whole or (first[0] <= start and not clock.estimated)):
            continue
        placed = on_ticks(itertools.chain([first], begun), start, clock.period)
        yield from within(placed, max(tick_of(end, start), 1))
        return


def nearest_entry(path: Path, start: float) -> Iterator[tuple[InputContainer, VideoStream, bool]]:
    """Yield the file, as :func:`openings` does, at the last key picture before a PTS second, if that is exact.

    Behind a key picture in general, some pictures may lack what they are made from, or a decoder may have to settle;
    so no seek goes as near. But this one's first bits tell that nothing before it matters.
    """
    with open_media(path) as container:
        stream = pick_video(container, path)
        indexed = INDEXED_FORMATS & set(container.format.name.split(","))
        if not indexed or survey_of(container).epochs or not seek_before(container, stream, start):
            return
        try:
            packet = next(container.demux(stream), None)
        except av.FFmpegError:
            return
        if packet is None or packet.pts is None or float(packet.pts * packet.time_base) > start:
            return
        if packet.is_keyframe and is_entry(stream, packet) and seek_before(container, stream, start):
            yield container, stream, False


def is_torn(decoder: StreamDecoder, timed: tuple[float, Stored]) -> bool:
    """Tell whether a picture, where reading has begun, may lack pictures that it is made from."""
    return not timed[1].picture.key_frame and not decoder.begins_hidden


def is_nothing(_: StreamDecoder, __: tuple[float, Stored]) -> bool:
    """Pass over no picture."""
    return False


def sound_between(
    path: Path, track: SoundTrack, track_start: float, start: float, end: float, form: SoundForm
) -> Iterator[Array]:
    """Yield the sound from `start` to `end`, PTS seconds, in blocks of float32 [channels, n] without a hole between.

    Parameters
    ----------
    path
        The file.
    track
        Which of its audio tracks.
    track_start
        PTS seconds at which its sound begins (``AudioTrack.start``), by which a seek that went too far is seen.
    start, end
        The stretch; silence where the file has no sound.
    form
        Rate and channels wanted.

    Raises
    ------
    VideoError
        The file cannot be read.
    """
    total = round((end - start) * form.rate)
    filled = 0
    for origin, piece in pieces_from(path, track, max(start, track_start), form):
        index = round((origin - start) * form.rate) + piece.index
        if index >= total:
            break
        if index > filled:
            yield np.zeros((form.channels, index - filled), np.float32)
            filled = index
        block = piece.samples[:, filled - index : total - index]
        filled += block.shape[1]
        yield block
    yield np.zeros((form.channels, total - filled), np.float32)


def pieces_from(path: Path, track: SoundTrack, start: float, form: SoundForm) -> Iterator[tuple[float, Piece]]:
    """Yield the sound's pieces, the first of which begins at or before `start`, with the PTS second of the grid's 0."""
    for container, stream, whole in openings(path, partial(stream_of, track=track), start):
        placer = SoundPlacer(StreamDecoder(container, stream), form.rate, form.layout)
        pieces = placer.pieces()
        first = next(pieces, None)
        if not whole and (placer.origin is None or placer.origin > start + SLACK_SECONDS):
            continue
        if first is not None and placer.origin is not None:
            for piece in itertools.chain([first], pieces):
                yield placer.origin, piece
        return


def sound_form(path: Path, track: SoundTrack, start: float, end: float) -> SoundForm:
    """Return the best rate, and the most channels, that AAC can keep of a track's sound from `start` to `end`.

    Both may change on the way, and need not be what the head of the file says.
    """
    kinds = list(from_source(path, kinds_between(path, track, start, end))) or [(track.rate, track.channels)]
    rates = [rate if rate in AAC_RATES else AAC_RATES[0] for rate, _ in kinds]
    return SoundForm(max(rates), 2 if any(channels > 1 for _, channels in kinds) else 1)


def kinds_between(path: Path, track: SoundTrack, start: float, end: float) -> Iterator[tuple[int, int]]:
    """Yield samples per second and number of channels of each frame of a stretch."""
    for container, stream, _ in openings(path, partial(stream_of, track=track), start):
        for time, frame in believed_times(StreamDecoder(container, stream).frames(), OPENING_SOUND):
            if time is not None and time >= end:
                return
            if frame.sample_rate and time is not None and time + frame.samples / frame.sample_rate > start:
                yield frame.sample_rate, frame.layout.nb_channels
        return
