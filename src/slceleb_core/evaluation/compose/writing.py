"""Writing a composed clip: H.264 and AAC in MP4, or without any loss in Matroska."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from slceleb_core.disk.atomic import whole_file
from slceleb_core.media.encoding import ENCODERS, NO_TREE, choose_encoder
from slceleb_core.media.ticks import CLOCK, Placed, on_ticks
from slceleb_core.types import SAMPLE_RATE, Array

AS_MEASURED = {"libx264": {"preset": "veryfast", "crf": "18", "x264-params": NO_TREE}}
"""Options by encoder in place of those of cut clips: what is measured on composed clips must not move with how others
are cut."""

AAC_BITS = 96_000
"""Bits per second: transparent for one channel of speech at 16 kHz."""

BLOCK = 1024
"""Samples of an AAC frame."""


@dataclass(frozen=True, slots=True)
class Format:
    """How clips are written.

    Attributes
    ----------
    suffix, container
        Of the file.
    video, audio
        Encoders.
    pixels
        Pixel format.
    samples
        Sample format.
    options
        Of the video encoder.
    """

    suffix: str
    container: str
    video: str
    audio: str
    pixels: str
    samples: str
    options: dict[str, str]


def lossy(bitrate: int | None = None) -> Format:
    """Return MP4 with H.264 and AAC; the encoder runs on one thread, so that machines with more write the same."""
    name = choose_encoder()
    options = {**ENCODERS[name], **AS_MEASURED.get(name, {}), "threads": "1"}
    if bitrate is not None:
        options.pop("crf", None)
        options |= {"b": str(bitrate), "maxrate": str(bitrate), "bufsize": str(bitrate)}
    return Format(".mp4", "mp4", name, "aac", "yuv420p", "fltp", options)


LOSSLESS = Format(".mkv", "matroska", "ffv1", "flac", "bgr0", "s16", {"threads": "1"})
"""Pictures and 16-bit sound come back as they were composed."""


def write_clip(target: Path, frames: Iterable[tuple[float, Array]], samples: Array, form: Format) -> int:
    """Write a clip as a whole, or not at all, and return how many pictures it has.

    Parameters
    ----------
    target
        The file.
    frames
        Times in seconds, rising, and uint8 [height, width, 3] pictures, at least one; of those that fall on one tick of
        the clip's clock, the last is written.
    samples
        float32 [n], mono, 16 kHz, from time 0 on.
    form
        How.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    with whole_file(target) as partial, av.open(f"file:{partial}", "w", format=form.container) as container:
        placed = on_ticks(frames, 0.0, float(CLOCK))
        first = next(placed)
        video = _video_stream(container, form, first.picture)
        sound = container.add_stream(form.audio, rate=SAMPLE_RATE, layout="mono", format=form.samples)
        if form.audio == "aac":
            sound.codec_context.bit_rate = AAC_BITS
        count = 0
        for shown in itertools.chain([first], placed):
            container.mux(video.encode(_picture(shown, form)))
            count += 1
        container.mux(video.encode(None))
        _write_sound(container, sound, samples, form)
    return count


def _video_stream(container: Any, form: Format, image: Array) -> Any:
    stream = container.add_stream(form.video, rate=25, options=dict(form.options))
    stream.height, stream.width, stream.pix_fmt = *image.shape[:2], form.pixels
    stream.codec_context.time_base = CLOCK
    stream.codec_context.thread_count = 1
    return stream


def _picture(shown: Placed[Array], form: Format) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(shown.picture, format="rgb24").reformat(format=form.pixels)
    picture.pts, picture.time_base = shown.begin, CLOCK
    return picture


def _write_sound(container: Any, stream: Any, samples: Array, form: Format) -> None:
    steps = samples if form.samples == "fltp" else np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    for begin in range(0, len(steps), BLOCK):
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(steps[None, begin : begin + BLOCK]), format=form.samples, layout="mono"
        )
        block.sample_rate, block.pts, block.time_base = SAMPLE_RATE, begin, Fraction(1, SAMPLE_RATE)
        container.mux(stream.encode(block))
    container.mux(stream.encode(None))
