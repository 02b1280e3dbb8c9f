"""Two who speak at once: a state of its own, and no contest that one of them wins."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from slceleb_core.types import Array
from slceleb_speaker_xcorr.confidence import best_other

HALF, STEEPNESS = 0.5, 1.5
"""Log ratio, over the window by which faces are told apart, that the less evident of two faces must have for it to be
as likely as not that both speak, and how fast that grows."""

CHANCE = 0.03
"""How likely a wrong voice may go as well with the lips of either: beside one who speaks, now and then somebody silent
fits for a few seconds, but not for long."""


def overlaps(ratios: Array, chance: Array, visible: Array) -> Array:
    """Return how likely each face and another one speak at once: float64 [faces, n], 0..1.

    Parameters
    ----------
    ratios
        float64 [faces, n]: log ratios that the sound goes with the lips, over a few seconds.
    chance
        float64 [faces, n]: how likely a wrong voice would, over as long as the face is seen.
    visible
        bool [faces, n].
    """
    evident = np.minimum(ratios - HALF, np.log(CHANCE / np.maximum(chance, 1e-12)))
    both = np.minimum(evident, best_other(evident, visible))
    return np.asarray(np.where(visible, expit(STEEPNESS * np.maximum(both, -100.0)), 0.0))
