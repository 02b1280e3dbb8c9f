"""Whether the intervals of an audit hold the truth as often as they say, where the truth is known.

Corpora are drawn at random, with errors of a known rate that come alone, together in some videos, or with some people;
segments of them are drawn and weighed as ``slceleb audit`` does it, and the interval is compared with how many are
right. Prints the tables of ``docs/audit.md``::

    python scripts/precision/audits.py [--repetitions 1000] [--seed 1] [--only RATE]
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.corpus.audits import Share
from slceleb_core.precision.auditing.estimating import CONFIDENCE, Sample
from slceleb_core.precision.sampling import chosen, least_of_each
from slceleb_core.types import Array

RATES = (0.0, 0.002, 0.01, 0.02, 0.05, 0.2)
PATTERNS = ("alone", "in clusters", "of rare people", "of common people", "in short segments")
EACH = (0, 3)
COUNTS = (300, 3_000, 50_000)
SIZES = (50, 100, 200, 400)

IN_A_CLUSTER = 0.8
"""How many segments of a cluster are wrong where any is: a face that is taken for another one's."""

HELD = 0.94
"""How many intervals of 95 % are to hold the truth; 1000 repetitions know it to .7 %."""

LEVELS = 3
"""Of the score, as a draw has them."""


@dataclass(frozen=True)
class Cell:
    """A kind of corpus, and of draw.

    Attributes
    ----------
    rate
        How many segments are wrong, on average.
    pattern
        How errors come.
    each
        Least of each person in the draw.
    count
        Segments of the corpus.
    size
        Segments that are drawn.
    """

    rate: float
    pattern: str
    each: int
    count: int
    size: int


@dataclass(frozen=True, eq=False)
class World:
    """A corpus of which everything is known; segments by person, video and level of their score.

    Attributes
    ----------
    persons, clusters
        int64 [n]: who speaks, and of whom in which video it is.
    strata
        int64 [n]: what it is drawn among.
    seconds
        float64 [n].
    wrong
        bool [n].
    """

    persons: Array
    clusters: Array
    strata: Array
    seconds: Array
    wrong: Array


def world(cell: Cell, random: np.random.Generator) -> World:
    """Return a corpus: some people speak in many videos, most in few; segments of a video are few or many."""
    people = max(cell.count // 100, 8)
    share = 1.0 / np.arange(1, people + 1)
    persons = np.sort(random.choice(people, cell.count, p=share / share.sum()))
    videos = random.geometric(1 / 12, cell.count).cumsum()
    begins = np.flatnonzero(np.diff(persons, prepend=-1) | (random.random(cell.count) < 1 / 12))
    clusters = np.searchsorted(begins, np.arange(cell.count), side="right") - 1
    del videos
    levels = random.integers(0, LEVELS, cell.count)
    order = np.lexsort((levels, clusters))
    strata = clusters[order] * LEVELS + levels[order]
    seconds = np.clip(random.lognormal(1.1, 0.6, cell.count), 0.5, 20.0)
    wrong = random.random(cell.count) < chances(cell, persons, clusters, seconds, random)
    return World(persons[order], clusters[order], strata, seconds[order], wrong[order])


def chances(cell: Cell, persons: Array, clusters: Array, seconds: Array, random: np.random.Generator) -> Array:
    """Return float64 [n]: how likely each segment is wrong; their mean is the cell's rate."""
    if cell.pattern == "in clusters":
        bad = random.random(clusters.max() + 1) < cell.rate / IN_A_CLUSTER
        return np.where(bad[clusters], IN_A_CLUSTER, 0.0)
    where = {
        "alone": np.ones(len(persons)),
        "of rare people": np.where(persons > np.median(persons), 1.0, 0.1),
        "of common people": np.where(persons > np.median(persons), 0.1, 1.0),
        "in short segments": 1.0 / seconds,
    }[cell.pattern]
    return np.minimum(cell.rate * where / where.mean(), 1.0)


def draw(cell: Cell, made: World, random: np.random.Generator) -> tuple[Array, Array]:
    """Return which segments are drawn, and the weight of each, as an audit draws them."""
    sizes = np.bincount(made.persons)
    names = {str(person): int(count) for person, count in enumerate(sizes) if count}
    each = cell.each if sum(min(cell.each, count) for count in names.values()) <= cell.size else 0
    rates = least_of_each(names, min(cell.size, len(made.persons)), each)
    by_segment = np.array([rates.get(str(person), 0.0) for person in range(len(sizes))])[made.persons]
    drawn: list[Array] = []
    for rate in np.unique(by_segment):
        alike = np.flatnonzero(by_segment == rate)
        _, counts = np.unique(made.strata[alike], return_counts=True)
        drawn.append(alike[chosen(counts, float(rate), random)])
    places = np.concatenate(drawn)
    return places, 1.0 / np.minimum(by_segment[places], 1.0)


@dataclass
class Held:
    """How often the truth lay in the interval, and how wide that was on average.

    Attributes
    ----------
    count
        Repetitions.
    precision, seconds, further
        How often: of the segments of the corpus, of their seconds, of more videos like these.
    width
        Of the interval of the first.
    """

    count: int = 0
    precision: int = 0
    seconds: int = 0
    further: int = 0
    width: float = 0.0


def simulate(cell: Cell, repetitions: int, seed: int) -> Held:
    """Return how often the intervals of audits of such corpora hold the truth."""
    random, held = np.random.default_rng([seed, *map(ord, repr(cell))]), Held(repetitions)
    for _ in range(repetitions):
        made = world(cell, random)
        places, weights = draw(cell, made, random)
        right = [bool(value) for value in ~made.wrong[places]]
        ones, seconds = [1.0] * len(places), list(made.seconds[places])
        counted = Sample(right, ones, weights, float(cell.count)).share(CONFIDENCE)
        timed = Sample(right, seconds, weights, float(made.seconds.sum())).share(CONFIDENCE)
        clusters = list(made.clusters[places])
        further = Sample(right, ones, weights, None).share(CONFIDENCE, clusters)
        held.precision += holds(counted, 1.0 - made.wrong.mean())
        held.seconds += holds(timed, float(made.seconds[~made.wrong].sum() / made.seconds.sum()))
        held.further += holds(further, 1.0 - cell.rate)
        held.width += (counted.high - counted.low) / repetitions
    return held


def holds(share: Share, truth: float) -> bool:
    """Tell whether an interval holds the truth."""
    return share.low - 1e-9 <= truth <= share.high + 1e-9


if __name__ == "__main__":
    import time
    reps=200
    for pattern in PATTERNS:
      for each in EACH:
        for count in COUNTS:
          for size in (50,200,400):
            row=[]
            t=time.process_time()
            for rate in RATES:
                h=simulate(Cell(rate,pattern,each,count,size if size<count else count),reps,1)
                row.append(f"{h.precision/reps:.3f}/{h.seconds/reps:.3f}/{h.further/reps:.3f}")
            print(pattern,each,count,size,*row,f"{time.process_time()-t:.1f}s",flush=True)
