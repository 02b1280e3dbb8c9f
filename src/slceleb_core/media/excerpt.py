"""The pictures and the sound of a stretch of a file, reached by seeking, on a clock that is 0 where it begins."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from slceleb_core.media.container import StreamDecoder, open_media, pick_video
from slceleb_core.media.mixing import Piece
from slceleb_core.media.seeking import seek_before
from slceleb_core.media.sound import SoundPlacer
from slceleb_core.media.soundtracks import stream_of
from slceleb_core.media.timing import PictureClock, believed_times
from slceleb_core.types import Array, SoundTrack

PREROLL_SECONDS = (1.0, 10.0)
"""How far before a stretch decoding begins, tried in turn before the start of the file: seeking goes by decoding time
and, in formats without an index, by guess, so that the first attempt may land too late. A second is also far more than
an audio decoder needs to settle."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture of a stretch.

    Attributes
    ----------
    time, duration
        When, in seconds from the start of the stretch, and how long it is shown.
    picture
        As decoded: not yet upright.
    """

    time: float
    duration: float
    picture: av.VideoFrame


def pictures_between(path: Path, start: float, end: float) -> Iterator[Shown]:
    """Yield the pictures that are on display at some time within [`start`, `end`), PTS seconds.

    The first is shown from 0 on, also where the video begins later; the others keep their times. A picture is on
    display until the next one comes, the last one for as long as the frame rate says.

    Raises
    ------
    VideoError
        The file cannot be read.
    """
    for preroll in (*PREROLL_SECONDS, None):
        with open_media(path) as container:
            stream = pick_video(container, path)
            if preroll is not None and not seek_before(container, stream, start - preroll):
                continue
            clock = PictureClock(stream)
            timed = clock.timed(StreamDecoder(container, stream).frames())
            first = next(timed, None)
            if preroll is not None and (first is None or first[0] > start or clock.estimated):
                continue
            if first is not None:
                yield from shown_within(itertools.chain([first], timed), start, end, clock.period)
            return


def shown_within(
    timed: Iterator[tuple[float, av.VideoFrame]], start: float, end: float, period: float
) -> Iterator[Shown]:
    """Yield those pictures that are on display within [`start`, `end`); the last one is shown for `period`."""
    begun = False
    for time, until, picture in with_ends(timed, period):
        if time >= end:
            return
        if until > start:
            shown_from = time - start if begun else 0.0
            begun = True
            yield Shown(shown_from, min(until, end) - start - shown_from, picture)


def with_ends(
    timed: Iterator[tuple[float, av.VideoFrame]], period: float
) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """Yield each picture's time, the time of the next (`period` later for the last), and the picture."""
    last = next(timed, None)
    for following in timed:
        if last is not None:
            yield last[0], following[0], last[1]
        last = following
    if last is not None:
        yield last[0], last[0] + period, last[1]


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
    for preroll in (*PREROLL_SECONDS, None):
        with open_media(path) as container:
            stream = stream_of(container, track)
            if preroll is not None and not seek_before(container, stream, start - preroll):
                continue
            placer = SoundPlacer(StreamDecoder(container, stream), form.rate, form.layout)
            pieces = placer.pieces()
            first = next(pieces, None)
            if preroll is not None and (placer.origin is None or placer.origin > start + SLACK_SECONDS):
                continue
            if first is not None and placer.origin is not None:
                for piece in itertools.chain([first], pieces):
                    yield placer.origin, piece
            return


def sound_form(path: Path, track: SoundTrack, start: float, end: float) -> SoundForm:
    """Return the best rate, and the most channels, that AAC can keep of a track's sound from `start` to `end`.

    Both may change on the way, and need not be what the head of the file says.
    """
    kinds = list(kinds_between(path, track, start, end)) or [(track.rate, track.channels)]
    rates = [rate if rate in AAC_RATES else AAC_RATES[0] for rate, _ in kinds]
    return SoundForm(max(rates), 2 if any(channels > 1 for _, channels in kinds) else 1)


def kinds_between(path: Path, track: SoundTrack, start: float, end: float) -> Iterator[tuple[int, int]]:
    """Yield samples per second and number of channels of each frame of a stretch."""
    with open_media(path) as container:
        stream = stream_of(container, track)
        seek_before(container, stream, start - PREROLL_SECONDS[0])
        for time, frame in believed_times(StreamDecoder(container, stream).frames()):
            if time is not None and time >= end:
                return
            if frame.sample_rate and time is not None and time + frame.samples / frame.sample_rate > start:
                yield frame.sample_rate, frame.layout.nb_channels
