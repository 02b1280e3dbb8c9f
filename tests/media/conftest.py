"""Small videos, written here, whose every picture and sample is known."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

CLIPS = Path(__file__).resolve().parents[2].parent / "shared" / "media" / "clips"
MATRIX_OFFSET = 44
"""Of the display matrix behind the name of a version 0 ``tkhd`` box (ISO/IEC 14496-12, 8.3.2)."""


@pytest.fixture(autouse=True)
def usual_priority():
    """Take back what SVT-AV1 does to a process that encodes with it as root: priority above all others."""
    yield
    if hasattr(os, "sched_setscheduler") and os.sched_getscheduler(0) == os.SCHED_FIFO:
        for thread in Path("/proc/self/task").iterdir():
            with suppress(ProcessLookupError):
                os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))


def shade(index):
    """The grey that tells which picture this is, far enough apart to survive any encoder."""
    return 20 + (index * 37) % 200


def picture(index, width, height):
    image = np.full((height, width, 3), shade(index), np.uint8)
    image[: height // 4, : width // 4] = (255, 0, 0)  # red marks the stored picture's top left corner
    return image


class Sound:
    """Frames of PCM at given PTS seconds: [(seconds, int16 [channels, n])]."""

    def __init__(self, pieces, rate=16_000, codec="pcm_s16le", layout="mono"):
        self.pieces, self.rate, self.codec, self.layout = pieces, rate, codec, layout


def frames_of(sound, size=1024):
    for start, samples in sound.pieces:
        for first in range(0, samples.shape[1], size):
            part = np.ascontiguousarray(samples[:, first : first + size])
            frame = av.AudioFrame.from_ndarray(part.T.reshape(1, -1).copy(), format="s16", layout=sound.layout)
            frame.sample_rate, frame.time_base = sound.rate, Fraction(1, sound.rate)
            frame.pts = round(start * sound.rate) + first
            yield frame


def write(
    path,
    times=(),
    size=(64, 48),
    codec="libx264",
    options=None,
    pix_fmt="yuv420p",
    sound=None,
    order="video sound",
    ticks=90_000,
    paint=picture,
):
    """Write a video whose picture i is grey `shade(i)` at `times[i]`, with the sound given; streams in that order.

    Its encoder counts in `ticks` a second; `paint` makes another picture out of an index, a width and a height.
    """
    packets = []
    # With the index in front, what is left of a file that was cut off can be read.
    with av.open(str(path), "w", options={"movflags": "+faststart"} if path.suffix == ".mp4" else {}) as container:
        if sound is not None and order == "sound video":
            audio = container.add_stream(sound.codec, rate=sound.rate, layout=sound.layout)
        if len(times):
            options = {"crf": "10", "g": "10", "bf": "0"} if options is None else options
            video = container.add_stream(codec, rate=25, options=options)
            video.width, video.height, video.pix_fmt = *size, pix_fmt
            video.codec_context.time_base = Fraction(1, ticks)
        if sound is not None and order == "video sound":
            audio = container.add_stream(sound.codec, rate=sound.rate, layout=sound.layout)
        for index, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(paint(index, *size), format="rgb24")
            frame.pts, frame.time_base = round(time * ticks), Fraction(1, ticks)
            packets += video.encode(frame)
        packets += video.encode(None) if len(times) else []
        for frame in frames_of(sound) if sound is not None else ():
            packets += audio.encode(frame)
        packets += audio.encode(None) if sound is not None else []
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def set_matrix(path, a, b, c, d):
    """Write a display matrix into the first track of an MP4 file."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + MATRIX_OFFSET
    matrix = np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30], ">i4")
    content[at : at + 36] = matrix.tobytes()
    path.write_bytes(content)
    return path


def noise(count, channels=1, seed=0):
    """int16 [channels, count] of which no stretch is like another."""
    return np.random.default_rng(seed).integers(-20_000, 20_000, (channels, count), dtype=np.int16)


class Maker:
    """What the tests write videos with."""

    Sound = Sound
    write = staticmethod(write)
    set_matrix = staticmethod(set_matrix)
    noise = staticmethod(noise)
    shade = staticmethod(shade)


@pytest.fixture(scope="session")
def make():
    return Maker


@pytest.fixture
def clip():
    """Return a function that gives the path of a real clip, or skips the test where there are none."""

    def path(name):
        if not (CLIPS / name).is_file():
            pytest.skip(f"real clips are absent: {CLIPS}")
        return CLIPS / name

    return path
