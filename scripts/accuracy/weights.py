"""The weights of the speaker stage's signs, fitted on the face-frames of `measure.py`, with and without each talker.

Scores are saved with what they rest on, and then the weights are fitted::

    python scripts/accuracy/measure.py --config 'default={"diagnostics": true}' --save scores.npz
    python scripts/accuracy/weights.py scores.npz --split choosing

A logistic regression, in which every clip counts alike within its case, held near the weights of the stage as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from cases import SPLITS
from scipy.optimize import minimize
from scipy.special import expit

from slceleb_core.types import Array
from slceleb_speaker_xcorr.confidence import BIAS, WEIGHTS

SHARES = {"single": 3.0, "two": 1.5, "dub": 2.0, "longdub": 2.0, "shift": 1.0, "swap": 1.5, "late120": 1.0}
"""The cases, and how much each counts."""

VOICED = 0.3
"""Gate below which a face-frame says nothing about the signs: its score is low whatever they are."""

HOLD = 0.002
"""What it costs, beside the mean log loss, to leave a weight of the stage by 1."""

EVERY = 2
"""Of so many frames one is taken: neighbours are alike."""


class Samples:
    """The face-frames that are fitted.

    Attributes
    ----------
    signs
        float64 [n, signs], the first of them 1.
    label
        bool [n].
    weight
        float64 [n], of sum 1.
    talker
        str [n]: whose face.
    """

    def __init__(self, path: Path, split: str) -> None:
        kept = np.load(path)
        names = kept["sign_names"].tolist()
        columns = [names.index(name) for name in WEIGHTS]
        gate = kept["signs"][:, names.index("gate")]
        within = np.ones(len(gate), bool) if split == "all" else np.isin(kept["talker"], list(talkers_of(split)))
        chosen = kept["seen"] & (gate > VOICED) & (kept["variant"] == "clean") & within
        chosen &= np.isin(kept["case"], list(SHARES)) & (np.arange(len(gate)) % EVERY == 0)
        self.signs = np.insert(kept["signs"][chosen][:, columns], 0, 1.0, axis=1)
        self.label, self.talker = kept["label"][chosen], kept["talker"][chosen]
        _, clip, counts = np.unique(kept["recipe"][chosen], return_inverse=True, return_counts=True)
        share = np.array([SHARES[case] for case in kept["case"][chosen]]) / counts[clip]
        self.weight = share / share.sum()

    def fit(self, without: str | None = None) -> Array:
        """Return the bias and the weights; without the faces of one talker, if one is named."""
        used = self.talker != without
        signs, sign, weight = self.signs[used], np.where(self.label[used], -1.0, 1.0), self.weight[used]
        start = np.array([BIAS, *WEIGHTS.values()])

        def loss(weights: Array) -> tuple[float, Array]:
            odds = signs @ weights
            slope = signs.T @ (weight * sign * expit(sign * odds))
            held = HOLD * np.square(weights - start).sum()
            return float(weight @ np.logaddexp(0.0, sign * odds)) + held, slope + 2 * HOLD * (weights - start)

        return np.asarray(minimize(loss, start, jac=True).x)


def talkers_of(split: str) -> Iterable[str]:
    """Return the talkers of a split."""
    return SPLITS[split]


def main() -> None:
    """Fit with all talkers and without each, and print a line for each weight."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--split", choices=("all", *SPLITS), default="all")
    options = parser.parse_args()
    samples = Samples(options.scores, options.split)
    whole = samples.fit()
    without = np.array([samples.fit(talker) for talker in np.unique(samples.talker)])
    print(f"{len(samples.label)} face-frames of {len(without)} talkers\n")
    print(f"{'sign':12}{'in use':>10}{'fitted':>10}   without one talker")
    for number, (name, used) in enumerate({"bias": BIAS, **WEIGHTS}.items()):
        low, high = without[:, number].min(), without[:, number].max()
        print(f"{name:12}{used:10.2f}{whole[number]:10.2f}   {low:.2f} to {high:.2f}")


if __name__ == "__main__":
    main()
