"""From decoded sound, with the time stamps that files really have, to samples that lie on a regular grid in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np
from av.audio.stream import AudioStream
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.stream import VideoStream

from slceleb_core.media.cleaning import Cleaner, readable
from slceleb_core.media.container import StreamDecoder, seconds
from slceleb_core.media.mixing import Piece
from slceleb_core.media.stamps import OPENING_SOUND, believed_times
from slceleb_core.types import Array

JUMP_SECONDS = 0.02
"""How far a time stamp may lie off the sample count before it is believed: above the jitter of containers that count
in milliseconds and of live captures, below the length of one AAC packet (1024 samples: 21 ms at 48 kHz), so that a
missing packet is seen. It also bounds how far a slowly drifting clock can take sound and picture apart."""

RESYNC_SECONDS = 0.002
"""The same where a broken packet was just skipped, or the file's clock begins anew: twice the step of the coarsest
common clock (Matroska, 1 ms)."""

PIECE_SAMPLES = 4_096
"""Samples that come out together: a quarter of a second at 16 kHz."""

EARLY_SAMPLES = 64
"""By how many samples what comes out of a resampler may be ahead of what went in: it rounds up, by one at the most."""

Silence = tuple[int, float]
"""How often, and how many seconds in all."""


class Resampler:
    """Converts frames of one sample format, rate and layout to float32 at another rate and layout.

    A downmix is scaled so that it cannot clip, as ``rematrix_maxval=1`` makes libswresample do: two equal channels give
    that channel, not 1.41 times it.

    Parameters
    ----------
    template
        A frame of the kind that will come.
    rate
        Samples per second to convert to.
    layout
        Channel layout to convert to, in libav's words, such as ``stereo``; None: that of the frames and, as a last
        channel where there are several, their mix.

    Attributes
    ----------
    kind
        What it converts.
    layout
        Of what comes out, the mix aside.
    """

    def __init__(self, template: av.AudioFrame, rate: int, layout: str | None) -> None:
        self.kind = kind_of(template)
        self.layout = layout or template.layout.name
        channels = template.layout.nb_channels
        layouts = [layout or "mono"] if layout or channels == 1 else [self.layout, "mono"]
        self._graph = Graph()
        form = {"sample_fmt": template.format.name, "channel_layout": template.layout.name}
        form |= {"sample_rate": str(template.sample_rate), "time_base": str(Fraction(1, template.sample_rate))}
        source = self._graph.add("abuffer", **form)
        if len(layouts) > 1:
            split = self._graph.add("asplit", str(len(layouts)))
            source.link_to(split)
            source = split
        self._ends = [self._end(source, number, rate, wanted) for number, wanted in enumerate(layouts)]
        self._graph.configure()
        self._rate, self._fed, self._out = rate, 0, 0
        self._nothing = np.zeros((sum(rows for _, rows in self._ends), 0), np.float32)

    def _end(self, source: FilterContext, output: int, rate: int, layout: str) -> tuple[FilterContext, int]:
        """Add what leads from an output of the source to sound of a layout; return where that comes out, and its rows.

        What comes out is packed, as PyAV 18 reads beyond the planes of a planar frame that has eight or more; and comes
        in pieces of that size because each has its price.
        """
        resample = self._graph.add("aresample", sample_rate=str(rate), rematrix_maxval="1.0")
        convert = self._graph.add("aformat", sample_rates=str(rate), sample_fmts="flt", channel_layouts=layout)
        collect = self._graph.add("asetnsamples", nb_out_samples=str(PIECE_SAMPLES), pad="0")
        sink = self._graph.add("abuffersink")
        source.link_to(resample, output)
        self._graph.link_nodes(resample, convert, collect, sink)
        return sink, av.AudioLayout(layout).nb_channels

    def convert(self, frame: av.AudioFrame | None) -> Array:
        """Return what comes out, float32 [channels, n], n often 0; None lets out what is still inside.

        A piece is looked for from when it may be there: to look in vain takes as long as to resample.
        """
        self._graph.push(frame)
        if frame is not None:
            self._fed += frame.samples
            if self._fed * self._rate < (self._out + PIECE_SAMPLES - EARLY_SAMPLES) * frame.sample_rate:
                return self._nothing
        made: Array = np.concatenate([pulled(sink, rows) for sink, rows in self._ends])
        self._out += made.shape[1]
        return made


def pulled(sink: FilterContext, rows: int) -> Array:
    """Return all that has come out of a graph there, float32 [rows, n], n often 0."""
    out: list[Array] = []
    while True:
        try:
            frame: Any = sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):  # this is how a graph says "no more"
            break
        out.append(frame.to_ndarray().reshape(-1, rows).T)
    return np.clip(np.concatenate(out, axis=1), -1.0, 1.0) if out else np.zeros((rows, 0), np.float32)


def kind_of(frame: av.AudioFrame) -> tuple[str, str, int]:
    """Return what a resampler is made for: sample format, layout, rate."""
    return frame.format.name, frame.layout.name, frame.sample_rate


@dataclass(frozen=True, slots=True)
class Length:
    """How long a frame lasts: samples, and how many a second.

    Whole numbers, as it is asked for each frame.
    """

    samples: int
    rate: int

    def equals(self, other: Length) -> bool:
        """Tell whether another is as long."""
        return self.samples * other.rate == other.samples * self.rate

    @property
    def seconds(self) -> Fraction:
        """It, exactly."""
        return Fraction(self.samples, self.rate)


def stated_length(stream: VideoStream | AudioStream) -> Length | None:
    """Return how long a frame lasts by what the head of the file says; None where it does not say.

    It is what libav makes time stamps of, where the file has none for each frame.
    """
    context: Any = stream.codec_context
    return Length(context.frame_size, context.sample_rate) if context.frame_size and context.sample_rate else None


def without_made_up_times(frames: Iterable[av.AudioFrame], stated: Length | None) -> Iterator[av.AudioFrame]:
    """Yield frames, without a time stamp where libav has made up a wrong one.

    In transport streams several frames share one time stamp. libav adds up the others, from how long a frame lasts by
    the head of the file: where rate or frame size change on the way, every frame counts twice or half of what it has.

    Parameters
    ----------
    frames
        Of one stream.
    stated
        As of :func:`stated_length`.
    """
    before: tuple[int, Length] | None = None
    for frame in frames:
        pts, step = frame.pts, frame.time_base
        made_up = False
        if stated is not None and before is not None and pts is not None and step and not before[1].equals(stated):
            made_up = abs(pts - before[0] - stated.seconds / step) <= 1
        before = None if pts is None else (pts, Length(frame.samples, frame.sample_rate))
        if made_up:
            frame.pts = None
        yield frame


class Breach(NamedTuple):
    """What was in the way up to a frame: broken packets, and places at which the file's clock began anew."""

    skipped: int = 0
    restarts: int = 0


class SoundPlacer:
    """Places the sound of one stream on a grid.

    Frames that follow each other without a jump form a run; within a run samples are counted, and time stamps only
    watched. A jump ends the run, and the next begins where its time stamp says: what lies between is left out (it is
    silence), what was placed before is not replaced.

    Parameters
    ----------
    decoder
        Decodes the stream.
    rate, layout
        Of the samples wanted; a layout of None is the stream's own, which may change on the way, and the mix
        of its channels (:class:`Resampler`).

    Attributes
    ----------
    origin
        PTS seconds of the grid's sample 0; None before the first piece.
    strays
        Frames whose time stamp was not believed, as those that follow agree on an earlier time.
    gaps, overlaps
        How often time stamps jumped forwards and backwards, and by how many seconds in all.
    cleaner
        What was done about samples that no recording has.
    """

    def __init__(self, decoder: StreamDecoder, rate: int, layout: str | None) -> None:
        self.decoder = decoder
        self.rate = rate
        self.layout = layout
        self.origin: float | None = None
        self.gaps: Silence = (0, 0.0)
        self.overlaps: Silence = (0, 0.0)
        self.strays = 0
        self.cleaner = Cleaner()
        self._resampler: Resampler | None = None
        self._run_start = 0.0
        self._run_samples = 0
        self._next_out = 0
        self._filled = 0
        self._breach = Breach()
        self._breaches: deque[Breach] = deque()

    def pieces(self) -> Iterator[Piece]:
        """Yield the sound; indices rise, and a piece begins at or behind the end of the one before."""
        stamped = without_made_up_times(self._audible(), stated_length(self.decoder.stream))
        for time, frame in believed_times(stamped, OPENING_SOUND):
            self.strays += time not in (None, seconds(frame.pts, frame.time_base))
            if self._breaks(frame, time, self._breaches.popleft()):
                yield from self._place(None)
                self._begin(frame, time)
            yield from self._place(frame)
        yield from self._place(None)

    def _audible(self) -> Iterator[av.AudioFrame]:
        """Yield the frames that hold sound, and note what lies before each: they are looked at some frames later."""
        for frame in self.decoder.frames():
            if frame.samples and frame.sample_rate:
                self._breaches.append(Breach(self.decoder.skipped, self.decoder.restarts))
                yield readable(frame)

    def _expected(self, rate: int) -> float:
        """Return the PTS second at which a frame that goes on without a jump begins."""
        return self._run_start + self._run_samples / rate

    def _breaks(self, frame: av.AudioFrame, time: float | None, breach: Breach) -> bool:
        """Tell whether a frame begins a run, and keep count of the jumps."""
        tolerance = JUMP_SECONDS if breach == self._breach else RESYNC_SECONDS
        restarted, self._breach = breach.restarts != self._breach.restarts, breach
        if self._resampler is None:
            return True
        jump = 0.0 if time is None else time - self._expected(self._resampler.kind[2])
        if restarted:
            pass  # the file's pictures say so, once
        elif jump > tolerance:
            self.gaps = (self.gaps[0] + 1, self.gaps[1] + jump)
        elif jump < -tolerance:
            self.overlaps = (self.overlaps[0] + 1, self.overlaps[1] - jump)
        return abs(jump) > tolerance or kind_of(frame) != self._resampler.kind

    def _begin(self, frame: av.AudioFrame, time: float | None) -> None:
        """Begin a run with a frame."""
        if time is None:
            time = 0.0 if self._resampler is None else self._expected(self._resampler.kind[2])
        if self.origin is None:
            self.origin = time
        self._resampler = Resampler(frame, self.rate, self.layout)
        self._run_start, self._run_samples = time, 0
        self._next_out = round((time - self.origin) * self.rate)

    def _place(self, frame: av.AudioFrame | None) -> Iterator[Piece]:
        """Yield what a frame (None: the end of the run) adds behind what was placed before."""
        if self._resampler is None:
            return
        # The resampler counts samples: it must not see the time stamps' jitter.
        if frame is not None:
            frame = self.cleaner.clean(frame, self._expected(frame.sample_rate))
            frame.pts = None
            self._run_samples += frame.samples
        samples = self._resampler.convert(frame)
        index = self._next_out
        self._next_out += samples.shape[1]
        overlap = min(max(self._filled - index, 0), samples.shape[1])
        if overlap < samples.shape[1]:
            self._filled = self._next_out
            yield Piece(index + overlap, samples[:, overlap:], self._resampler.layout)
