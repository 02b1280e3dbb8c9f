"""The active loop: first a few decisions that teach the most, then a random draw of what is worth proving.

What teaches never proves. Segments that teach are chosen by what is believed of them: those of which it is least sure
whether they are right, so that where they are drawn has nothing to do with how good the corpus is. What they teach is
used up when a promise is tried: limits are fixed, and only segments that pass them are drawn from, all alike. So no
label is spent on what will be thrown away, and every one of them counts, one after another, until the promise is proven
(``calibrating.rounds``) or not worth going on with. Then all that is known by that time teaches, and another attempt is
made with what is left of the error probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.precision.calibrating.calibration import Wish
from slceleb_core.precision.calibrating.rounds import more_needed, stops, trial_of
from slceleb_core.precision.calibrating.sequence import Sample, Trial
from slceleb_core.precision.population import Population
from slceleb_core.precision.teaching.aiming import Target, aim
from slceleb_core.precision.teaching.believing import Features, believe
from slceleb_core.types import Array

TEACHING = 100
"""Decisions that teach before anything is tried. In a simulation sixty kept fewer seconds, and more gained nothing."""

ROUND = 20
"""Decisions after which it is thought over what to look at next."""

SHARPNESS = 2.0
"""How much more often it is looked at what is less sure."""

RARITY = 0.5
"""How much more often it is looked at people of whom there is little: by the root of how much."""

FIRST = 0.75
"""Share of the error probability for the first attempt; each further one has as much of what is left."""

HOPELESS, SEEN = 0.8, 4
"""Errors, of those that are allowed, that end an attempt, once so many were seen: it would take thousands of labels."""

BLOCK, DRAWN = 1.3, 4.0
"""Segments of a block, and of a whole draw, of those that prove it if none is wrong. As many as four times that are
looked at only where it is worth it."""


def risk_of(attempt: int, wish: Wish) -> float:
    """Return the error probability of an attempt; all of them together come to that of the wish."""
    return wish.risk * FIRST * (1.0 - FIRST) ** attempt


def to_teach(
    population: Population, features: Features, rows: Array, right: Array, random: np.random.Generator
) -> Array:
    """Return which segments to look at next, int64 [at most ROUND], in order, and none of those that were looked at.

    Parameters
    ----------
    population, features
        All segments.
    rows, right
        int64 [n] and bool [n]: what was decided so far.
    random
        Draws.
    """
    chances = doubts(population, features, rows, right)
    chances[rows] = 0.0
    count = min(ROUND, int((chances > 0).sum()))
    return random.choice(len(population), count, replace=False, p=chances / chances.sum()) if count else rows[:0]


def doubts(population: Population, features: Features, rows: Array, right: Array) -> Array:
    """Return how much each segment would teach, float64 [segments]; parameters as of :func:`to_teach`."""
    errors = believe(features, rows, right).errors
    _, people, counts = np.unique(np.array(population.persons), return_inverse=True, return_counts=True)
    return np.asarray((errors * (1.0 - errors)) ** SHARPNESS / counts[people] ** RARITY)


def to_prove(population: Population, features: Features, rows: Array, right: Array, wish: Wish, attempt: int) -> Target:
    """Return what to try to prove; parameters as of :func:`to_teach`."""
    return aim(population, features, believe(features, rows, right), wish.target, attempt)


def drawn_evenly(population: Population, kept: Array, wish: Wish, attempt: int, random: np.random.Generator) -> Array:
    """Return segments to look at in this order, int64 [n], each with the same probability.

    What one video says of one person may be wrong together, and labels of it are worth little more than one. So they
    are drawn spread over all of that: every so-manieth in an order in which those stand together (systematic sampling),
    in blocks of about as many as prove it if few are wrong, each block in a random order.

    Parameters
    ----------
    population
        All segments.
    kept
        Which are drawn from, bool [segments]; what was looked at before is not among them.
    wish, attempt
        What is to be proven.
    random
        Draws.
    """
    rows, first = np.flatnonzero(kept), stops(wish.target, risk_of(attempt, wish))[0]
    names = [f"{population.recordings[row]}\t{population.persons[row]}" for row in rows]
    numbers = np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1] if names else rows
    left = rows[np.lexsort((random.random(len(rows)), random.permutation(len(rows))[numbers]))]
    blocks: list[Array] = []
    while len(left) and sum(map(len, blocks)) < DRAWN * first:
        size = min(round(BLOCK * first), len(left))
        step = len(left) / size
        places = (random.random() * step + step * np.arange(size)).astype(np.int64)
        blocks.append(random.permutation(left[places]))
        left = np.delete(left, places)
    return np.concatenate(blocks) if blocks else rows


def enough(count: int, wish: Wish, attempt: int) -> bool:
    """Tell whether so many labels could prove anything, if none of them were wrong."""
    return count >= stops(wish.target, risk_of(attempt, wish))[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """How an attempt stands.

    Attributes
    ----------
    trial
        What the labels so far prove.
    labels, errors
        So far.
    more
        About how many more are needed; None: too many are wrong.
    over
        Whether it is not worth going on with.
    """

    trial: Trial
    labels: int
    errors: int
    more: int | None
    over: bool


def progress_of(right: Sequence[bool] | Array, clusters: Array, wish: Wish, attempt: int) -> Progress:
    """Return how an attempt stands.

    Parameters
    ----------
    right
        bool [n]: the labels so far, from the first one drawn, without a gap.
    clusters
        int64 [n]: which may be wrong together.
    wish
        What is asked for.
    attempt
        Counted from 0.
    """
    said = np.asarray(right, dtype=bool)
    count, errors, risk = len(said), int((~said).sum()), risk_of(attempt, wish)
    sample = Sample(np.zeros(count, np.int64), said, np.ones(count), clusters)
    allowed = 1.0 - wish.target
    over = errors >= SEEN and errors >= HOPELESS * allowed * count
    expected = AIMED * allowed
    rate = (errors + expected * BELIEVED) / (count + BELIEVED)
    trial = trial_of(sample, 0, wish.target, risk)
    more = 0 if trial.proven else more_needed(errors, count, rate, wish.target, risk)
    return Progress(trial, count, errors, more, over and not trial.proven)


AIMED, BELIEVED = 0.3, 200
"""Errors of those that are allowed that are expected of what is tried, which counts as much as so many labels: for how
many more are needed, and nothing else."""
