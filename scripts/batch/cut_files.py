"""Files to cut from: real clips in many containers, codecs, rates and layouts, each picture marked by its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from encoding import BIT_RATE, OPTIONS, Recipe, resampled, set_rotation, sound_of, stored_picture

from slceleb_core.media import VideoReader
from slceleb_core.types import SAMPLE_RATE, Array

BITS = 10
"""Of a picture's number, one cell of the mark each."""

SECONDS = 6.0
"""Length of a file: behind the first second that a seek goes back."""

NTSC = Fraction(1000, 1001)

CLIPS = {"talker_a.mp4": 0.0, "web_a.mp4": 0.5, "hamilton.mp4": 1.2, "obama_biden.mp4": 1.0}
"""Clips that are long enough, and where the stretch begins."""


SOUND_OPTIONS = {"aac": {"aac_pns": "0"}}
"""Of the sound encoders. AAC may store noise as a level, of which a decoder that begins elsewhere makes other noise:
without that, what is read by a seek is what is read from the beginning."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is to be.

    Attributes
    ----------
    suffix
        Of its name, which decides the container.
    video, audio
        Encoders; no sound without the second.
    rate
        Frames per second.
    scale
        Of the clip's size.
    sound
        Samples per second and layout.
    options
        Of the video encoder, beside the usual ones.
    late
        Seconds at which the first picture is shown.
    irregular
        Whether every third picture is left out, so that the rate varies.
    rotation
        Degrees, clockwise, by which a player turns the stored picture.
    """

    suffix: str
    video: str
    audio: str | None
    rate: Fraction
    scale: float = 0.5
    sound: tuple[int, str] = (48_000, "stereo")
    options: tuple[tuple[str, str], ...] = ()
    late: float = 0.0
    irregular: bool = False
    rotation: int = 0

    def __str__(self) -> str:
        facts = [self.suffix[1:], self.video, self.audio or "no sound", f"{float(self.rate):.5g} fps"]
        facts += [f"{self.sound[0] / 1000:g} kHz {self.sound[1]}"] if self.audio else []
        facts += [f"{key}={value}" for key, value in self.options]
        facts += ["irregular"] if self.irregular else []
        facts += [f"late by {self.late:g} s"] if self.late else []
        return ", ".join(facts + ([f"rotated by {self.rotation}"] if self.rotation else []))


LONG, SHORT, OUT_OF_ORDER = (("g", "250"),), (("g", "12"),), (("g", "60"), ("bf", "3"))
OPEN = (("g", "48"), ("bf", "2"), ("x264-params", "open-gop=1"))

KINDS = (
    Kind(".mp4", "libx264", "aac", Fraction(30), options=LONG),
    Kind(".mp4", "libx264", "aac", 60 * NTSC, sound=(44_100, "mono"), options=OUT_OF_ORDER),
    Kind(".mp4", "libx265", "aac", Fraction(50), options=SHORT, rotation=90),
    Kind(".mp4", "libx264", "aac", Fraction(30), irregular=True, late=0.852),
    Kind(".mov", "libx264", "pcm_s16le", Fraction(24), sound=(48_000, "mono"), rotation=180),
    Kind(".mov", "mjpeg", "pcm_s16le", Fraction(15)),
    Kind(".mkv", "libx264", "aac", 30 * NTSC, sound=(44_100, "stereo"), options=OPEN),
    Kind(".mkv", "libx265", "libmp3lame", 24 * NTSC, sound=(32_000, "mono")),
    Kind(".mkv", "libx264", None, Fraction(120), scale=0.3, options=SHORT),
    Kind(".webm", "libvpx", "libopus", Fraction(30)),
    Kind(".webm", "libvpx-vp9", "libopus", 60 * NTSC, sound=(48_000, "mono")),
    Kind(".ts", "libx264", "aac", Fraction(25), options=OUT_OF_ORDER, late=0.4),
    Kind(".ts", "mpeg2video", "mp2", 30 * NTSC, options=SHORT),
    Kind(".avi", "mpeg4", "libmp3lame", Fraction(25), sound=(44_100, "stereo"), options=LONG),
    Kind(".avi", "mpeg4", "pcm_s16le", Fraction(12), sound=(16_000, "mono"), options=SHORT),
    Kind(".flv", "libx264", "aac", Fraction(30), sound=(44_100, "mono"), options=SHORT),
    Kind(".flv", "libx264", "aac", Fraction(48), sound=(22_050, "stereo"), irregular=True),
    Kind(".mpg", "mpeg2video", "mp2", Fraction(25), options=SHORT),
    Kind(".wmv", "wmv2", "wmav2", Fraction(25), sound=(44_100, "stereo")),
    Kind(".3gp", "mpeg4", "aac", Fraction(10), sound=(16_000, "mono"), options=LONG),
)
"""Twenty files in ten containers."""


def write_file(clip: Path, start: float, target: Path, kind: Kind) -> None:
    """Write the stretch of `clip` that begins at `start`, PTS seconds, as `kind` says."""
    end = start + SECONDS
    with VideoReader(clip) as reader:
        pictures = [(frame.time, frame.image) for frame in reader.frames() if start <= frame.time < end]
    sound = sound_of(clip, start, end) if kind.audio else None
    shown = [place for place in range(int(SECONDS * kind.rate)) if not (kind.irregular and place % 3 == 1)]
    images = list(resampled(pictures, kind.rate, start, end))
    with av.open(str(target), "w") as container:
        packets = list(packets_of(container, kind, [(place, images[place]) for place in shown], sound))
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            container.mux(packet)
    if kind.rotation:
        set_rotation(target, kind.rotation)


def packets_of(container: Any, kind: Kind, shown: list[tuple[int, Array]], sound: Array | None) -> Iterator[Any]:
    """Yield the packets of both streams, one stream after the other."""
    recipe = Recipe(kind.suffix, kind.video, kind.audio, scale=kind.scale, rotation=kind.rotation)
    images = [stored_picture(marked(image, number), recipe) for number, (_, image) in enumerate(shown)]
    options = {**OPTIONS.get(kind.video, {}), **dict(kind.options)}
    video = container.add_stream(kind.video, rate=kind.rate, options=options)
    video.height, video.width = images[0].shape[:2]
    video.pix_fmt = "yuvj420p" if kind.video == "mjpeg" else "yuv420p"
    video.bit_rate, video.codec_context.thread_count = BIT_RATE, 1
    audio = None
    if sound is not None:
        options = SOUND_OPTIONS.get(str(kind.audio), {})
        audio = container.add_stream(kind.audio, rate=kind.sound[0], layout=kind.sound[1], options=options)
    if audio is not None and kind.audio == "wmav2":
        audio.codec_context.bit_rate = 128_000
    for (place, _), image in zip(shown, images, strict=True):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = place + round(kind.late * kind.rate), 1 / kind.rate
        yield from video.encode(frame)
    yield from video.encode(None)
    if audio is not None and sound is not None:
        yield from packets_of_sound(audio, sound, *kind.sound)


def packets_of_sound(stream: Any, samples: Array, rate: int, layout: str) -> Iterator[Any]:
    """Yield the packets of float32 [n] at 16 kHz; a second channel is a quarter as loud."""
    channels = np.stack([samples, samples / 4] if layout == "stereo" else [samples])
    source = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), format="fltp", layout=layout)
    source.sample_rate, source.pts, source.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
    resampler = av.AudioResampler(stream.codec_context.format, layout, rate, stream.codec_context.frame_size or None)
    for frame in [*resampler.resample(source), *resampler.resample(None)]:
        yield from stream.encode(frame)
    yield from stream.encode(None)


def cells(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """Yield where the cells of the mark lie on a picture: a row of squares along its upper edge."""
    side = shape[1] // (BITS + 2)
    for place in range(BITS):
        yield slice(0, side), slice((place + 1) * side, (place + 2) * side)


def marked(image: Array, number: int) -> Array:
    """Return a picture with its number on it."""
    image = image.copy()
    for place, (rows, columns) in enumerate(cells(image.shape)):
        image[rows, columns] = 235 if number >> place & 1 else 16
    return image


def number_of(image: Array) -> int:
    """Return the number on a picture."""
    number = 0
    for place, (rows, columns) in enumerate(cells(image.shape)):
        cell = image[rows, columns]
        margin = cell.shape[0] // 4 + 1
        number |= int(np.median(cell[margin:-margin, margin:-margin]) > 128) << place
    return number
