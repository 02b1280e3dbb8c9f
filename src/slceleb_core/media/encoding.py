"""Encoding a clip: H.264 pictures with the times they have, and AAC sound."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet

from slceleb_core.media.excerpt import Shown, SoundForm
from slceleb_core.media.orientation import orientation_of
from slceleb_core.types import Array

log = logging.getLogger(__name__)

CLOCK = Fraction(1, 60_000)
"""Time base of the pictures: holds every time to within 9 microseconds, and MPEG-4 Part 2, whose time base has 16 bits,
can have it too."""

NOMINAL_RATE = 30
"""Frames per second that rate control starts from; the times themselves come with the pictures."""

ENCODERS: dict[str, dict[str, str]] = {
    # Constant quality 18 is what the x264 documentation calls visually lossless or nearly so. Without B-frames,
    # decoding and presentation order agree, so that readers that ignore edit lists see the right times too. What x264
    # writes depends on how many threads it has, and with its macroblock tree on what was in memory before: on one
    # thread and without the tree a clip is the same every time. "superfast" takes a third of the time of "fast".
    "libx264": {"crf": "18", "preset": "superfast", "x264-params": "mbtree=0", "bf": "0", "threads": "1"},
    "libopenh264": {"b": "4M", "allow_skip_frames": "0"},
    "mpeg4": {"b": "4M", "bf": "0"},
}
"""Video encoders, best first, with their options; mpeg4 is part of every FFmpeg."""

AAC_BITS_PER_CHANNEL = 96_000
"""Bits per second and channel: the AAC encoder of FFmpeg is transparent for speech well below this."""

AAC = {"aac_coder": "fast"}
"""Options of that encoder: its other way of choosing quantizers takes three times as long, and at this rate, where bits
are not scarce, buys nothing."""


def choose_encoder() -> str:
    """Return the name of the best video encoder that this build of PyAV has, and say so if it is not the first."""
    name = next((name for name in ENCODERS if name in av.codecs_available), "mpeg4")
    if name != "libx264":
        log.warning("this build of PyAV has no libx264: clips are encoded with %s", name)
    return name


class PictureShaper:
    """Turns pictures upright, pads odd sizes to even ones, and converts them to yuv420p, keeping their colours.

    Parameters
    ----------
    template
        A picture of the kind that will come.
    """

    def __init__(self, template: av.VideoFrame) -> None:
        self._size = (template.width, template.height)
        self._graph = Graph()
        source = self._graph.add(
            "buffer",
            video_size=f"{template.width}x{template.height}",
            pix_fmt=template.format.name,
            time_base=str(CLOCK),
        )
        steps = [
            *orientation_of(template).filters(),
            ("pad", "ceil(iw/2)*2:ceil(ih/2)*2"),
            ("format", "yuv420p"),
            ("buffersink", ""),
        ]
        nodes = [self._graph.add(name, arguments or None) for name, arguments in steps]
        self._graph.link_nodes(source, *nodes).configure()

    def shape(self, shown: Shown) -> av.VideoFrame:
        """Return the picture as it goes to the encoder, with its time."""
        picture = shown.picture
        if (picture.width, picture.height) != self._size:
            picture = picture.reformat(*self._size)
        picture.pts, picture.time_base = round(shown.time / CLOCK), CLOCK
        self._graph.push(picture)
        shaped: av.VideoFrame = self._graph.vpull()
        shaped.pts, shaped.time_base = round(shown.time / CLOCK), CLOCK
        # The source's choice of key frames and B-frames is not the clip's.
        shaped.pict_type = 0
        return shaped


class PictureEncoder:
    """Adds a video stream to a container, and encodes pictures into packets for it.

    Parameters
    ----------
    container
        Where the stream is added.
    first
        The first picture, shaped: it gives the size and the colours.
    options
        What is to be in place of options in :data:`ENCODERS`, for the encoders that have them.
    """

    def __init__(
        self, container: OutputContainer, first: av.VideoFrame, options: Mapping[str, str] | None = None
    ) -> None:
        name = choose_encoder()
        wanted = {**ENCODERS[name], **{key: value for key, value in (options or {}).items() if key in ENCODERS[name]}}
        self._stream: Any = container.add_stream(name, rate=NOMINAL_RATE, options=wanted)
        context: Any = self._stream.codec_context
        context.width, context.height, context.pix_fmt = first.width, first.height, "yuv420p"
        context.time_base = CLOCK
        context.colorspace, context.color_range = first.colorspace, first.color_range

    def packets(self, pictures: Iterator[tuple[av.VideoFrame, float]]) -> Iterator[Packet[Any]]:
        """Yield the packets of pictures that come with how long each is shown, in seconds."""
        durations: dict[int, int] = {}
        for picture, duration in pictures:
            durations[int(picture.pts or 0)] = round(duration / CLOCK)
            yield from self._timed(self._stream.encode(picture), durations)
        yield from self._timed(self._stream.encode(None), durations)

    @staticmethod
    def _timed(packets: list[Packet[Any]], durations: dict[int, int]) -> Iterator[Packet[Any]]:
        """Give each packet its duration: MP4 takes the last one's from there."""
        for packet in packets:
            packet.duration = durations.pop(int(packet.pts or 0))
            yield packet


class SoundEncoder:
    """Adds an AAC stream to a container, and encodes samples into packets for it.

    Parameters
    ----------
    container
        Where the stream is added.
    form
        Rate and channels of the samples.
    """

    def __init__(self, container: OutputContainer, form: SoundForm) -> None:
        self._form = form
        self._stream: Any = container.add_stream("aac", rate=form.rate, options=AAC)
        self._stream.codec_context.layout = form.layout
        self._stream.codec_context.bit_rate = AAC_BITS_PER_CHANNEL * form.channels

    def packets(self, blocks: Iterator[Array]) -> Iterator[Packet[Any]]:
        """Yield the packets of float32 [channels, n] blocks that follow each other from time 0 on."""
        done = 0
        for block in blocks:
            if not block.shape[1]:
                continue
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=self._form.layout)
            frame.sample_rate, frame.pts, frame.time_base = self._form.rate, done, Fraction(1, self._form.rate)
            done += block.shape[1]
            yield from self._stream.encode(frame)
        yield from self._stream.encode(None)
