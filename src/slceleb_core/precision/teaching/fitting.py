"""Fitting what decisions teach, and telling by decisions that were held out whether it is worth anything.

Values are held near those in use by a normal distribution about them, as wide as they are believed to be off (the
maximum a posteriori): fifty decisions move what they are sure of, and little else. How sure a score of one size is on
this material is fitted beside them, before and after alike. So a fall of the log loss says that segments are ordered
better, and not that all scores were too high or too low, which is for the limits of a profile to put right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from slceleb_core.types import Array

FOLDS = 5
"""Parts at most into which groups are divided."""

LEAST_WRONG = 5
"""Decisions of the rarer kind below which nothing is fitted: one or two cases are an anecdote."""

LEAST_GROUPS = 2
"""Groups that are needed to hold one out."""

LEVEL, STEEPNESS = 3.0, 0.7
"""How far off the level of log odds, and the logarithm of their scale, are believed to be on new material; wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be fitted.

    Attributes
    ----------
    odds
        Given values [k], returns float64 [n]: the log odds of each case.
    start, spread
        float64 [k]: the values in use, and how far off they are believed to be.
    right
        bool [n]: what was decided.
    groups
        int64 [n]: which cases are held out together.
    """

    odds: Callable[[Array], Array]
    start: Array
    spread: Array
    right: Array
    groups: Array


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of fitting.

    Attributes
    ----------
    values
        float64 [k]: by all decisions; those in use where nothing was fitted.
    level, scale
        What log odds are worth on this material: their level, and what they are multiplied with.
    before, after
        Mean log loss on held-out cases; NaN where nothing could be held out.
    error
        Standard error of the difference, with groups drawn as a whole.
    refusal
        Why nothing is learned; empty where something is.
    """

    values: Array
    level: float
    scale: float
    before: float
    after: float
    error: float
    refusal: str

    @property
    def fall(self) -> float:
        """By how much the held-out log loss falls."""
        return self.before - self.after


def learn(task: Task) -> Outcome:
    """Return what decisions teach, and by how much that lowers the log loss on decisions that were held out."""
    wrong, cases, groups = int((~task.right).sum()), len(task.right), len(np.unique(task.groups))
    rarer = min(wrong, cases - wrong)
    nothing = partial(Outcome, task.start, 0.0, 1.0, np.nan, np.nan, np.nan)
    if rarer < LEAST_WRONG:
        return nothing(f"{cases} decisions, {wrong} of them wrong: {LEAST_WRONG} of either kind are the least")
    if groups < LEAST_GROUPS:
        return nothing("all decisions are on one person in one video: nothing can be held out")
    everything = np.ones(cases, bool)
    before, after = _held_out(task)
    error = _error(before - after, task.groups)
    values, level, scale = _fitted(task, everything, moving=True)
    fall = float((before - after).mean())
    refusal = (
        "" if fall > error else f"held-out log loss falls by {fall:.4f}, which is not more than its error {error:.4f}"
    )
    return Outcome(values, level, scale, float(before.mean()), float(after.mean()), error, refusal)


def folds_of(groups: Array) -> Array:
    """Return int64 [n], for each case the part in which it is held out; groups stay whole, parts are about alike.

    Parameters
    ----------
    groups
        int64 [n].
    """
    names, counts = np.unique(groups, return_counts=True)
    parts = min(FOLDS, len(names))
    filled = np.zeros(parts, dtype=np.int64)
    chosen: dict[int, int] = {}
    for place in np.argsort(-counts, kind="stable"):
        part = int(np.argmin(filled))
        chosen[int(names[place])] = part
        filled[part] += counts[place]
    return np.array([chosen[int(group)] for group in groups], dtype=np.int64)


def _held_out(task: Task) -> tuple[Array, Array]:
    """Return float64 [n] twice: log losses by what the others teach, with the values in use and with fitted ones."""
    folds = folds_of(task.groups)
    before, after = (np.zeros(len(task.right)) for _ in range(2))
    for part in range(int(folds.max()) + 1):
        out = folds == part
        for losses, moving in ((before, False), (after, True)):
            values, level, scale = _fitted(task, ~out, moving=moving)
            losses[out] = _losses(level + scale * task.odds(values)[out], task.right[out])
    return before, after


def _fitted(task: Task, used: Array, *, moving: bool) -> tuple[Array, float, float]:
    """Return values, level and scale by the cases that are used; the values as they are, unless they move."""
    from scipy.optimize import minimize

    count = len(task.start) if moving else 0
    fixed = task.odds(task.start)

    def cost(parameters: Array) -> float:
        level, scale = parameters[0], np.exp(parameters[1])
        odds = task.odds(task.start + task.spread * parameters[2:]) if moving else fixed
        beliefs = (
            (parameters[0] / LEVEL) ** 2 + (parameters[1] / STEEPNESS) ** 2 + float(parameters[2:] @ parameters[2:])
        )
        return float(_losses(level + scale * odds[used], task.right[used]).sum() + beliefs / 2)

    found = minimize(cost, np.zeros(2 + count), method="L-BFGS-B").x
    values = task.start + task.spread * found[2:] if moving else task.start
    return values, float(found[0]), float(np.exp(found[1]))


def _losses(odds: Array, right: Array) -> Array:
    return np.asarray(np.logaddexp(0.0, np.where(right, -odds, odds)))


def _error(differences: Array, groups: Array) -> float:
    """Return the standard error of a mean of cases that come in groups."""
    _, places = np.unique(groups, return_inverse=True)
    sums = np.bincount(places, differences - differences.mean())
    count = len(sums)
    return float(np.sqrt(count / (count - 1) * float(sums @ sums)) / len(differences))
