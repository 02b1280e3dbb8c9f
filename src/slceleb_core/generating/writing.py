"""Writing what is made: pictures with the times that they have, and the sound, from the first picture on."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from slceleb_core.errors import VideoError
from slceleb_core.media.cutting import FASTSTART, decoding_time
from slceleb_core.media.encoding import NO_TREE, PIXELS, PictureEncoder, SoundEncoder
from slceleb_core.media.excerpt import sound_between, sound_form
from slceleb_core.media.files import from_source
from slceleb_core.media.generated import STREAM_TAG, TAG, message
from slceleb_core.media.ticks import CLOCK, Placed, on_ticks, tick_of, within
from slceleb_core.types import Array, SoundTrack

START_CODES = (b"\0\0\0\1", b"\0\0\1")
"""How packets of H.264 begin, as encoders give them (ITU-T H.264, annex B); those of MPEG-4 Part 2 have a place for no
message."""

SMALLER = {"preset": "superfast", "x264-params": NO_TREE}
"""What is encoded otherwise than a clip: it is a whole video, and making a picture takes longer than that."""


@dataclass(frozen=True, slots=True)
class SoundSource:
    """The sound that is heard in what is made.

    Attributes
    ----------
    path, track
        The file, and which of its audio tracks.
    start
        PTS seconds of its first sample, which is heard with the first picture.
    length
        Seconds of it that are heard.
    """

    path: Path
    track: SoundTrack
    start: float
    length: float


def write(
    target: Path, pictures: Iterable[tuple[float, Array]], origin: float, period: float, sound: SoundSource
) -> None:
    """Write an MP4: H.264 and AAC, both from 0 on, both as long as the sound is heard; its tags say what it is.

    Parameters
    ----------
    target
        The file.
    pictures
        PTS seconds, and uint8 [height, width, 3], RGB, all of one size; odd sides get a black row or column.
    origin
        PTS seconds of the first picture.
    period
        Seconds for which the last picture is shown.
    sound
        What is heard.

    Raises
    ------
    VideoError
        There is not one picture, or the sound cannot be read.
    OSError
        The file cannot be written.
    """
    placed = within(on_ticks(pictures, origin, period), max(tick_of(sound.length, 0.0), 1))
    shaped = _shaped(placed)
    opening = next(shaped, None)
    if opening is None:
        raise VideoError(f"{sound.path}: no picture is heard with it", "name a longer sound")
    with av.open(f"file:{target}", "w", format="mp4", options=FASTSTART) as container:
        container.metadata["comment"] = TAG
        encoder = PictureEncoder(container, opening.picture, SMALLER)
        end = sound.start + sound.length
        form = sound_form(sound.path, sound.track, sound.start, end)
        samples = sound_between(sound.path, sound.track, sound.start, sound.start, end, form)
        sounding = SoundEncoder(container, form)
        for stream in container.streams:
            stream.metadata["handler_name"] = STREAM_TAG
        tracks = [
            map(_saying, encoder.packets(itertools.chain([opening], shaped))),
            sounding.packets(from_source(sound.path, samples)),
        ]
        for packet in heapq.merge(*tracks, key=decoding_time):
            container.mux(packet)


def _saying(packet: Packet[Any]) -> Packet[Any]:
    """Return a packet of pictures; a key picture of H.264 with a message in front that says what it is part of."""
    content = bytes(packet)
    if not packet.is_keyframe or not content.startswith(START_CODES):
        return packet
    said: Packet[Any] = Packet(message() + content)
    said.stream, said.time_base, said.is_keyframe = packet.stream, packet.time_base, True
    said.pts, said.dts, said.duration = packet.pts, packet.dts, packet.duration
    return said


def _shaped(placed: Iterator[Placed[Array]]) -> Iterator[Placed[av.VideoFrame]]:
    """Yield each picture as it goes to the encoder."""
    reformatter = VideoReformatter()
    for shown in placed:
        drawn = av.VideoFrame.from_ndarray(_even(shown.picture), format="rgb24")
        picture = reformatter.reformat(
            drawn, format=PIXELS, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = shown.begin, CLOCK
        yield Placed(shown.begin, shown.end, picture)


def _even(image: Array) -> Array:
    """Return a picture of even sides, as H.264 wants them."""
    height, width = image.shape[:2]
    if not (height % 2 or width % 2):
        return np.ascontiguousarray(image)
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)))
