"""What a score means: of the face-frames that score 0.8, about four in five are of the one who speaks.

A confidence is put right by a logistic curve through its log odds (Platt, Advances in Large Margin Classifiers, 1999),
which never changes which of two scores is the higher. The slope was fitted on the composed clips of the talkers who are
for calibrating, clean and treated::

    python scripts/accuracy/measure.py --split calibrating --config 'default={}' --save scores.npz
    python -m slceleb_speaker_xcorr.calibration scores.npz

with every talker counting alike, and held near the identity, as the talkers are few.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.optimize import minimize

from slceleb_core.types import Array

SLOPE, OFFSET = 1.02, 0.0
"""Of the log odds. Fitted as 1.02 and 0.17; of the offset nothing is taken, as it would let more pass at the onset: a
score says rather too little. As of revision 5 of the stage; whoever changes a weight or a window fits them anew."""

HOLD = 0.05
"""What it costs, beside the mean log loss, to leave the identity by 1 in slope or offset: the talkers are few."""

LEAST = 1e-3
"""Scores below it are no evidence on the curve: there was no voice, or no face."""


def calibrated(confidence: Array) -> Array:
    """Return confidences, float64 [...] in 0..1, as probabilities; 0 stays 0, 1 stays 1, and order stays."""
    return along(confidence, SLOPE, OFFSET)


def along(values: Array, slope: float, offset: float) -> Array:
    """Return values of 0..1 with log odds times `slope` plus `offset`."""
    for_it, against = values**slope, np.exp(-offset) * (1.0 - values) ** slope
    return np.asarray(for_it / (for_it + against))


def uncalibrated(probability: Array) -> Array:
    """Return what `calibrated` was given: float64 [...], 0..1."""
    return along(probability, 1.0 / SLOPE, -OFFSET / SLOPE)


def fit(confidence: Array, label: Array, talker: Array) -> tuple[float, float]:
    """Return slope and offset for confidences.

    Parameters
    ----------
    confidence
        float64 [n], 0..1, not calibrated.
    label
        bool [n]: whether that was the speaker.
    talker
        [n]: whose face it was; all count alike.
    """
    told = (confidence > LEAST) & (confidence < 1.0)
    odds = np.log(confidence[told] / (1.0 - confidence[told]))
    sign = np.where(label[told], -1.0, 1.0)
    _, whose, counts = np.unique(talker[told], return_inverse=True, return_counts=True)
    weight = 1.0 / (counts[whose] * len(counts))

    def loss(parameters: Array) -> float:
        slope, offset = parameters
        misfit = np.logaddexp(0.0, sign * (slope * odds + offset))
        return float((weight * misfit).sum() + HOLD * ((slope - 1.0) ** 2 + offset**2))

    slope, offset = minimize(loss, np.array([1.0, 0.0])).x
    return float(slope), float(offset)


def main() -> None:
    """Fit the scores of the first configuration in a file of ``scripts/accuracy/measure.py --save``, and print it."""
    kept = np.load(sys.argv[1])
    slope, offset = fit(uncalibrated(kept["scores"][0].astype(np.float64)), kept["label"], kept["talker"])
    sys.stdout.write(f"slope {slope:.3f}, offset {offset:.3f}\n")


if __name__ == "__main__":
    main()
