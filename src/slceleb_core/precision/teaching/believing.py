"""What is believed of every segment, out of the few that were looked at: how likely each is wrong.

A logistic of where a segment stands among all of them by each measure. Before anybody has looked, it is believed that
segments are the likelier wrong the worse they are by any measure; decisions correct that. It decides what is looked at
next, and where a promise is worth trying. It proves nothing: whatever it is, a promise rests on labels that were drawn
at random behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slceleb_core.precision.calibrating.paths import MEASURES, strictness
from slceleb_core.precision.population import Population
from slceleb_core.types import Array

SLOPE, DOUBT = -0.4, 0.5
"""How the log odds of an error are believed to change with a measure's own (its rank's), and how sure that is."""

BASE, BASE_DOUBT = -4.0, 2.0
"""Log odds of an error in the middle of all measures, and how sure that is: about 1 of 50, or of 8, or of 400."""

EDGE = 0.02
"""Share of segments at either end of a measure that are not told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Where each segment stands by each measure: log odds of its rank, 0 in the middle and where nothing is known.

    Attributes
    ----------
    names
        The measures.
    values
        float64 [segments, measures].
    """

    names: tuple[str, ...]
    values: Array

    @classmethod
    def of(cls, population: Population) -> Features:
        """Return those of all segments."""
        names = tuple(name for name in MEASURES if name in population.measures)
        ranks = [strictness(population, {name: 1.0}) for name in names]
        known = np.array([np.where(np.isfinite(rank), rank, 0.5) for rank in ranks]).reshape(len(names), -1)
        return cls(names, np.log((known + EDGE) / (1.0 + EDGE - known)).T)


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """How likely each segment is wrong.

    Attributes
    ----------
    weights
        float64 [measures]: of its standing by each.
    errors
        float64 [segments], 0..1.
    """

    weights: Array
    errors: Array


def believe(features: Features, rows: Array, right: Array) -> Belief:
    """Return what is believed after some decisions.

    Parameters
    ----------
    features
        Of all segments.
    rows
        int64 [n]: which were looked at; may be none.
    right
        bool [n].
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    seen, sign = features.values[rows], np.where(right, -1.0, 1.0)
    start = np.array([BASE, *[SLOPE] * len(features.names)])
    scale = np.array([BASE_DOUBT, *[DOUBT] * len(features.names)])

    def cost(weights: Array) -> tuple[float, Array]:
        odds, off = sign * (weights[0] + seen @ weights[1:]), (weights - start) / scale
        pull = -sign * expit(-odds)
        slope = np.array([pull.sum(), *(seen.T @ pull)]) + off / scale
        return float(np.logaddexp(0.0, -odds).sum() + off @ off / 2), slope

    weights = minimize(cost, start, jac=True, method="L-BFGS-B").x
    return Belief(weights[1:], expit(weights[0] + features.values @ weights[1:]))
