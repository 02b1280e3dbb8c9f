"""What is made of several stages' scores of one face.

Scores are weighed as log odds: what each says is taken for a likelihood ratio of its own. That they rest on the same
face and sound, and so are not independent, is why their mean is taken and not their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from slceleb_core.perception.fusing.options import RuleName
from slceleb_core.types import Array, Learnable, Scores, Track

SUREST = 1e-3
"""No stage is taken to be surer than that of a yes or a no: one that says 0, as it heard nothing, would else outweigh
all others however they are weighed."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What several stages say of one face.

    Attributes
    ----------
    scores
        float64 [stages, n], 0..1.
    chance
        float64 [n]: the first stage's p-value; NaN where it does not know.
    rivals
        float64 [n]: the first stage's score of the other face on the picture that has the highest; 0 where there is no
        other.
    """

    scores: Array
    chance: Array
    rivals: Array


@dataclass(frozen=True, slots=True)
class Weighing:
    """How scores are weighed.

    Attributes
    ----------
    weights
        Of each stage.
    evidence
        Largest p-value at which rule ``raise`` raises a score.
    """

    weights: tuple[float, ...]
    evidence: float


Rule = Callable[[Said, Weighing], Array]


def logit_mean(said: Said, weighing: Weighing) -> Array:
    """Return float64 [n], 0..1: the probability whose log odds are the weighted mean of the stages'."""
    return np.asarray(expit(_mean_odds(said.scores, np.asarray(weighing.weights))))


def _mean_odds(scores: Array, weights: Array) -> Array:
    """Return float64 [n]: the weighted mean of the log odds of scores [stages, n]."""
    return np.asarray(np.average(logit(np.clip(scores, SUREST, 1.0 - SUREST)), axis=0, weights=weights))


SPREAD = 0.5
"""How far off the logarithm of a stage's weight is believed to be. All count alike where nobody says otherwise, which
nobody has measured: it may be half as much again, or two thirds."""


def learnable(names: Sequence[str], weights: Sequence[float]) -> Learnable:
    """Return what decisions can teach of the mean: the logarithm of each stage's weight."""

    def odds(values: Array, told: Mapping[str, Array]) -> Array:
        scores = np.array([told[name] for name in names])
        return _mean_odds(scores, np.exp(values))

    return Learnable(tuple(names), np.log(weights), np.full(len(names), SPREAD), odds)


def least(said: Said, weighing: Weighing) -> Array:  # noqa: ARG001 - nothing is weighed
    """Return float64 [n], 0..1: what the stage says that says the least."""
    return np.asarray(said.scores.min(axis=0))


def raised(said: Said, weighing: Weighing) -> Array:
    """Return float64 [n], 0..1: what the first stage says, or the mean where that is more and may count.

    It may where the first stage's lips go with the sound better than by chance, and where it takes no other face for
    the likelier one: a learned score tells well when a face speaks, and badly whose voice it is.
    """
    first = said.scores[0]
    free = (said.chance <= weighing.evidence) & (first >= said.rivals)  # of NaN nothing is raised
    return np.asarray(np.where(free, np.maximum(first, logit_mean(said, weighing)), first))


RULES: Mapping[RuleName, Rule] = {"raise": raised, "logit-mean": logit_mean, "min": least}
"""By the names of the option."""


def rivals_of(tracks: Sequence[Track], scores: Sequence[Scores]) -> list[Array]:
    """Return, for each track, the highest score of the other tracks on the same frame, float64 [n]; 0 of none."""
    if not tracks:
        return []
    values = np.concatenate([of.speaking for of in scores]).astype(np.float64)
    frames, place = np.unique(np.concatenate([track.frames for track in tracks]), return_inverse=True)
    highest = _highest(values, place, len(frames))[place]
    tops = np.bincount(place[values == highest], minlength=len(frames))[place]
    leads = (values == highest) & (tops == 1)
    below = _highest(values[~leads], place[~leads], len(frames))[place]
    edges = np.cumsum([len(track) for track in tracks])[:-1]
    return np.split(np.where(leads, below, highest), edges)


def _highest(values: Array, place: Array, places: int) -> Array:
    """Return float64 [places]: the highest of the values at each place; 0 of none."""
    highest = np.zeros(places)
    np.maximum.at(highest, place, values)
    return highest
