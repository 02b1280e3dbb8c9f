"""Small files with all that a container can hold: two sound tracks, subtitles, chapters, tags, an attachment."""

from fractions import Fraction

import av
import numpy as np
import pytest

RATE, FPS = 48_000, 25

KINDS = {
    ".mp4": ("libx264", "aac"),
    ".mov": ("libx264", "pcm_s16le"),
    ".mkv": ("libx264", "flac"),
    ".webm": ("libvpx", "libopus"),
    ".ts": ("libx264", "mp2"),
    ".m2ts": ("libx264", "mp2"),
    ".avi": ("mpeg4", "mp2"),
}
"""Codecs of pictures and sound."""


def pictures(count):
    """Yield pictures that differ, so that they cannot be taken for each other."""
    random = np.random.default_rng(1)
    for number in range(count):
        image = random.integers(0, 255, (48, 64, 3), np.uint8)
        image[:, : number % 64] = 0
        yield av.VideoFrame.from_ndarray(image, format="rgb24")


def tone(seconds, pitch, layout):
    """Return silence, and at 1.2 s a tone: when it is heard can be told to a millisecond."""
    times = np.arange(round(seconds * RATE)) / RATE
    samples = 0.4 * np.sin(2 * np.pi * pitch * times) * (times >= 1.2)
    return np.tile((32000 * samples).astype("<i2"), (2 if layout == "stereo" else 1, 1))


def encoded(stream, frames, start):
    """Yield the packets of a stream, `start` seconds later than they are made."""
    for frame in [*frames, None]:
        for packet in stream.encode(frame):
            later = round(start / packet.time_base)
            packet.pts, packet.dts = packet.pts + later, packet.dts + later
            yield packet


def sound_frames(seconds, pitch, layout):
    """Yield 20 ms of sound after the other."""
    samples = tone(seconds, pitch, layout)
    for first in range(0, samples.shape[1], 960):
        part = np.ascontiguousarray(samples[:, first : first + 960].T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        yield frame


@pytest.fixture
def make(tmp_path):
    """Return a function that writes a file of two seconds."""

    def write(name="film.mp4", *, tracks=("eng", "deu"), start=0.0, seconds=2.0, sound_start=None, options=None):
        path = tmp_path / name
        pictured, heard = KINDS[path.suffix]
        with av.open(str(path), "w", options=options or {}) as container:
            video = container.add_stream(pictured, rate=FPS)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            video.codec_context.gop_size = 10
            sounds = []
            for language in tracks:
                layout = "stereo" if language == "eng" else "mono"
                stream = container.add_stream(heard, rate=RATE)
                stream.codec_context.layout = layout
                stream.metadata["language"] = language
                sounds.append((stream, layout))
            container.metadata["title"] = "A film"
            packets = list(encoded(video, pictures(round(seconds * FPS)), start))
            for number, (stream, layout) in enumerate(sounds):
                later = start if sound_start is None else sound_start
                packets += encoded(stream, sound_frames(seconds, 440 * (number + 1), layout), later)
            for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
                container.mux(packet)
        return path

    return write
