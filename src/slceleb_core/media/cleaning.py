"""Samples that no recording has: what is not a number becomes silence, what is far too loud full scale."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.filter import Graph

from slceleb_core.types import Array

FLOATS = frozenset({"flt", "fltp", "dbl", "dblp"})
"""Sample formats, in libav's words, that can hold such samples."""

FAR = 8.0
"""How many times full scale a sample may have and be left to the resampler: 18 dB above it. Lossy decoders overshoot by
a few decibels, and a careless mix by some more."""


UNREADABLE = 8
"""Planes from which on PyAV 18 reads beyond those that a planar frame has."""


class Cleaner:
    """Cleans the frames of one stream, and counts what was wrong.

    Attributes
    ----------
    absurd
        Samples that were not a number or infinite: silence was put in.
    absurd_at
        PTS seconds of the first of them.
    loud
        Samples that were more than :data:`FAR` times full scale: full scale was put in.
    loud_at
        PTS seconds of the first of them.
    """

    def __init__(self) -> None:
        self.absurd = self.loud = 0
        self.absurd_at = self.loud_at = 0.0

    def clean(self, frame: av.AudioFrame, time: float) -> av.AudioFrame:
        """Return a frame, which begins at `time`, PTS seconds, or a clean one in its place."""
        if frame.format.name not in FLOATS:
            return frame
        samples = frame.to_ndarray()
        if np.abs(samples).max() <= FAR:  # false, too, where one is not a number
            return frame
        step = 1 if frame.format.is_planar else frame.layout.nb_channels
        absurd = ~np.isfinite(samples)
        samples[absurd] = 0.0
        loud = np.abs(samples) > FAR
        samples[loud] = np.sign(samples[loud])
        if not self.absurd:
            self.absurd_at = time + first_of(absurd, step) / frame.sample_rate
        if not self.loud:
            self.loud_at = time + first_of(loud, step) / frame.sample_rate
        self.absurd += int(absurd.sum())
        self.loud += int(loud.sum())
        return like(frame, samples)


def readable(frame: av.AudioFrame) -> av.AudioFrame:
    """Return a frame whose samples can be looked at: of a float one of many planes, the same in one plane."""
    if frame.format.name not in FLOATS or not frame.format.is_planar or frame.layout.nb_channels < UNREADABLE:
        return frame
    graph = Graph()
    source = graph.add(
        "abuffer",
        sample_rate=str(frame.sample_rate),
        sample_fmt=frame.format.name,
        channel_layout=frame.layout.name,
        time_base=str(Fraction(1, frame.sample_rate)),
    )
    convert = graph.add("aformat", sample_fmts=frame.format.packed.name)
    graph.link_nodes(source, convert, graph.add("abuffersink")).configure()
    pts, time_base = frame.pts, frame.time_base
    graph.push(frame)
    packed: Any = graph.pull()
    packed.pts = pts
    if time_base is not None:
        packed.time_base = time_base
    return cast("av.AudioFrame", packed)


def first_of(marked: Array, step: int) -> int:
    """Return the first moment at which any channel is marked; `step` channels take turns in a row."""
    return int(marked.any(axis=0).argmax()) // step


def like(frame: av.AudioFrame, samples: Array) -> av.AudioFrame:
    """Return a frame of other samples, and of the same kind and time."""
    made = av.AudioFrame.from_ndarray(samples, format=frame.format.name, layout=frame.layout.name)
    made.sample_rate, made.pts = frame.sample_rate, frame.pts
    if frame.time_base is not None:
        made.time_base = frame.time_base
    return made
