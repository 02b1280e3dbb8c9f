"""Cutting stretches out of a video to exact times: sound as WAV, pictures with sound as MP4."""

from __future__ import annotations

import heapq
import itertools
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet

from slceleb_core.disk.atomic import whole_file
from slceleb_core.errors import VideoError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.encoding import PictureEncoder, PictureShaper, SoundEncoder
from slceleb_core.media.excerpt import pictures_between, sound_between, sound_form
from slceleb_core.media.files import from_source
from slceleb_core.media.video import probe
from slceleb_core.types import SAMPLE_RATE, Array

FASTSTART = {"movflags": "+faststart"}
"""Puts the index before the pictures, so that a browser can play the clip while it loads."""

FULL_SCALE = 32_768
"""What 1.0 is as 16-bit PCM, as in libswresample, so that 16-bit sound comes out as it went in."""

BLOCK_SECONDS = 60.0
"""How much sound is in memory at a time."""


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


def cut_video(video: Path, audio: AudioTrack | None, start: float, end: float, target: Path) -> None:
    """Write `start`..`end` (PTS seconds) of `video` to `target` as MP4: H.264, and AAC where there is sound.

    Every picture on display within the stretch is in it, as :class:`~slceleb_core.media.video.VideoReader` shows it and
    of the same size, at the time it had, the first one from 0 on. Odd sizes are padded with one black row or column.
    The sound is the source's own, at its rate, mono or stereo, from exactly `start` to `end`; silence where the source
    has none.

    Parameters
    ----------
    video
        The source.
    audio
        Its sound; None for a clip without.
    start, end
        The stretch.
    target
        The file to write.

    Raises
    ------
    OutputError
        `target` cannot be written.
    VideoError
        The source cannot be read, has no picture within the stretch, or gives what cannot be encoded.
    """
    check_stretch(start, end)
    info = probe(video)
    pictures = from_source(video, pictures_between(video, start, end))
    first = next(pictures, None)
    if first is None:
        raise VideoError(f"{video}: no picture between {start:.3f} s and {end:.3f} s", "choose times within the video")
    with whole_file(target) as partial, av.open(f"file:{partial}", "w", format="mp4", options=FASTSTART) as container:
        shaper = PictureShaper((info.width, info.height), first.picture.picture)
        opening = shaper.shape(first)
        shaped = itertools.chain([opening], map(shaper.shape, pictures))
        tracks = [PictureEncoder(container, opening.picture).packets(shaped)]
        if audio is not None:
            form = sound_form(video, audio.source, start, end)
            heard = sound_between(video, audio.source, audio.start, start, end, form)
            sound = from_source(video, heard)
            tracks.append(SoundEncoder(container, form).packets(sound))
        for packet in heapq.merge(*tracks, key=decoding_time):
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
        cut_audio(self._audio, start, end, target)

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write `start`..`end` (PTS seconds) to `target` as :func:`cut_video` does, and raise what it does."""
        cut_video(self._video, self._audio, start, end, target)
