"""The sound on a grid of moments: as it would be heard at every lag that may be, and at times that it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array
from slceleb_speaker_xcorr.hearing import AudioFeatures
from slceleb_speaker_xcorr.timeline import HOPS, STEP, Grid, samples

FAR_FROM, FAR_STEP, FAR_COUNT = 0.4, 0.16, 14
"""Seconds beyond the largest lag at which comparison with other times begins, from one to the next, and how many there
are on either side: up to 3 s away, so that the correlations have little to do with each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Delayed:
    """The sound's signals on a grid, at various delays.

    Attributes
    ----------
    lags
        float64 [m]: seconds by which the sound comes after the picture, rising.
    near
        float64 [m, 3, n]: the signals at those.
    far
        float64 [f, 3, n]: at delays that cannot be. The same lips with the same sound at other times are what a wrong
        voice is: impostors that cost nothing.
    far_present
        float64 [f, n]: 1 where the file has sound that far off.
    """

    lags: Array
    near: Array
    far: Array
    far_present: Array

    def part(self, moments: slice) -> Delayed:
        """Return the same for a part of the grid."""
        return Delayed(self.lags, self.near[..., moments], self.far[..., moments], self.far_present[..., moments])


@dataclass(frozen=True, slots=True)
class Delays:
    """How far lips and sound may be apart.

    Attributes
    ----------
    early, late
        Seconds by which the sound may come before the picture, and after it.
    """

    early: float
    late: float

    @property
    def steps(self) -> Array:
        """int64 [m]: in moments of the grid."""
        first, last = (int(np.floor(seconds / STEP + 1e-9)) for seconds in (self.early, self.late))
        return np.arange(-first, last + 1)

    @property
    def far_steps(self) -> Array:
        """int64 [f]: as many before the earliest as after the latest."""
        off = samples(FAR_FROM) + samples(FAR_STEP) * np.arange(FAR_COUNT)
        return np.concatenate([self.steps[0] - off[::-1], self.steps[-1] + off])

    def heard(self, heard: AudioFeatures, grid: Grid, interval: float) -> Delayed:
        """Return what is heard, for pictures `interval` seconds apart."""
        signals, present = heard.signals(interval), np.ones(heard.features.shape[-1])
        return Delayed(
            self.steps * STEP,
            np.stack([heard.at(signals, grid, int(step) * HOPS) for step in self.steps]),
            np.stack([heard.at(signals, grid, int(step) * HOPS) for step in self.far_steps]),
            np.stack([heard.at(present, grid, int(step) * HOPS) for step in self.far_steps]),
        )
