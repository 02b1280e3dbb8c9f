"""Cuts a stretch out of a clip and encodes it anew: container, codecs, size, frame rate, rotation as downloads have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from slceleb_core.media import AudioTrack, VideoReader
from slceleb_core.types import SAMPLE_RATE, Array

MATRIX_OFFSET = 44
"""Of the display matrix behind the name of a version 0 ``tkhd`` box (ISO/IEC 14496-12, 8.3.2)."""

ROTATIONS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1)}
"""The display matrix's a, b, c, d that turn a picture clockwise by so many degrees."""

OPTIONS = {
    # Macroblock trees are computed from memory that nobody has written to (libx264 165): bytes would differ by chance.
    "libx264": {"preset": "veryfast", "crf": "20", "mbtree": "0"},
    "libx265": {"preset": "ultrafast", "crf": "22", "x265-params": "log-level=none:pools=none:frame-threads=1"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}
"""Encoder options: fast, and good enough for a face."""

BIT_RATE = 1_500_000
"""Bits per second for encoders that have no constant quality here."""

SOUND_RATE = 48_000
"""Hz: what every codec used here can do."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a video is to be.

    Attributes
    ----------
    suffix
        Of its name, which decides the container.
    video, audio
        Encoders; no sound without the second.
    rate
        Frames per second; None: as the clip has.
    scale
        Of the clip's size.
    rotation
        Degrees, clockwise, by which a player turns the stored picture; MP4 and MOV only.
    """

    suffix: str
    video: str
    audio: str | None
    rate: int | None = None
    scale: float = 1.0
    rotation: int = 0

    def __str__(self) -> str:
        facts = [self.video, self.audio or "no sound"]
        facts += [f"{self.rate} fps"] if self.rate else []
        facts += [f"scaled by {self.scale:g}"] if self.scale != 1.0 else []
        facts += [f"rotated by {self.rotation}"] if self.rotation else []
        return f"{self.suffix[1:]}: {', '.join(facts)}"


def encode(clip: Path, target: Path, recipe: Recipe, start: float, end: float) -> None:
    """Write the stretch of `clip` between two PTS seconds as `recipe` says."""
    with VideoReader(clip) as reader:
        rate = Fraction(recipe.rate or round((reader.info.frame_rate or 25.0) * 100) / 100).limit_denominator(100)
        pictures = [(frame.time, frame.image) for frame in reader.frames() if start <= frame.time < end]
    stored = [stored_picture(image, recipe) for image in resampled(pictures, rate, start, end)]
    sound = sound_of(clip, start, end) if recipe.audio else None
    # Without random or dated fields, so that the same seed gives the same bytes.
    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if recipe.suffix == ".mp4" else {})
    with av.open(str(target), "w", options=options) as container:
        packets = list(encoded(container, recipe, rate, stored, sound))
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            container.mux(packet)
    if recipe.rotation:
        set_rotation(target, recipe.rotation)


def resampled(pictures: list[tuple[float, Array]], rate: Fraction, start: float, end: float) -> Iterator[Array]:
    """Yield the picture shown at each tick of a constant rate."""
    place = 0
    for tick in range(int((end - start) * rate)):
        while place + 1 < len(pictures) and pictures[place + 1][0] <= start + tick / rate + 1e-6:
            place += 1
        yield pictures[place][1]


def stored_picture(image: Array, recipe: Recipe) -> Array:
    """Return uint8 [height, width, 3] with even sides: scaled, and turned against the rotation."""
    width, height = (int(side * recipe.scale) // 2 * 2 for side in (image.shape[1], image.shape[0]))
    scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.rot90(scaled, recipe.rotation // 90))


def sound_of(clip: Path, start: float, end: float) -> Array | None:
    """Return float32 [n], 16 kHz, of a stretch; None where the clip has no sound."""
    track = AudioTrack.decode(clip)
    if track is None:
        return None
    with track:
        return track.span(start, end).samples


def encoded(
    container: Any, recipe: Recipe, rate: Fraction, pictures: list[Array], sound: Array | None
) -> Iterator[Any]:
    """Yield the packets of both streams, one stream after the other."""
    video = container.add_stream(recipe.video, rate=rate, options=OPTIONS.get(recipe.video, {}))
    video.height, video.width = pictures[0].shape[:2]
    video.pix_fmt, video.bit_rate = "yuv420p", BIT_RATE
    video.codec_context.thread_count = 1
    audio = None if sound is None else container.add_stream(recipe.audio, rate=SOUND_RATE, layout="mono")
    for tick, image in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = tick, 1 / rate
        yield from video.encode(frame)
    yield from video.encode(None)
    if audio is not None and sound is not None:
        yield from encoded_sound(audio, sound)


def encoded_sound(stream: Any, samples: Array) -> Iterator[Any]:
    """Yield the packets of float32 [n] at 16 kHz."""
    source = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="flt", layout="mono")
    source.sample_rate, source.pts, source.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
    resampler = av.AudioResampler(stream.codec_context.format, "mono", SOUND_RATE)
    for frame in [*resampler.resample(source), *resampler.resample(None)]:
        yield from stream.encode(frame)
    yield from stream.encode(None)


def set_rotation(path: Path, degrees: int) -> None:
    """Write a rotation into the first track of an MP4 or MOV file."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + MATRIX_OFFSET
    a, b, c, d = ROTATIONS[degrees]
    content[at : at + 36] = np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30], ">i4").tobytes()
    path.write_bytes(content)
