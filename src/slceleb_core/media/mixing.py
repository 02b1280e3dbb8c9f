"""Sound of any number of channels mixed down to one, unless they cancel each other: then one of them is taken.

A channel that was wired the wrong way round is the mirror image of the other; their mean is silence, though whoever
listens to both hears a voice. Whether that is so is decided for blocks of the grid, each on its own samples and on what
was decided before, so that it does not depend on which part of a video is looked at.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
from av.filter import Graph

from slceleb_core.types import Array

BLOCK_SECONDS = 5.0
"""How much sound is decided on together: a sentence, so that the pauses of a voice over music that cancels do not
matter, and few enough seconds that a wrong beginning costs little. It is what is held in memory."""

CANCELLED = 0.1
"""Of the energy that channels would leave in the mix if they had nothing to do with each other, the part below which
they cancel: for two of the same level a correlation of -0.9. Wide stereo stays far above: 1 where they are independent,
or where only one sounds, 0.5 at a correlation of -0.5."""

MENDED = 0.5
"""The part from which on the mix is taken again; in between it stays as it was."""

QUIET = 1e-8
"""Mean square below which nothing is decided: -80 dB of full scale."""

AS_LOUD = 0.8
"""Part of the loudest channel's energy from which on a channel counts as loud as that: 1 dB. The first one is taken."""

FADE_SECONDS = 0.01
"""How long going over from the mix to a channel takes, so that it does not click."""


Kind: TypeAlias = tuple[str, int]
"""Of which channels a piece is: layout, number of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Samples and their place.

    Attributes
    ----------
    index
        Place of the first sample on the grid; the grid's sample 0 is the stream's first.
    samples
        float32 [channels, n], -1..1; where there are several, and their mix is wanted, that is the last row.
    layout
        Which channels they are, in libav's words.
    """

    index: int
    samples: Array
    layout: str = "mono"

    def within(self, places: range) -> Piece:
        """Return what of it lies at `places`; no sample where nothing does."""
        first, last = max(places.start - self.index, 0), max(places.stop - self.index, 0)
        return Piece(self.index + first, self.samples[:, first:last], self.layout)


@functools.cache
def mono_weights(layout: str, channels: int) -> Array:
    """Return float32 [channels]: what libswresample multiplies channels by to mix them, scaled so that it cannot clip.

    Where it does not know which channels they are, each counts the same.
    """
    if channels == 1:
        return np.ones(1, np.float32)
    try:
        return probed_weights(layout, channels)
    except (av.FFmpegError, ValueError):
        return np.full(channels, 1.0 / channels, np.float32)


def probed_weights(layout: str, channels: int) -> Array:
    """Return what comes out of libswresample's downmix where channel i sounds at sample i alone."""
    graph = Graph()
    source = graph.add(
        "abuffer", sample_rate="48000", sample_fmt="flt", channel_layout=layout, time_base=str(Fraction(1, 48_000))
    )
    resample = graph.add("aresample", rematrix_maxval="1.0")
    convert = graph.add("aformat", sample_fmts="flt", channel_layouts="mono")
    graph.link_nodes(source, resample, convert, graph.add("abuffersink")).configure()
    alone = np.eye(channels, dtype=np.float32).reshape(1, -1)  # packed, as in `Resampler`
    frame = av.AudioFrame.from_ndarray(alone, format="flt", layout=layout)
    frame.sample_rate = 48_000
    graph.push(frame)
    mixed: Array = np.asarray(graph.pull().to_ndarray(), np.float32)[0]
    return mixed


class Mixer:
    """Makes mono of the pieces of one stream.

    Parameters
    ----------
    rate
        Samples per second of the pieces.

    Attributes
    ----------
    cancelled
        Samples for which one channel was taken.
    first
        Place of the first of them.
    channel
        Which channel that was, in libav's words.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.cancelled = self.first = 0
        self.channel = ""
        self._block = round(BLOCK_SECONDS * rate)
        self._fade = round(FADE_SECONDS * rate)
        self._rows: dict[Kind, int] = {}

    def mixed(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield each piece as mono, some seconds behind the last one that was asked for."""
        waiting: list[Piece] = []
        for piece in pieces:
            if waiting and piece.index // self._block != waiting[0].index // self._block:
                yield from self._mix(waiting)
                waiting = []
            waiting.append(piece)
        yield from self._mix(waiting)

    def _mix(self, block: list[Piece]) -> Iterator[Piece]:
        """Decide on a block, and yield its pieces."""
        before = dict(self._rows)
        for kind in dict.fromkeys(kind_of(piece) for piece in block):
            parts = [piece.samples for piece in block if kind_of(piece) == kind]
            self._rows[kind] = 0 if len(parts[0]) == 1 else self._decide(kind, np.concatenate(parts, axis=1))
        for piece in block:
            kind = kind_of(piece)
            row = self._rows[kind]
            mono, old = piece.samples[row], before.pop(kind, row)
            if old != row:
                mono = faded(piece.samples[old], mono, self._fade)
            self._count(piece, row)
            yield Piece(piece.index, mono[None])

    def _decide(self, kind: Kind, samples: Array) -> int:
        """Return which row of a block's samples of one kind is taken; the last one is the mix."""
        mix = len(samples) - 1
        now = self._rows.get(kind, mix)
        squares = np.square(mono_weights(kind[0], mix))
        energies = np.square(samples).sum(axis=1, dtype=np.float64)
        expected = float(squares @ energies[:mix])
        if expected <= QUIET * samples.shape[1]:
            return now
        left = energies[mix] / expected
        if left <= CANCELLED:
            # Low frequencies, which are in no mix, are not what takes its place.
            return loudest(energies[:mix] * (squares > 0)) if now == mix else now
        return mix if left >= MENDED else now

    def _count(self, piece: Piece, row: int) -> None:
        """Keep count of what is not mixed."""
        if row == len(piece.samples) - 1:
            return
        if not self.cancelled:
            self.first = piece.index
            self.channel = channel_name(piece.layout, row)
        self.cancelled += piece.samples.shape[1]


def loudest(energies: Array) -> int:
    """Return which channel is the loudest, the first of those that are as loud."""
    return int((energies >= AS_LOUD * energies.max()).argmax())


def kind_of(piece: Piece) -> Kind:
    """Return of which channels a piece is."""
    return piece.layout, len(piece.samples)


def faded(old: Array, new: Array, length: int) -> Array:
    """Return float32 [n] that goes over from `old` to `new` within `length` samples."""
    ramp = np.clip(np.arange(1, len(new) + 1, dtype=np.float32) / length, 0.0, 1.0)
    return old * (1.0 - ramp) + new * ramp


def channel_name(layout: str, index: int) -> str:
    """Return what a channel is called, such as ``front left``."""
    channels = av.AudioLayout(layout).channels
    return channels[index].description if index < len(channels) else f"number {index + 1}"
