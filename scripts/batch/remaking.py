"""Makes videos anew whose streams are as tools and broadcasts leave them: joined, jumping, mixed up, changing form."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np

from slceleb_core.errors import VideoError
from slceleb_core.media import AudioTrack, VideoReader
from slceleb_core.types import SAMPLE_RATE, Array

OPTIONS = {"fflags": "+bitexact"}
"""Of the muxers: without random or dated fields, so that the same seed gives the same bytes."""

SECONDS = 1.0
"""Of a part that is encoded anew."""

RATE = 25
"""Pictures a second of such a part."""


@dataclass(frozen=True, slots=True)
class Codecs:
    """What a container commonly holds.

    Attributes
    ----------
    video
        The encoder.
    pixels
        Pixel formats that it takes.
    audio
        The encoder.
    samples
        The sample format that it takes.
    """

    video: str
    pixels: tuple[str, ...]
    audio: str
    samples: str


H264 = ("yuv420p", "yuv422p", "yuv444p")

CONTAINERS = {
    ".mp4": Codecs("libx264", H264, "aac", "fltp"),
    ".mkv": Codecs("libx264", H264, "flac", "s16"),
    ".ts": Codecs("libx264", H264, "aac", "fltp"),
    ".avi": Codecs("mpeg4", ("yuv420p",), "pcm_s16le", "s16"),
    ".mov": Codecs("libx264", H264, "pcm_f32le", "flt"),
    ".webm": Codecs("libvpx", ("yuv420p",), "libopus", "flt"),
    ".flv": Codecs("libx264", ("yuv420p",), "aac", "fltp"),
}
"""By the ending of a file's name."""

FLV = ("h264", "aac", "mp3", "flv1")
"""Codecs that FLV is given: with others libavformat 62 writes no header, and then aborts the process."""

ENCODING = {
    "libx264": {"preset": "ultrafast", "x264-params": "mbtree=0:threads=1"},
    "libvpx": {"deadline": "good", "cpu-used": "5"},  # in real time it looks at the clock
    "mpeg4": {"bf": "2", "flags": "+bitexact"},
}
"""Options of the encoders: fast, and the same bytes each time."""

JUMPS = (0.0, 0.04, 0.9, 30.0, 3600.0, 95_443.7, -0.5, -30.0)
"""Seconds by which a clock may go on otherwise: 95443.7 is where that of a transport stream (33 bits at 90 kHz) begins
again."""

Remake: TypeAlias = Callable[[Path, Path, Path, random.Random], None]
"""Writes a new file: given a source, another one, and where to."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a part is encoded as.

    Attributes
    ----------
    size
        Width and height, in pixels.
    pixels
        The pixel format.
    rate, layout
        Of the sound.
    bad
        How many of the sound's samples are no numbers, where its format can say so.
    """

    size: tuple[int, int]
    pixels: str
    rate: int
    layout: str
    bad: int = 0


def form_of(codecs: Codecs, dice: random.Random, bad: int = 0) -> Form:
    """Return a form that a container's codecs take."""
    size = dice.choice(((160, 120), (176, 144), (320, 240), (240, 320)))
    rate = 48_000 if codecs.audio == "libopus" else dice.choice((22_050, 44_100, 48_000))
    return Form(size, dice.choice(codecs.pixels), rate, dice.choice(("mono", "stereo")), bad)


def remuxed(source: Path, other: Path, target: Path, dice: random.Random) -> None:  # noqa: ARG001 - one signature
    """Put the streams into another container, as far as it takes them."""
    write_packets(source, target, lambda packets: packets)


def jumping(source: Path, other: Path, target: Path, dice: random.Random) -> None:  # noqa: ARG001 - as above
    """Let the clock of one stream, or of all, jump somewhere on the way."""
    after, jump, only = dice.random(), dice.choice(JUMPS), dice.choice((None, 0, 1))

    def moved(packets: list[Any]) -> list[Any]:
        for packet in packets[int(len(packets) * after) :]:
            if only in (None, packet.stream.index):
                ticks = round(jump / packet.time_base)
                packet.pts = None if packet.pts is None else packet.pts + ticks
                packet.dts = None if packet.dts is None else packet.dts + ticks
        return packets

    write_packets(source, target, moved)


def swapped(source: Path, other: Path, target: Path, dice: random.Random) -> None:  # noqa: ARG001 - as above
    """Let packets change places, each with its time, so that the muxer has to cope, or with those of the places."""

    def mixed(packets: list[Any]) -> list[Any]:
        stamped = dice.random() < 0.5
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(max(len(packets) - 3, 1))
            to = min(at + dice.randint(1, 3), len(packets) - 1)
            one, two = packets[at], packets[to]
            packets[at], packets[to] = two, one
            if stamped and one.stream.index == two.stream.index:
                (one.pts, one.dts), (two.pts, two.dts) = (two.pts, two.dts), (one.pts, one.dts)
        return packets

    write_packets(source, target, mixed)


def thinned(source: Path, other: Path, target: Path, dice: random.Random) -> None:  # noqa: ARG001 - as above
    """Leave packets out, or have them twice."""

    def chosen(packets: list[Any]) -> list[Any]:
        weights = dice.choice(((1, 9, 0), (0, 9, 1), (5, 5, 0), (1, 8, 1)))
        return [packet for packet in packets for _ in range(dice.choices((0, 1, 2), weights)[0])]

    write_packets(source, target, chosen)


def joined(source: Path, other: Path, target: Path, dice: random.Random) -> None:
    """Write two parts of different form one behind the other: as `cat` does, with clocks that begin anew."""
    codecs = CONTAINERS[target.suffix]
    parts = []
    for place, clip in enumerate((source, other)):
        part = target.with_name(f".{place}{target.name}")
        encode(clip, part, codecs, form_of(codecs, dice))
        parts.append(part.read_bytes())
        part.unlink()
    target.write_bytes(b"".join(parts))


def encoded(source: Path, other: Path, target: Path, dice: random.Random) -> None:  # noqa: ARG001 - as above
    """Encode a part anew, with samples that are no numbers where the container's sound can hold them."""
    codecs = CONTAINERS[target.suffix]
    encode(source, target, codecs, form_of(codecs, dice, bad=dice.choice((0, 1, 400, 20_000))))


def without_index(source: Path, other: Path, target: Path, dice: random.Random) -> None:
    """Take the index from what has one: ``moov`` of MP4 and MOV, ``Cues`` of Matroska, ``idx1`` of AVI."""
    remuxed(source, other, target, dice)
    content = target.read_bytes()
    for mark, blank in ((b"moov", b"free"), (b"\x1c\x53\xbb\x6b", b"\xec\x53\xbb\x6b"), (b"idx1", b"JUNK")):
        content = content.replace(mark, blank, 1)
    target.write_bytes(content)


REMAKES: dict[str, Remake] = {
    "remuxed": remuxed,
    "jumping": jumping,
    "swapped": swapped,
    "thinned": thinned,
    "joined": joined,
    "encoded": encoded,
    "without-index": without_index,
}


def write_packets(source: Path, target: Path, change: Callable[[list[Any]], list[Any]]) -> None:
    """Write the packets of the first video and sound of a file, changed; what the muxer does not take is left out."""
    with av.open(str(source)) as given, av.open(str(target), "w", options=OPTIONS) as made:
        streams = [*given.streams.video[:1], *given.streams.audio[:1]]
        copies = dict(streams_in(made, streams))
        if not copies:
            raise VideoError(f"{target}: its container takes no stream of {source}")
        packets = [p for p in given.demux(streams) if p.dts is not None and p.stream.index in copies]
        for packet in change(packets):
            packet.stream = copies[packet.stream.index]
            try:
                made.mux_one(packet)
            except (av.FFmpegError, ValueError):
                continue


def streams_in(made: Any, streams: list[Any]) -> Iterator[tuple[int, Any]]:
    """Yield copies of streams in a container, by their index; those that it does not take are left out."""
    for stream in streams:
        if made.format.name == "flv" and stream.codec_context.name not in FLV:
            continue
        try:
            yield stream.index, made.add_stream_from_template(stream)
        except (av.FFmpegError, ValueError):
            continue


def encode(clip: Path, target: Path, codecs: Codecs, form: Form) -> None:
    """Encode the beginning of a clip in a form."""
    with VideoReader(clip) as reader:
        pictures = [frame.image for frame in itertools.islice(reader.frames(), round(SECONDS * RATE))]
        start = reader.info.start
    with av.open(str(target), "w", options=OPTIONS) as made:
        video: Any = made.add_stream(codecs.video, rate=RATE, options=ENCODING[codecs.video])
        video.width, video.height, video.pix_fmt = *form.size, form.pixels
        sound: Any = made.add_stream(codecs.audio, rate=form.rate, layout=form.layout, options={"flags": "+bitexact"})
        packets = [*picture_packets(video, pictures, form), *sound_packets(sound, sound_of(clip, start), codecs, form)]
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            made.mux(packet)


def picture_packets(stream: Any, pictures: list[Array], form: Form) -> Iterator[Any]:
    """Yield the packets of pictures."""
    for number, image in enumerate(pictures):
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        shaped = picture.reformat(*form.size, format=form.pixels)
        shaped.pts, shaped.time_base = number, Fraction(1, RATE)
        yield from stream.encode(shaped)
    yield from stream.encode(None)


def sound_of(clip: Path, start: float) -> Array:
    """Return float32 [n], 16 kHz: the beginning of a clip's sound, silence where it has none."""
    try:
        track = AudioTrack.decode(clip)
    except VideoError:
        track = None
    if track is None:
        return np.zeros(round(SECONDS * SAMPLE_RATE), np.float32)
    with track:
        return np.array(track.span(start, start + SECONDS).samples)


def sound_packets(stream: Any, samples: Array, codecs: Codecs, form: Form) -> Iterator[Any]:
    """Yield the packets of sound, with bad samples where these are floats that are kept as they are."""
    spoilt = samples.copy()
    if codecs.audio == "pcm_f32le":
        spoilt[100 : 100 + form.bad] = np.nan
        spoilt[200 : 200 + form.bad // 2] = np.inf
    given = av.AudioFrame.from_ndarray(spoilt[None], format="flt", layout="mono")
    given.sample_rate, given.pts, given.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
    shaper = av.AudioResampler(codecs.samples, form.layout, form.rate, frame_size=stream.codec_context.frame_size or 0)
    for frame in [*shaper.resample(given), *shaper.resample(None)]:
        yield from stream.encode(frame)
    yield from stream.encode(None)
