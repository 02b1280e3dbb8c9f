"""Whether the intervals of an audit hold the truth as often as they say, where the truth is known.

Corpora are drawn at random, with errors of a known rate that come alone, together in some videos, or with some people;
segments of them are drawn and weighed as ``slceleb audit`` does it, and the interval is compared with how many are
right. Prints the tables of ``docs/audit.md``::

    python scripts/precision/audits.py [--repetitions 1000] [--seed 1] [--workers 1] [--write docs/audit.md]
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from slceleb_core.corpus.audits import Share
from slceleb_core.precision.auditing.estimating import CONFIDENCE, Sample, recall_of
from slceleb_core.precision.sampling import chosen, least_of_each
from slceleb_core.types import Array

RATES = (0.0, 0.002, 0.01, 0.02, 0.05, 0.2)
PATTERNS = ("alone", "in clusters", "of rare people", "in short segments")
EACH = (0, 3)
COUNTS = (300, 3_000, 50_000)
SIZES = (50, 400)
"""Segments that are drawn; of the smallest corpora, two thirds of them at most."""

MISSED = (0.0, 0.02, 0.1, 0.5)
"""Parts of what was left out in which somebody speaks who was looked for."""

IN_A_CLUSTER = 0.8
"""How many segments of a cluster are wrong where any is: a face that is taken for another one's."""

HELD = 0.94
"""How many intervals of 95 % are to hold the truth; 1000 repetitions know it to .7 %."""

BEGIN, END = "<!-- audits.py begins -->", "<!-- audits.py ends -->"
"""What marks the place of the tables in a page."""

LEVELS = 3
"""Of the score, as a draw has them."""

REUSED = 5_000
"""A corpus of so many segments is made for one audit; a larger one, which takes longer, for as many more."""

MOST_PEOPLE = 40
"""Of a corpus: a draw of fifty has one of each."""

IN_A_VIDEO = 12
"""Segments of one person in one video, on average."""


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
        Least of each person in the draw, as far as the draw is large enough.
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
    people = min(max(cell.count // 100, 8), MOST_PEOPLE)
    share = 1.0 / np.arange(1, people + 1)
    persons = np.sort(random.choice(people, cell.count, p=share / share.sum()))
    others = np.diff(persons, prepend=-1) > 0
    clusters = np.cumsum(others | (random.random(cell.count) < 1 / IN_A_VIDEO)) - 1
    strata = np.sort(clusters * LEVELS + random.integers(0, LEVELS, cell.count))
    seconds = np.clip(random.lognormal(1.1, 0.6, cell.count), 0.5, 20.0)
    wrong = random.random(cell.count) < chances(cell, persons, clusters, seconds, random)
    return World(persons, clusters, strata, seconds, wrong)


def chances(cell: Cell, persons: Array, clusters: Array, seconds: Array, random: np.random.Generator) -> Array:
    """Return float64 [n]: how likely each segment is wrong; their mean is the cell's rate."""
    if cell.pattern == "in clusters":
        bad = random.random(clusters[-1] + 1) < cell.rate / IN_A_CLUSTER
        return np.where(bad[clusters], IN_A_CLUSTER, 0.0)
    rare = persons > persons[len(persons) // 2]
    where = {
        "alone": np.ones(len(persons)),
        "of rare people": np.where(rare, 1.0, 0.1),
        "in short segments": 1.0 / seconds,
    }[cell.pattern]
    return np.minimum(cell.rate * where / where.mean(), 1.0)


def draw(cell: Cell, made: World, random: np.random.Generator) -> tuple[Array, Array]:
    """Return which segments are drawn, and the weight of each, as an audit draws them."""
    sizes = np.bincount(made.persons)
    names = {str(person): int(count) for person, count in enumerate(sizes) if count}
    rates = least_of_each(names, cell.size, min(cell.each, cell.size // len(names)))
    by_segment = np.array([rates.get(str(person), 0.0) for person in range(len(sizes))])[made.persons]
    drawn: list[Array] = []
    for rate in np.unique(by_segment):
        alike = np.flatnonzero(by_segment == rate)
        begins = np.flatnonzero(np.diff(made.strata[alike], prepend=-1))
        counts = np.diff(begins, append=len(alike))
        drawn.append(alike[chosen(counts, float(rate), random)])
    places = np.concatenate(drawn)
    return places, 1.0 / np.minimum(by_segment[places], 1.0)


@dataclass
class Held:
    """How often the truth lay in the interval, and how wide that was on average.

    Attributes
    ----------
    precision, seconds, further
        Of the segments of the corpus, of their seconds, of more videos like these.
    width
        Of the interval of the first.
    """

    precision: float = 0.0
    seconds: float = 0.0
    further: float = 0.0
    width: float = 0.0


def simulate(cell: Cell, repetitions: int, seed: int) -> Held:
    """Return how often the intervals of audits of such corpora hold the truth."""
    random, held = np.random.default_rng([seed, *map(ord, repr(cell))]), Held()
    for repetition in range(repetitions):
        if repetition % max(cell.count // REUSED, 1) == 0:
            made = world(cell, random)
            truth = 1.0 - float(made.wrong.mean())
            spoken = float(made.seconds.sum())
            right_seconds = float(made.seconds[~made.wrong].sum()) / spoken
        places, weights = draw(cell, made, random)
        right = [bool(value) for value in ~made.wrong[places]]
        ones = [1.0] * len(places)
        counted = Sample(right, ones, weights, float(cell.count)).share(CONFIDENCE)
        timed = Sample(right, list(made.seconds[places]), weights, spoken).share(CONFIDENCE)
        further = Sample(right, ones, weights, None).share(CONFIDENCE, list(made.clusters[places]))
        held.precision += holds(counted, truth) / repetitions
        held.seconds += holds(timed, right_seconds) / repetitions
        held.further += holds(further, 1.0 - cell.rate) / repetitions
        held.width += (counted.high - counted.low) / repetitions
    return held


def simulate_recall(missed: float, moments: int, repetitions: int, seed: int) -> float:
    """Return how often the interval of recall holds it, where so much of what was left out should not have been."""
    random, held = np.random.default_rng([seed, moments, round(1000 * missed)]), 0.0
    for _ in range(repetitions):
        lengths = random.lognormal(1.5, 1.2, 400)
        there = random.random(400) < missed
        left_out = float(lengths.sum())
        marks = (np.arange(moments) + random.random()) * left_out / moments
        seen = [bool(value) for value in there[np.minimum(np.searchsorted(np.cumsum(lengths), marks), 399)]]
        made = world(Cell(0.02, "alone", 0, 3_000, 200), random)
        places, weights = draw(Cell(0.02, "alone", 0, 3_000, 200), made, random)
        spoken = float(made.seconds.sum())
        right = [bool(value) for value in ~made.wrong[places]]
        found = Sample(right, list(made.seconds[places]), weights, spoken)
        recall = recall_of(found, Sample(seen, [1.0] * moments, [1.0] * moments, None), spoken, left_out, CONFIDENCE)
        in_it, beside = float(made.seconds[~made.wrong].sum()), float(lengths[there].sum())
        held += holds(recall, in_it / (in_it + beside)) / repetitions
    return held


def holds(share: Share, truth: float) -> bool:
    """Tell whether an interval holds the truth."""
    return share.low - 1e-9 <= truth <= share.high + 1e-9


# The tables ---------------------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(value: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.1f}"


def report(held: dict[Cell, Held]) -> str:
    """Return what was found: the lowest of all corpora and sizes, and how wide intervals are."""
    rates = sorted({cell.rate for cell in held})
    head = ["errors", "draw", *(f"{percent(rate)} %" for rate in rates)]
    rows: dict[str, list[list[str]]] = {"precision": [], "seconds": [], "further": []}
    for (pattern, each), name in itertools.product(itertools.product(PATTERNS, EACH), rows):
        cells = [cell for cell in held if (cell.pattern, cell.each) == (pattern, each)]
        lowest = [min(getattr(held[cell], name) for cell in cells if cell.rate == rate) for rate in rates]
        how = f"at least {each} of each" if each else "in proportion"
        rows[name].append([pattern, how, *map(percent, lowest)])
    drawn = sorted({(cell.count, cell.size) for cell in held})
    widths = [
        [f"{size:,} of {count:,}", *(percent(held[Cell(rate, "alone", 0, count, size)].width) for rate in rates)]
        for count, size in drawn
    ]
    parts = [f"{title}\n\n{table(head, rows[name])}" for name, title in TITLES.items()]
    return "\n\n".join(
        [*parts, f"Width of the interval, errors alone, in proportion, in %:\n\n{table(['draw', *head[2:]], widths)}"]
    )


TITLES = {
    "precision": "How often the interval of the precision holds the truth, in %; the lowest of all corpora and sizes:",
    "seconds": "The same of seconds in place of segments:",
    "further": "The same of more videos like these:",
}


def put(figures: str, page: Path) -> None:
    """Put the tables into a page, between what marks their place."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Print the tables; fail where an interval does not hold what it promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--write", type=Path, metavar="FILE", help="also put the tables into this page")
    options = parser.parse_args()
    grid = itertools.product(options.rates, PATTERNS, EACH, COUNTS, SIZES)
    cells = [Cell(*kind, count, min(size, 2 * count // 3)) for *kind, count, size in grid]
    with ProcessPoolExecutor(options.workers) as workers:
        told = workers.map(partial(simulate, repetitions=options.repetitions, seed=options.seed), cells, chunksize=4)
        held = dict(zip(cells, told, strict=True))
    recall = {
        (missed, moments): simulate_recall(missed, moments, options.repetitions, options.seed)
        for missed in MISSED
        for moments in (50, 150)
    }
    said = report(held)
    rows = [[percent(missed), *(percent(recall[missed, moments]) for moments in (50, 150))] for missed in MISSED]
    held_recall = table(["of what was left out [%]", "50 moments", "150"], rows)
    said += f"\n\nHow often the interval of recall holds it, in %:\n\n{held_recall}"
    print(said)
    if options.write:
        put(said, options.write)
    low = {cell: each for cell, each in held.items() if min(each.precision, each.seconds, each.further) < HELD}
    for cell, each in low.items():
        print(f"below {percent(HELD)} %: {cell}: {each}")
    raise SystemExit(1 if low or min(recall.values()) < HELD else 0)


if __name__ == "__main__":
    main()
