"""What is made of several stages' scores of one face and moment.

Scores are weighed as log odds: what each says is taken for a likelihood ratio of its own. That they rest on the same
face and sound, and so are not independent, is why their mean is taken and not their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import expit, logit

from slceleb_core.types import Array

RuleName = Literal["raise", "logit-mean", "min"]

SUREST = 1e-3
"""No stage is taken to be surer than that of a yes or a no: one that says 0, as it heard nothing, would else outweigh
all others however they are weighed."""


def fused(
    rule: RuleName, scores: Sequence[Array], weights: Sequence[float], chance: Array | None, evidence: float
) -> Array:
    """Return float64 [n], 0..1: how likely the face is speaking.

    Parameters
    ----------
    rule
        As of the option.
    scores
        Of each stage, [n], 0..1.
    weights
        Of each stage.
    chance
        float64 [n], the first stage's p-value; NaN or None where it does not know.
    evidence
        Largest p-value at which rule ``raise`` lets a score be raised.
    """
    if rule == "min":
        return np.asarray(np.min(scores, axis=0), dtype=np.float64)
    mean = logit_mean(scores, weights)
    if rule == "logit-mean":
        return mean
    first = np.asarray(scores[0], dtype=np.float64)
    if chance is None:
        return first
    return np.where(chance <= evidence, np.maximum(first, mean), first)  # of NaN nothing is raised


def logit_mean(scores: Sequence[Array], weights: Sequence[float]) -> Array:
    """Return float64 [n], 0..1: the probability whose log odds are the weighted mean of the stages'."""
    odds = logit(np.clip(np.asarray(scores, dtype=np.float64), SUREST, 1.0 - SUREST))
    return np.asarray(expit(np.average(odds, axis=0, weights=weights)))
