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
from av.video.reformatter import VideoReformatter

from slceleb_core.media.colours import colours_of
from slceleb_core.media.display import UPRIGHT, Placement, Stored, placed_on
from slceleb_core.media.excerpt import SoundForm
from slceleb_core.media.ticks import CLOCK, Placed
from slceleb_core.types import Array

log = logging.getLogger(__name__)

PIXELS = "yuv420p"
"""The pixel format of clips: what every player shows."""

NOMINAL_RATE = 30
"""Frames per second that rate control starts from; the times themselves come with the pictures."""

NO_TREE = "mbtree=0"
"""x264 without its macroblock tree (x264's own options)."""

INTRA_4X4 = f"{NO_TREE}:analyse=i4x4"
"""The same, with the small intra blocks that its preset "ultrafast" leaves out."""

ENCODERS: dict[str, dict[str, str]] = {
    # Constant quality 18 is what the x264 documentation calls visually lossless or nearly so. Without B-frames,
    # decoding and presentation order agree, so that readers that ignore edit lists see the right times too. What x264
    # writes depends on how many threads it has, and with its macroblock tree on what was in memory before: on one
    # thread and without the tree a clip is the same every time. "ultrafast" takes half the time of "superfast"; with
    # small intra blocks and a step more of quality it keeps as much of a picture, for a larger file (the table in
    # docs/outputs.md; `scripts/speed/clips.py`).
    "libx264": {"crf": "17", "preset": "ultrafast", "x264-params": INTRA_4X4, "bf": "0", "threads": "1"},
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
    """Makes every picture one of the clip's: on its canvas, upright, yuv420p, in the colours of the first one.

    Whatever changes in the stream on the way, size, pixel format, colours or how pictures lie, the clip goes on as it
    began. Odd sides of the canvas are padded to even ones.

    Parameters
    ----------
    canvas
        Width and height.
    first
        The clip's first picture.
    """

    def __init__(self, canvas: tuple[int, int], first: av.VideoFrame) -> None:
        self._canvas = canvas
        self._colours = colours_of(first)
        self._reformatter = VideoReformatter()
        self._layer: Layer | None = None

    def shape(self, shown: Placed[Stored]) -> Placed[av.VideoFrame]:
        """Return a picture as it goes to the encoder."""
        placement = placed_on(self._canvas, shown.picture.shape)
        if self._layer is None or self._layer.placement != placement:
            self._layer = Layer(placement)
        converted = self._converted(shown.picture.picture, placement)
        shaped = converted if self._layer.is_bare else self._layer.lay(converted)
        shaped.pts, shaped.time_base = shown.begin, CLOCK
        # The source's choice of key frames and B-frames is not the clip's.
        shaped.pict_type = 0
        return Placed(shown.begin, shown.end, shaped)

    def _converted(self, picture: av.VideoFrame, placement: Placement) -> av.VideoFrame:
        """Return a picture as yuv420p, of the size that it has on the canvas before it is turned."""
        colours = colours_of(picture)
        return self._reformatter.reformat(
            picture,
            width=placement.width,
            height=placement.height,
            format=PIXELS,
            interpolation="BICUBIC",
            src_colorspace=colours.matrix,
            dst_colorspace=self._colours.matrix,
            src_color_range=colours.range,
            dst_color_range=self._colours.range,
        )


class Layer:
    """Turns yuv420p pictures of one size, and lays them on the canvas.

    Parameters
    ----------
    placement
        Where they lie.

    Attributes
    ----------
    placement
        The same.
    is_bare
        Whether a picture is the whole canvas as it is, so that there is nothing to do.
    """

    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        width, height = placement.canvas
        self.is_bare = placement.fills and placement.orientation == UPRIGHT and not (width % 2 or height % 2)
        self._graph = Graph()
        source = self._graph.add(
            "buffer", video_size=f"{placement.width}x{placement.height}", pix_fmt=PIXELS, time_base=str(CLOCK)
        )
        steps = [
            *placement.orientation.filters(),
            ("pad", f"{width + width % 2}:{height + height % 2}:{placement.left}:{placement.top}"),
            ("buffersink", ""),
        ]
        nodes = [self._graph.add(name, arguments or None) for name, arguments in steps]
        self._graph.link_nodes(source, *nodes).configure()

    def lay(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return the canvas with a picture on it."""
        self._graph.push(picture)
        laid: av.VideoFrame = self._graph.vpull()
        return laid


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
        context.width, context.height, context.pix_fmt = first.width, first.height, PIXELS
        context.time_base = CLOCK
        context.colorspace, context.color_range = first.colorspace, first.color_range
        context.color_primaries, context.color_trc = first.color_primaries, first.color_trc

    def packets(self, pictures: Iterator[Placed[av.VideoFrame]]) -> Iterator[Packet[Any]]:
        """Yield the packets of pictures, each of which begins where the one before ends."""
        ticks: dict[int, int] = {}
        for shown in pictures:
            ticks[shown.begin] = shown.ticks
            yield from self._timed(self._stream.encode(shown.picture), ticks)
        yield from self._timed(self._stream.encode(None), ticks)

    @staticmethod
    def _timed(packets: list[Packet[Any]], ticks: dict[int, int]) -> Iterator[Packet[Any]]:
        """Give each packet its duration: MP4 takes the last one's from there."""
        for packet in packets:
            if packet.pts in ticks:
                packet.duration = ticks.pop(packet.pts)
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
