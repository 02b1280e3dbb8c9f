r"""Fitting what a score means (:mod:`slceleb_speaker_lrasd.curves`) to talkers.

Each network's softmax says how sure it is by what it was trained on, films in which faces and voices belong together.
Slope and offset are fitted on composed clips of the talkers who are for calibrating, as the weights of the plugin xcorr
were::

    python scripts/accuracy/measure.py --speaker lrasd --split calibrating --save scores.npz \
        --config 'lr_asd={"model": "lr_asd"}' --config 'light_asd={"model": "light_asd"}'
    python -m slceleb_speaker_lrasd.calibration scores.npz

with every talker counting alike, and held near the identity, as the talkers are few.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.optimize import minimize

from slceleb_core.types import Array
from slceleb_speaker_lrasd.curves import CURVES, Curve

HOLD = 0.05
"""What it costs, beside the mean log loss, to leave the identity by 1 in slope or offset: the talkers are few. It is
that of the plugin xcorr."""

LEAST = 1e-6
"""Scores nearer to 0 or 1 than that say nothing of the curve: nothing was heard, or float32 has no more digits."""


def fit(odds: Array, label: Array, talker: Array) -> Curve:
    """Return the curve that makes log odds right.

    Parameters
    ----------
    odds
        float64 [n]: the network's.
    label
        bool [n]: whether that was the speaker.
    talker
        [n]: whose face it was; all count alike.
    """
    sign = np.where(label, -1.0, 1.0)
    _, whose, counts = np.unique(talker, return_inverse=True, return_counts=True)
    weight = 1.0 / (counts[whose] * len(counts))

    def loss(parameters: Array) -> float:
        slope, offset = parameters
        misfit = np.logaddexp(0.0, sign * (slope * odds + offset))
        return float((weight * misfit).sum() + HOLD * ((slope - 1.0) ** 2 + offset**2))

    slope, offset = minimize(loss, np.array([1.0, 0.0])).x
    return Curve(float(slope), float(offset))


def main() -> None:
    """Fit each network whose scores a file of ``scripts/accuracy/measure.py --save`` has, and print its curve."""
    kept = np.load(sys.argv[1])
    for name, scores in zip(kept["names"].tolist(), kept["scores"].astype(np.float64), strict=True):
        if name in CURVES:
            told = kept["seen"] & (scores > LEAST) & (scores < 1.0 - LEAST)
            curve = fit(CURVES[name].odds(scores[told]), kept["label"][told], kept["talker"][told])
            sys.stdout.write(f"{name}: slope {curve.slope:.3f}, offset {curve.offset:.3f}\n")


if __name__ == "__main__":
    main()
