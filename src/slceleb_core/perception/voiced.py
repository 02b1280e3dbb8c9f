"""When lips are worth following: where a voice is heard, and around it."""

from __future__ import annotations

import numpy as np

from slceleb_core.media.speech import SpeechActivity
from slceleb_core.types import Array

LIKELY = 0.2
"""Probability of a voice from which on lips are followed: well below what counts as a voice (0.5), as a voice that is
not noticed would be lost, and a silence that is taken for one costs time alone."""

AROUND = 2.0
"""Seconds before and behind a voice in which lips are followed as well: what a score measures there, how the lips rest
and begin, lies within the windows of a speaker stage."""


class Voiced:
    """Tells when a voice is heard, or will be or was just now.

    Parameters
    ----------
    activity
        All through the video.
    around
        Seconds to either side.
    """

    def __init__(self, activity: SpeechActivity, around: float = AROUND) -> None:
        likely = 1.0 - activity.trust * (1.0 - activity.probability)
        self._voices = activity.times[likely >= LIKELY]
        self._around = around + activity.step

    def at(self, time: float) -> bool:
        """Tell it of PTS second `time`."""
        place = int(np.searchsorted(self._voices, time))
        near: Array = self._voices[max(place - 1, 0) : place + 1]
        return bool((np.abs(near - time) <= self._around).any())
