"""Cutting stretches out of a video to exact times: sound as WAV, pictures with sound as MP4."""

from __future__ import annotations

import gc
import heapq
import itertools
import logging
import threading
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet

from slceleb_core.disk.atomic import whole_file
from slceleb_core.errors import EncodingError, VideoError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.copying import copies
from slceleb_core.media.encoding import PictureEncoder, PictureShaper, SoundEncoder
from slceleb_core.media.excerpt import pictures_between, sound_between, sound_form
from slceleb_core.media.files import from_source
from slceleb_core.media.halting import Halt
from slceleb_core.media.video import probe
from slceleb_core.types import SAMPLE_RATE, Array

FASTSTART = {"movflags": "+faststart"}
"""Puts the index before the pictures, so that a browser can play the clip while it loads."""

FULL_SCALE = 32_768
"""What 1.0 is as 16-bit PCM, as in libswresample, so that 16-bit sound comes out as it went in."""

BLOCK_SECONDS = 60.0
"""How much sound is in memory at a time."""


COPIED = "pictures as in the source"
"""The comment in a clip whose pictures were not encoded anew."""

log = logging.getLogger(__name__)


def to_pcm16(samples: Array) -> Array:
    """Return float32 samples as int16: rounded to the nearest step, ties to the even one, clipped at full scale."""
    steps = np.rint(samples * np.float32(FULL_SCALE))
    return np.asarray(np.clip(steps, -FULL_SCALE, FULL_SCALE - 1), dtype="<i2")


def check_stretch(start: float, end: float) -> None:
    """Raise ValueError for a stretch without a length."""
    if not end > start:
        raise ValueError(f"a stretch from {start} to {end} has no length")


def cut_audio(audio: AudioTrack, start: float, end: float, target: Path) -> None:
    """Write `start`..`end` (PTS seconds) to `target` as WAV: 16 kHz, mono, 16 bit.

    The samples are those of ``audio.span(start, end)``, converted as :func:`to_pcm16` says, without dither.

    Raises
    ------
    OutputError
        `target` cannot be written.
    """
    check_stretch(start, end)
    with whole_file(target) as partial, partial.open("wb") as file, wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        for block in blocks_of(audio, start, end):
            out.writeframes(to_pcm16(block).tobytes())


def blocks_of(audio: AudioTrack, start: float, end: float) -> Iterator[Array]:
    """Yield the samples of a span in blocks that memory can hold; their edges lie on the span's own samples."""
    total, size = round((end - start) * SAMPLE_RATE), round(BLOCK_SECONDS * SAMPLE_RATE)
    for first in range(0, total, size):
        count = min(size, total - first)
        begin = start + first / SAMPLE_RATE
        yield audio.span(begin, begin + count / SAMPLE_RATE).samples


def cut_video(
    video: Path,
    canvas: tuple[int, int],
    audio: AudioTrack | None,
    start: float,
    end: float,
    target: Path,
    halt: Halt | None = None,
) -> None:
    """Write `start`..`end` (PTS seconds) of `video` to `target` as MP4: H.264, and AAC where there is sound.

    Every picture on display within the stretch is in it, as :class:`~slceleb_core.media.video.VideoReader` shows it and
    of the same size, at the time it had, the first one from 0 on. Odd sizes are padded with one black row or column.
    The sound is the source's own, at its rate, mono or stereo, from exactly `start` to `end`; silence where the source
    has none.

    Parameters
    ----------
    video
        The source.
    canvas
        Width and height of its pictures, as :func:`~slceleb_core.media.video.probe` tells them.
    audio
        Its sound; None for a clip without.
    start, end
        The stretch.
    target
        The file to write.
    halt
        By which this can be broken off.

    Raises
    ------
    OutputError
        `target` cannot be written.
    VideoError
        The source cannot be read, has no picture within the stretch, or gives what cannot be encoded.
    HaltedError
        It was broken off.
    """
    check_stretch(start, end)
    halt = halt or Halt()
    pictures = from_source(video, pictures_between(video, start, end, halt))
    first = next(pictures, None)
    if first is None:
        raise VideoError(f"{video}: no picture between {start:.3f} s and {end:.3f} s", "choose times within the video")
    with whole_file(target) as partial, av.open(f"file:{partial}", "w", format="mp4", options=FASTSTART) as container:
        shaper = PictureShaper(canvas, first.picture.picture)
        opening = shaper.shape(first)
        shaped = itertools.chain([opening], map(shaper.shape, pictures))
        shown = PictureEncoder(container, opening.picture).packets(shaped)
        interleave(container, shown, sound_packets(container, video, audio, start, end), halt)


def copy_video(
    video: Path,
    canvas: tuple[int, int],
    audio: AudioTrack | None,
    start: float,
    end: float,
    target: Path,
    halt: Halt | None = None,
) -> bool:
    """Do what :func:`cut_video` does with the pictures as they are stored, where that shows the same; tell whether.

    Sound is encoded as it is there. The file says that its pictures are copied (:data:`COPIED`).
    Parameters and errors are those of :func:`cut_video`; where it cannot be done, nothing is written.
    """
    check_stretch(start, end)
    halt = halt or Halt()
    copy = next(from_source(video, copies(video, canvas, start, end, halt)), None)
    if copy is None:
        return False
    try:
        with whole_file(target) as part, av.open(f"file:{part}", "w", format="mp4", options=FASTSTART) as container:
            container.metadata["comment"] = COPIED
            shown = copy.add_to(container, halt)
            interleave(container, shown, sound_packets(container, video, audio, start, end), halt)
    except EncodingError as error:
        log.info("%s: the pictures from %.3f s to %.3f s are encoded: %s", video, start, end, error)
        return False
    return True


def sound_packets(
    container: OutputContainer, video: Path, audio: AudioTrack | None, start: float, end: float
) -> Iterator[Packet[Any]]:
    """Add a stretch's sound to a clip, and return its packets; none where there is none."""
    if audio is None:
        return iter(())
    begin, behind = (time - audio.moved_by for time in (start, end))  # on the file's own clock
    form = sound_form(video, audio.source, begin, behind)
    heard = sound_between(video, audio.source, audio.start - audio.moved_by, begin, behind, form)
    return SoundEncoder(container, form).packets(from_source(video, heard))


def interleave(
    container: OutputContainer, pictures: Iterator[Packet[Any]], sound: Iterator[Packet[Any]], halt: Halt
) -> None:
    """Write the packets of both side by side."""
    for packet in heapq.merge(pictures, sound, key=decoding_time):
        halt.check()
        container.mux(packet)


def decoding_time(packet: Packet[Any]) -> Fraction:
    """Return when a packet is due, in seconds, so that sound and pictures lie side by side in the file."""
    return Fraction(packet.dts or 0) * Fraction(packet.time_base)


class MediaClipper:
    """Cuts stretches out of one video: the ``Clipper`` that sinks are handed.

    Parameters
    ----------
    video
        The source.
    audio
        Its sound, which stays the caller's to close; None where it has none.
    """

    def __init__(self, video: Path, audio: AudioTrack | None) -> None:
        self._video = video
        self._audio = audio
        self._halt = Halt()
        self._looking = threading.Lock()
        self._canvas: tuple[int, int] | None = None

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write `start`..`end` (PTS seconds) to `target` as :func:`cut_audio` does.

        Raises
        ------
        OutputError
            `target` cannot be written.
        VideoError
            The video has no sound.
        """
        if self._audio is None:
            raise VideoError(f"{self._video}: no sound to cut from", "cut pictures only, or name a video with sound")
        self._halt.check()
        cut_audio(self._audio, start, end, target)

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write `start`..`end` (PTS seconds) to `target` as :func:`cut_video` does, and raise what it does."""
        self._halt.check()
        try:
            cut_video(self._video, self._size(), self._audio, start, end, target, self._halt)
        finally:
            # PyAV's containers and streams hold each other, and with them a decoder and an encoder: 40 MB a clip of
            # 1080p that would stay until the collector happens to look at what has lived for long
            gc.collect()

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Write `start`..`end` to `target` as :func:`copy_video` does, tell what it does, and raise what it does."""
        self._halt.check()
        return copy_video(self._video, self._size(), self._audio, start, end, target, self._halt)

    def queue(self, work: Callable[[], None]) -> None:
        """Do `work`, at once."""
        work()

    def halt(self) -> None:
        """Break off what is being cut, and cut nothing any more: HaltedError is raised where that is done."""
        self._halt.call()

    def _size(self) -> tuple[int, int]:
        """Return width and height of the pictures; looked up once."""
        with self._looking:
            if self._canvas is None:
                info = probe(self._video)
                self._canvas = info.width, info.height
            return self._canvas
