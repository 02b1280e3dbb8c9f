"""The active loop: first a few decisions that teach the most, then a random draw of what is worth proving.

What teaches never proves. Segments that teach are chosen by what is believed of them: those of which it is least sure
whether they are right, so that where they are drawn has nothing to do with how good the corpus is. What they teach is
used up when a promise is tried: limits are fixed, and only segments that pass them are drawn from, all alike. So no
label is spent on what will be thrown away, and every one of them counts, one after another, until the promise is proven
(``calibrating.rounds``) or not worth going on with. Then all that is known by that time teaches, and another attempt is
made with what is left of the error probability.
"""

from __future__ import annotations

import numpy as np

from slceleb_core.precision.calibrating.calibration import Wish
from slceleb_core.precision.calibrating.rounds import risk_of, stops
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

BLOCK, DRAWN = 1.3, 4.0
"""Segments of a block, and of a whole draw, of those that prove it if none is wrong. As many as four times that are
looked at only where it is worth it."""


def to_teach(
    population: Population,
    features: Features,
    rows: Array,
    right: Array,
    random: np.random.Generator,
    size: int = ROUND,
    looked_at: Array | None = None,
) -> Array:
    """Return which segments to look at next, int64 [at most size], in order, and none that was looked at.

    Parameters
    ----------
    population, features
        All segments.
    rows, right
        int64 [n] and bool [n]: what was decided so far, as far as it may teach.
    random
        Draws.
    size
        How many.
    looked_at
        int64 [m]: what else was decided, and may not teach.
    """
    chances = np.where(population.present, doubts(population, features, rows, right), 0.0)
    chances[rows] = 0.0
    if looked_at is not None:
        chances[looked_at] = 0.0
    count = min(size, int((chances > 0).sum()))
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
