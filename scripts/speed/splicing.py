"""Splices stretches of clips into one video of one size and rate, as the web has it: H.264 with B-frames, and AAC.

What a clip's file says of time is kept: a stretch's sound lies as early or as late as in the clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import Graph
from plans import Stretch

from slceleb_core.types import Array

SOUND_RATE = 48_000
BLOCK = 1024
"""Samples of an AAC frame."""

KEY_SECONDS = 4
"""Seconds between key frames, where no cut asks for one: streaming services have 2 to 5."""

ENCODING = {"crf": "23", "preset": "veryfast", "bf": "3", "refs": "3", "x264-params": "mbtree=0"}
"""The encoder's own quality, and frames that look ahead; without the macroblock tree, which reads memory that nobody
has written to (libx264 165), the same call gives the same bytes."""

THREADS = 2
"""Of the encoder: what it writes depends on it, so it is not the machine's."""


def splice(target: Path, stretches: tuple[Stretch, ...], clips: Path, size: tuple[int, int], rate: int) -> None:
    """Write the stretches, one after the other."""
    options = {"fflags": "+bitexact", "movflags": "+faststart"}
    with av.open(str(target), "w", options=options) as container:
        reel = _Reel(container, size, rate)
        for stretch in stretches:
            reel.add(pictures(stretch, clips, size, rate), sound(stretch, clips))
        reel.finish()


class _Reel:
    """A file that grows by stretches.

    Parameters
    ----------
    container
        Where to.
    size, rate
        Of the pictures.
    """

    def __init__(self, container: Any, size: tuple[int, int], rate: int) -> None:
        self._container, self._rate = container, rate
        keys = {"g": str(KEY_SECONDS * rate)}
        self._video = container.add_stream("libx264", rate=rate, options=ENCODING | keys)
        self._video.width, self._video.height = size
        self._video.pix_fmt, self._video.codec_context.thread_count = "yuv420p", THREADS
        self._audio = container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        self._audio.bit_rate = 128_000
        self._shown, self._waiting, self._heard = 0, np.zeros((2, 0), np.float32), 0

    def add(self, images: Iterator[Any], samples: Array) -> None:
        """Append a stretch."""
        per_picture = SOUND_RATE // self._rate
        for place, image in enumerate(images):
            image.pts, image.time_base = self._shown, Fraction(1, self._rate)
            image.pict_type = 0
            self._shown += 1
            self._container.mux(self._video.encode(image))
            self._hear(samples[:, place * per_picture : (place + 1) * per_picture])

    def _hear(self, samples: Array) -> None:
        """Encode what fills whole frames."""
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        while self._waiting.shape[1] >= BLOCK:
            self._sound(self._waiting[:, :BLOCK])
            self._waiting = self._waiting[:, BLOCK:]

    def _sound(self, samples: Array) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, self._heard, Fraction(1, SOUND_RATE)
        self._heard += samples.shape[1]
        self._container.mux(self._audio.encode(frame))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        if self._waiting.shape[1]:
            self._sound(self._waiting)
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))


def pictures(stretch: Stretch, clips: Path, size: tuple[int, int], rate: int) -> Iterator[Any]:
    """Yield a stretch's pictures, fitted into `size` with black bars, exactly as many as it has ticks."""
    count, last = stretch.ticks(rate), None
    source = drawn(stretch, rate) if stretch.drawn else shown(clips / stretch.picture, stretch, rate)
    fit = Fitting(size)
    for _, picture in zip(range(count), source, strict=False):
        last = fit(picture)
        yield last
        count -= 1
    if last is None:
        raise SystemExit(f"{stretch.picture}: no picture at {stretch.start} s")
    for _ in range(count):
        yield last


def drawn(stretch: Stretch, rate: int) -> Iterator[Any]:
    """Yield pictures of a source filter."""
    name, _, options = stretch.picture.partition("=")
    graph = Graph()
    graph.link_nodes(graph.add(name, options), graph.add("fps", str(rate)), graph.add("buffersink")).configure()
    while True:
        yield graph.pull()


def shown(clip: Path, stretch: Stretch, rate: int) -> Iterator[Any]:
    """Yield pictures of a clip at a constant rate, from the stretch's start on."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        graph = Graph()
        source = graph.add_buffer(template=stream)
        even = graph.add("fps", f"{rate}:start_time={stretch.start}")
        graph.link_nodes(source, even, graph.add("buffersink")).configure()
        for picture in container.decode(stream):
            if picture.time is not None and picture.time < stretch.end + 1.0:
                graph.push(picture)
                yield from _ready(graph)
        graph.push(None)
        yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[Any]:
    """Yield what a graph has to give at the moment."""
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


class Fitting:
    """Scales pictures of any size into one, with black bars.

    Parameters
    ----------
    size
        Width and height.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._graph: Graph | None = None

    def __call__(self, picture: Any) -> Any:
        """Return a picture of the size, yuv420p."""
        if self._graph is None:
            self._graph = self._built(picture)
        picture.pts = None
        self._graph.push(picture)
        return self._graph.pull()

    def _built(self, picture: Any) -> Graph:
        width, height = self._size
        graph = Graph()
        shape = f"video_size={picture.width}x{picture.height}:pix_fmt={picture.format.name}:time_base=1/25"
        graph.link_nodes(
            graph.add("buffer", shape),
            graph.add("scale", f"{width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2"),
            graph.add("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2"),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ).configure()
        return graph


def sound(stretch: Stretch, clips: Path) -> Array:
    """Return float32 [2, n] of a stretch; what the clip has no sound for is silent."""
    samples = np.zeros((2, round((stretch.end - stretch.start) * SOUND_RATE) + BLOCK), np.float32)
    heard = stretch.voice if stretch.drawn else stretch.picture
    if heard is None:
        return samples
    with av.open(str(clips / heard)) as container:
        resampler = av.AudioResampler("fltp", "stereo", SOUND_RATE)
        for frame in container.decode(audio=0):
            for block in resampler.resample(frame):
                _lay(block, round((float(block.time or 0.0) - stretch.start) * SOUND_RATE), samples)
            if frame.time is not None and frame.time > stretch.end + 1.0:
                break
    return samples


def _lay(block: Any, at: int, samples: Array) -> None:
    """Put a block of sound where it belongs, as far as it lies inside."""
    first, last = max(at, 0), min(at + block.samples, samples.shape[1])
    if first < last:
        samples[:, first:last] = block.to_ndarray()[:, first - at : last - at]
