"""How a face goes with the sound at each of many lags, a stretch of a few seconds after the other.

This is what a lag is measured by that may be far beyond any at which a face is scored (``Speaker.lag_evidence``). The
sums are those of :mod:`~slceleb_speaker_xcorr.comparison`, over stretches short enough that a lag which drifts or
jumps is seen to do so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from slceleb_core.types import Array, LagEvidence, TimeRange, Track
from slceleb_speaker_xcorr.comparison import compared
from slceleb_speaker_xcorr.delays import Delays
from slceleb_speaker_xcorr.evidence import log_ratio, telling
from slceleb_speaker_xcorr.hearing import AudioFeatures
from slceleb_speaker_xcorr.lips import Lips, lips_of
from slceleb_speaker_xcorr.timeline import STEP, Grid, grid_of, samples
from slceleb_speaker_xcorr.voices import total, weight_of

STRETCH = 5.0
"""Seconds of a stretch, from PTS 0. Over five seconds the correlation with the own voice is six times what chance
scatters by, so most stretches tell their lag by themselves; a shorter one often does not."""

LEAST = 1.0
"""Seconds of weight below which a stretch tells nothing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far lips and sound are looked at apart.

    Attributes
    ----------
    delays
        The lags.
    interval
        Seconds between the video's frames.
    """

    delays: Delays
    interval: float

    @classmethod
    def of(cls, seconds: float, interval: float) -> Reach:
        """Return the one of so many seconds either way."""
        return cls(Delays(seconds, seconds), interval)

    def evidence(self, tracks: Sequence[Track], heard: AudioFeatures, own: TimeRange) -> Iterator[LagEvidence]:
        """Yield what each face shows in each stretch, as far as that is in `own`."""
        seen = [track for track in tracks if len(track)]
        if not seen:
            return
        grid = grid_of(seen)
        gate = self._voice_near(heard, grid)
        for track in seen:
            lips = lips_of(track, grid)
            if lips is not None:
                yield from self._of_face(track.id, lips, heard, grid, gate, own)

    def _voice_near(self, heard: AudioFeatures, grid: Grid) -> Array:
        """Return how likely a voice is heard at any of the lags around each moment: float64 [n]."""
        off = samples(self.delays.late)
        wide = heard.at(heard.gate, Grid(grid.first - off, grid.count + 2 * off))
        return np.asarray(maximum_filter1d(wide, 2 * off + 1)[off : off + grid.count])

    def _of_face(
        self, track: int, lips: Lips, heard: AudioFeatures, grid: Grid, gate: Array, own: TimeRange
    ) -> Iterator[LagEvidence]:
        times = grid.times[lips.part]
        weight = np.where(own.holds(times), weight_of(lips, gate[lips.part]), 0.0)
        numbers = np.floor(times / STRETCH).astype(np.int64)
        for number in np.unique(numbers[weight > 0]):
            chosen = np.flatnonzero(numbers == number)
            there = slice(int(chosen[0]), int(chosen[-1]) + 1)
            if weight[there].sum() * STEP >= LEAST:
                yield self._of_stretch(track, part_of(lips, there), weight[there], times[there], heard)

    def _of_stretch(self, track: int, lips: Lips, weight: Array, times: Array, heard: AudioFeatures) -> LagEvidence:
        sound = self.delays.heard(heard, Grid(round(times[0] / STEP), len(times)), self.interval)
        counted = weight > 0
        found = compared(lips, sound, weight, lips.seen & counted, total)
        mean, deviation = found.by_chance()
        correlation = found.near.correlations()
        ratio = log_ratio(correlation, mean, deviation, found.near.clear)
        return LagEvidence(
            track=track,
            start=float(times[counted][0]),
            end=float(times[counted][-1]) + STEP,
            seconds=float(STEP * telling(found.near.count, found.seen)[0]),
            lags=sound.lags,
            correlation=(correlation - mean)[:, 0],
            ratio=ratio[:, 0],
        )


def part_of(lips: Lips, moments: slice) -> Lips:
    """Return the lips at some of their moments."""
    return Lips(moments, lips.signals[:, moments], lips.moving[moments], lips.jitter[moments], lips.seen[moments])
