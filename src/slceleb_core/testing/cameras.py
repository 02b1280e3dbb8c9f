"""Cameras made out of one clip, of which it is known how their clocks run: for tests of groups, and for scripts.

Each crops, scales and counts in its own way, starts when it likes, hears in its own way, and may be covered, muted, or
stop and go on. No program but PyAV is needed. ::

    near = Camera("near", height=360)
    far = Camera("far", starts=1.7, drift=60.0, microphone=Microphone(reverberation=0.4, direct=0.0, snr=5.0))
    one, other = film(clip, near, folder), film(clip, far, folder)
    truth = one.told(other)          # the other one's clock, told by the first
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np

from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import Clock
from slceleb_core.media.container import open_media
from slceleb_core.media.encoding import choose_encoder
from slceleb_core.media.ticks import CLOCK
from slceleb_core.media.video import VideoReader
from slceleb_core.testing.microphones import Microphone, on_clock
from slceleb_core.types import Array, SoundForm, TimeRange

SOUND_RATE = 48_000
"""Hz of the sound that cameras record."""

FRAME = 1024
"""Samples of a frame of sound, where the encoder has no wish."""

CODECS = {
    ".mp4": ("", "aac"),
    ".mov": ("", "pcm_s16le"),
    ".mkv": ("", "aac"),
    ".ts": ("", "aac"),
    ".avi": ("mpeg4", "pcm_s16le"),
    ".mpg": ("mpeg2video", "mp2"),
    ".webm": ("libvpx", "libopus"),
}
"""How pictures and sound are encoded, by the container; an empty name is the house's encoder."""

WHOLE_FRAMES = (".avi", ".mpg")
"""Containers that know of no time but the number of a picture: drift is not to be seen in theirs."""

BLUR = 12
"""A covered picture is blurred by its height over this."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, and what befalls it.

    Attributes
    ----------
    name
        Of its file, without the ending.
    crop
        What it sees of the picture: left, top, right, bottom as parts of it.
    height
        Pixels; None: as many as what it sees has. The width follows.
    rate
        Frames a second; None: those of the clip, at their times.
    starts
        Seconds of the clip at which it is switched on.
    lasts
        Seconds of the clip after which it is switched off; None: at the clip's end.
    begin
        PTS seconds of its first picture and its first sample.
    drift
        By how many millionths the clip's clock is faster than its own.
    microphone
        How it hears; None: it has no sound at all.
    covered
        Seconds of the clip, from and to, in which it sees nothing.
    cover
        What is seen then: nothing but black, or a blur.
    pauses
        Seconds of the clip, from and to, that it leaves out: it stops and goes on, and its clock knows nothing of it.
    container
        The ending of its file.
    sound_codec
        In place of the usual one.
    bit_rate
        Bits a second of its sound; None: the encoder's own.
    timecode
        ``HH:MM:SS:FF`` of its first picture; empty: it states none.
    seed
        Of its room and its noise.
    """

    name: str
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    height: int | None = None
    rate: float | None = None
    starts: float = 0.0
    lasts: float | None = None
    begin: float = 0.0
    drift: float = 0.0
    microphone: Microphone | None = field(default_factory=Microphone)
    covered: tuple[tuple[float, float], ...] = ()
    cover: Literal["black", "blur"] = "black"
    pauses: tuple[tuple[float, float], ...] = ()
    container: str = ".mp4"
    sound_codec: str = ""
    bit_rate: int | None = None
    timecode: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        left, top, right, bottom = self.crop
        if not (0.0 <= left < right <= 1.0 and 0.0 <= top < bottom <= 1.0):
            raise ValueError(f"Camera.crop is {self.crop}, expected parts of a picture: left, top, right, bottom")
        if self.container not in CODECS:
            raise ValueError(f"Camera.container is {self.container!r}, expected one of {', '.join(CODECS)}")


@dataclass(frozen=True, slots=True)
class Piece:
    """What a camera recorded without stopping.

    Attributes
    ----------
    own
        From when to when, on its own clock.
    clock
        Its clock there, told by the clip's.
    """

    own: TimeRange
    clock: Clock


@dataclass(frozen=True, slots=True)
class Filmed:
    """A camera's file, and what is known of it.

    Attributes
    ----------
    camera
        Which one.
    path
        Its file.
    pieces
        What it recorded without stopping: one, unless it pauses.
    """

    camera: Camera
    path: Path
    pieces: tuple[Piece, ...]

    @property
    def clock(self) -> Clock:
        """Its clock, told by the clip's; in the first piece."""
        return self.pieces[0].clock

    def told(self, other: Filmed) -> Clock:
        """Return another camera's clock, told by this one's; both in their first pieces."""
        return other.clock.then(self.clock.inverse())


def film(clip: Path, camera: Camera, folder: Path) -> Filmed:
    """Write what a camera makes of a clip.

    Parameters
    ----------
    clip
        A video with sound.
    camera
        Who films it.
    folder
        Where its file is written, which replaces one that is there.

    Raises
    ------
    VideoError
        The clip cannot be read.
    ValueError
        The camera records nothing of it.
    """
    path = folder / f"{camera.name}{camera.container}"
    with VideoReader(clip) as reader, AudioTrack.decode(clip, form=SoundForm(SOUND_RATE)) or nullcontext() as track:
        ends = [reader.info.start + (reader.info.duration or 0.0), *([] if track is None else [track.end])]
        pieces = pieces_of(camera, max(ends))
        with av.open(str(path), "w") as container:
            first = _write(container, camera, pieces, reader, track)
    return Filmed(camera, path, _as_written(path, first, pieces))


def film_all(clip: Path, cameras: Sequence[Camera], folder: Path) -> list[Filmed]:
    """Write what several cameras make of a clip."""
    return [film(clip, camera, folder) for camera in cameras]


def pieces_of(camera: Camera, end: float) -> tuple[Piece, ...]:
    """Return what a camera records of a clip that lasts until `end`, PTS seconds."""
    until = end if camera.lasts is None else min(camera.starts + camera.lasts, end)
    edges = [camera.starts, *(time for pause in camera.pauses for time in pause), until]
    drift, own, pieces = camera.drift * 1e-6, camera.begin, []
    for begin, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop <= begin:
            raise ValueError(f"the camera {camera.name} records nothing from {begin} to {stop} s")
        clock = Clock(begin - (1.0 + drift) * own, drift)
        pieces.append(Piece(TimeRange(own, clock.own(stop)), clock))
        own = clock.own(stop)
    return tuple(pieces)


def _write(
    container: Any, camera: Camera, pieces: Sequence[Piece], reader: VideoReader, track: AudioTrack | None
) -> float:
    """Write pictures and sound, in the order of their times; return PTS seconds of the first picture."""
    pictures = _pictures(camera, pieces, reader)
    first = next(pictures, None)
    if first is None:
        raise ValueError(f"the camera {camera.name} sees nothing of {reader.path}")
    video = _video_stream(container, camera, first[1])
    sound = None if track is None or camera.microphone is None else _sound_stream(container, camera)
    packets = []
    for time, image in (first, *pictures):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.time_base = video.codec_context.time_base
        frame.pts = round(Fraction(time) / frame.time_base)
        packets += video.encode(frame)
    packets += video.encode(None)
    if sound is not None and track is not None:
        for block in _sound_frames(_heard(camera, pieces, track), camera.begin, sound):
            packets += sound.encode(block)
        packets += sound.encode(None)
    for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
        container.mux(packet)
    return first[0]


def _video_stream(container: Any, camera: Camera, image: Array) -> Any:
    name = CODECS[camera.container][0] or choose_encoder()
    rate = Fraction(camera.rate or 25).limit_denominator(1001)
    options = {
        "libx264": {"preset": "ultrafast", "crf": "20", "bf": "0", "threads": "1"},
        "libvpx": {"deadline": "realtime", "cpu-used": "8", "b": "2M"},
    }.get(name, {"b": "4M"})
    stream = container.add_stream(name, rate=rate, options=options)
    stream.height, stream.width, stream.pix_fmt = *image.shape[:2], "yuv420p"
    stream.codec_context.time_base = 1 / rate if camera.container in WHOLE_FRAMES else CLOCK
    if camera.timecode:
        container.metadata["timecode"] = camera.timecode
    return stream


def _sound_stream(container: Any, camera: Camera) -> Any:
    stream = container.add_stream(camera.sound_codec or CODECS[camera.container][1], rate=SOUND_RATE, layout="mono")
    if camera.bit_rate is not None:
        stream.codec_context.bit_rate = camera.bit_rate
    return stream


def _pictures(camera: Camera, pieces: Sequence[Piece], reader: VideoReader) -> Iterator[tuple[float, Array]]:
    """Yield PTS seconds and picture, uint8 [height, width, 3], RGB, of all that a camera sees."""
    own = _own_times(camera, pieces)
    frames = reader.frames()
    shown = following = next(frames, None)
    if camera.rate is None and camera.container not in WHOLE_FRAMES:
        while shown is not None:
            piece = _recording(pieces, shown.time)
            if piece is not None:
                yield piece.clock.own(shown.time), _seen(camera, shown.image, shown.time)
            shown = next(frames, None)
        return
    for time, moment in own:
        while following is not None and following.time <= moment + 1e-6:
            shown, following = following, next(frames, None)
        if shown is not None:
            yield time, _seen(camera, shown.image, moment)


def _own_times(camera: Camera, pieces: Sequence[Piece]) -> Iterator[tuple[float, float]]:
    """Yield when a camera takes a picture: on its own clock, and on the clip's."""
    rate, number = camera.rate or 25.0, 0
    for piece in pieces:
        while (time := camera.begin + number / rate) in piece.own:
            yield time, piece.clock.other(time)
            number += 1


def _recording(pieces: Sequence[Piece], moment: float) -> Piece | None:
    """Return the piece that a moment of the clip is recorded in."""
    return next((piece for piece in pieces if piece.clock.own(moment) in piece.own), None)


def _seen(camera: Camera, image: Array, moment: float) -> Array:
    """Return what is seen of a picture: cropped, scaled, covered, with even sides."""
    height, width = image.shape[:2]
    left, top, right, bottom = camera.crop
    part = image[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    tall = camera.height or part.shape[0]
    wide = part.shape[1] * tall / part.shape[0]
    size = max(2 * round(wide / 2), 2), max(2 * round(tall / 2), 2)
    scaled = cv2.resize(part, size, interpolation=cv2.INTER_AREA) if size != part.shape[1::-1] else part
    if any(begin <= moment < end for begin, end in camera.covered):
        scaled = np.zeros_like(scaled) if camera.cover == "black" else cv2.GaussianBlur(scaled, (0, 0), size[1] / BLUR)
    return np.ascontiguousarray(scaled)


def _heard(camera: Camera, pieces: Sequence[Piece], track: AudioTrack) -> Array:
    """Return float32 [n], what a camera hears."""
    parts, done = [], 0
    for piece in pieces:
        assert piece.own.end is not None
        count = round((piece.own.end - camera.begin) * SOUND_RATE) - done
        moment = piece.clock.other(camera.begin + done / SOUND_RATE)
        span = track.span(moment - 0.01, moment + count / SOUND_RATE * (1.0 + piece.clock.drift) + 0.01)
        parts.append(on_clock(span.samples, Clock(moment - span.start, piece.clock.drift), count, SOUND_RATE))
        done += count
    microphone = camera.microphone or Microphone()
    return microphone.hear(np.concatenate(parts), np.random.default_rng(camera.seed), SOUND_RATE)


def _sound_frames(samples: Array, begin: float, stream: Any) -> Iterator[av.AudioFrame]:
    """Yield sound for an encoder, which may want other samples than floats."""
    whole = stream.codec_context.format.name.startswith("s16")
    planar = "s16" if whole else "fltp"
    for first in range(0, len(samples), FRAME):
        part = samples[None, first : first + FRAME]
        values = (part * 32767).round().astype(np.int16) if whole else part
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), format=planar, layout="mono")
        frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
        frame.pts = round(begin * SOUND_RATE) + first
        yield frame


def _as_written(path: Path, first: float, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the pieces on the clock of the file: some containers begin later than they are told to, with all of it."""
    with open_media(path) as container:
        stream = container.streams.video[0]
        moved = float((stream.start_time or 0) * (stream.time_base or 0)) - first
    if abs(moved) < float(CLOCK):
        return tuple(pieces)
    own = Clock(-moved)  # what the pieces' clock shows when the file's shows 0
    return tuple(
        Piece(TimeRange(own.own(piece.own.start or 0.0), own.own(piece.own.end or 0.0)), own.then(piece.clock))
        for piece in pieces
    )
