"""One recording that is listened to: its samples on disk, and in memory how loud it is in a few bands.

The bands take 7 MB an hour. Samples are read from disk, a window at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np
from scipy.fft import rfft

from slceleb_core.media.audio import SILENT
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan

ENVELOPE_RATE = 100
"""Levels per second: as often as syllables' onsets can be told apart, to 10 ms."""

HOP = SAMPLE_RATE // ENVELOPE_RATE
FRAME = 2 * HOP
"""Samples that a level is taken of: 20 ms, with a soft edge."""

BANDS = (100.0, 300.0, 700.0, 1500.0, 3000.0, 6000.0)
"""Hz, edges of the bands whose levels are followed. One level of all is drowned by any noise; noise of one colour
leaves some of five. Below 100 Hz there is wind and the handling of cameras."""

FLOOR_SHARE = 1e-5
"""Power below which a band counts as silent, as a share of its loudest moment: 50 dB, which no camera's microphone has
in a room. Without a floor, what an encoder leaves of silence would be as good as sound."""

FLOOR = 1e-12
"""The same where a band holds nothing at all."""

BLOCK_SECONDS = 30.0
"""How much is read at a time."""


class Listened(Protocol):
    """Sound that can be asked for any stretch of it: an :class:`~slceleb_core.media.audio.AudioTrack`, or a test's."""

    @property
    def start(self) -> float:
        """PTS seconds of the first sample."""

    @property
    def end(self) -> float:
        """PTS seconds just behind the last sample."""

    def span(self, start: float, end: float) -> AudioSpan:
        """Return the sound from `start` to `end`, PTS seconds; silence where there is none."""

    def close(self) -> None:
        """Let go of the samples."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A recording with its levels; a context manager that lets go of the sound.

    Attributes
    ----------
    sound
        The samples.
    levels
        float32 [n, bands], ``log10`` of the power in each of :data:`BANDS`; row i is of the 20 ms around
        ``start + i / ENVELOPE_RATE``.
    start
        PTS seconds of the first row.
    peak
        The loudest sample.
    """

    sound: Listened
    levels: Array
    start: float
    peak: float

    @classmethod
    def of(cls, sound: Listened) -> Heard:
        """Return a recording whose sound has been gone through once, a block at a time."""
        blocks, peak = [np.zeros((0, len(BANDS) - 1), np.float32)], 0.0
        for samples, rows in _blocks(sound):
            peak = max(peak, float(np.abs(samples).max(initial=0.0)))
            blocks.append(powers(samples, rows))
        levels = np.concatenate(blocks)
        floor = np.maximum(levels.max(0, initial=0.0) * FLOOR_SHARE, FLOOR)
        return cls(sound, np.log10(levels + floor).astype(np.float32), sound.start, peak)

    def __enter__(self) -> Heard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sound.close()

    @property
    def end(self) -> float:
        """PTS seconds just behind the last sample."""
        return self.sound.end

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.sound.end - self.sound.start

    @property
    def silent(self) -> bool:
        """Whether nothing is heard in it from beginning to end."""
        return self.peak < SILENT

    @property
    def quality(self) -> float:
        """By how many dB its loud moments stand above its quiet ones: little in noise, and in a far room."""
        if not len(self.levels):
            return 0.0
        loud, quiet = np.percentile(self.levels.mean(1), [95, 10])
        return float(10.0 * (loud - quiet))

    def samples(self, start: float, seconds: float) -> tuple[Array, float]:
        """Return float32 [n] from `start` on, PTS seconds, and when the first of them is heard exactly."""
        span = self.sound.span(start, start + seconds)
        return span.samples, span.start


def is_silent(samples: Array) -> bool:
    """Tell whether nothing is heard in samples."""
    return bool(np.abs(samples).max(initial=0.0) < SILENT)


def _blocks(sound: Listened) -> Iterator[tuple[Array, int]]:
    """Yield the samples of one block after another, with half a frame before it, and how many rows they are for."""
    count = math.ceil((sound.end - sound.start) * ENVELOPE_RATE)
    block = round(BLOCK_SECONDS * ENVELOPE_RATE)
    for first in range(0, count, block):
        rows = min(block, count - first)
        begin = sound.start + (first * HOP - FRAME // 2) / SAMPLE_RATE
        yield sound.span(begin, begin + (rows + 1) * HOP / SAMPLE_RATE).samples, rows


def powers(samples: Array, rows: int) -> Array:
    """Return float32 [rows, bands], the power in each band of frames that lie :data:`HOP` samples apart."""
    if not samples.any():
        return np.zeros((rows, len(BANDS) - 1), np.float32)  # as in a gap of hours
    window = np.hanning(FRAME + 1)[:FRAME].astype(np.float32)
    edges = np.searchsorted(np.fft.rfftfreq(FRAME, 1.0 / SAMPLE_RATE), BANDS)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP][:rows]
    power = np.abs(rfft(frames * window, axis=1)) ** 2 / FRAME
    return np.asarray(np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1), np.float32)
