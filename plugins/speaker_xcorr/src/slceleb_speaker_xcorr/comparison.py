"""The lips of one face with the sound at every lag that may be, and with the same sound at other times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array
from slceleb_speaker_xcorr.delays import Delayed
from slceleb_speaker_xcorr.evidence import by_chance, scatter, telling
from slceleb_speaker_xcorr.lips import Lips
from slceleb_speaker_xcorr.synchrony import Products, products
from slceleb_speaker_xcorr.timeline import STEP

PRESENT = 0.7
"""Share of a window that must have sound for a comparison."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Sums over windows, one around each of n moments; those of parts of a window may be added.

    Attributes
    ----------
    near, far
        At the m lags that may be, and at the f that cannot.
    present
        float64 [f, n]: the weight of the moments with sound that far off.
    seen
        float64 [n]: how many moments there are, whatever their weight.
    """

    near: Products
    far: Products
    present: Array
    seen: Array

    def __add__(self, other: Comparison) -> Comparison:
        return Comparison(
            self.near + other.near, self.far + other.far, self.present + other.present, self.seen + other.seen
        )

    def by_chance(self) -> tuple[Array, Array]:
        """Return mean and deviation of what chance gives, float64 [n] each, by how the sound fits at other times."""
        count = self.near.count
        enough = self.present >= PRESENT * np.maximum(count, 1e-9)
        return by_chance(self.far.correlations(), enough, scatter(STEP * telling(count, self.seen)))


def compared(lips: Lips, sound: Delayed, weight: Array, seen: Array, total: Callable[[Array], Array]) -> Comparison:
    """Return the sums for one face.

    Parameters
    ----------
    lips, sound
        On the face's part of the grid, n moments.
    weight, seen
        float64 [n]: how much each moment says, and how far it counts as time in which the face was seen.
    total
        Sums over a window around each moment, or over all of them.
    """
    near, far = (products(lips, signals, weight, total) for signals in (sound.near, sound.far))
    return Comparison(near, far, total(sound.far_present * weight), total(seen))
