"""What a score means: the networks' log odds, put right by a logistic curve.

Slope and offset are fitted by :mod:`slceleb_speaker_lrasd.calibration` (Platt, Advances in Large Margin Classifiers,
1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from slceleb_core.types import Array


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through log odds.

    Attributes
    ----------
    slope, offset
        Of it.
    """

    slope: float
    offset: float

    def probability(self, odds: Array) -> Array:
        """Return float64 [n], 0..1, for log odds."""
        return np.asarray(expit(self.slope * odds + self.offset))

    def odds(self, probability: Array) -> Array:
        """Return the log odds of probabilities, float64 [n] between 0 and 1."""
        return np.asarray((logit(probability) - self.offset) / self.slope)


CURVES = {"lr_asd": Curve(0.179, -0.656), "light_asd": Curve(0.346, -0.529)}
"""Of each network, fitted on 155 composed clips of the four talkers who are for calibrating (docs/accuracy.md says
who), dubs and other wrong voices among them. Without any one talker the slopes are .15 to .20 and .29 to .40."""
