"""How many labels the active loop needs for a promise, beside labels in random order: shown by simulation.

    python scripts/precision/loop.py [--repetitions 1000] [--write docs/precision.md]
    python scripts/precision/loop.py --folder OUT --reference reference.csv --regions regions.csv

Folders are those of `targets.py`. What is compared is the number of labels after which the same promise stands: a
precision of 99 % at a confidence of 95 %, of limits that keep at least so much of the seconds that the best limits of
the plain path (all measures tightened alike) could keep there. All arms look equally often, after the same numbers of
labels, and pay for looking in the same way (`calibrating.rounds`). Three arms:

- `loop`: labels in the order of `slceleb review queue`, those that only teach included;
- `random`: labels in random order, all of which prove; points of the plain path are tried, as `slceleb calibrate` does;
- `random, taught`: the same, but the first 200 only teach, in the way in which the loop is taught.

With `--folder` segments are drawn with replacement from a folder that was made of composed clips, whose truth is known.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path as FilePath

import numpy as np
from targets import CONFIDENCE, FRESH, SEED, SEGMENTS, WORLDS

from slceleb_core.precision.calibrating.calibration import KNOWN, Wish
from slceleb_core.precision.calibrating.paths import Path, Point, path_of
from slceleb_core.precision.calibrating.rounds import enough, progress_of, tried_in_rounds
from slceleb_core.precision.calibrating.sequence import Sample, stations, worths
from slceleb_core.precision.evidence import read_evidence
from slceleb_core.precision.population import Population
from slceleb_core.precision.reference import read_reference, referred
from slceleb_core.precision.teaching.believing import Features
from slceleb_core.precision.teaching.looping import (
    TEACHING,
    drawn_evenly,
    to_prove,
    to_teach,
)
from slceleb_core.testing.populations import Drawn, drawn_population
from slceleb_core.types import Array

WISH = Wish(0.99, CONFIDENCE)
SHARES = (0.5, 0.7, 0.9)
"""Of the seconds that the plain path could keep: what the promise must keep."""

REACHABLE = ("alone", "in clusters", "few measures tell")
"""Of the worlds of `targets.py`, those in which there is anything to be promised."""

FOLDERS = 16
"""Seed of the folders: others than those by which constants of the loop were chosen."""

LOOKS = tuple(np.unique(np.round(200 * 1.1 ** np.arange(36)).astype(int)).tolist())
"""Labels after which everybody looks: 200 to 5,600, a tenth more each time."""

TAUGHT = 200
"""Labels that only teach, in random order, in the third arm."""

AT_FIRST = (0.0, 0.25, 0.5)
"""Share of the labels at which points of random order begin to be tried. Random order is given the best of these three,
which it could not know beforehand: what `slceleb calibrate` takes is the last."""

NEVER = np.inf

ARMS = ("loop", "random", "random, taught")


@dataclass(frozen=True, eq=False)
class Folder:
    """Segments whose truth is known."""

    population: Population
    right: Array

    @property
    def clusters(self) -> Array:
        """Which may be wrong together."""
        return cached_clusters(self.population)

    def share(self, kept: Array) -> float:
        """Return the share of the seconds that is kept."""
        seconds = self.population.seconds
        return float(seconds[kept].sum() / seconds.sum())


def cached_clusters(population: Population) -> Array:
    """Return int64 [n]: equal numbers for what one video says of one person."""
    names = [f"{video}\t{person}" for video, person in zip(population.recordings, population.persons, strict=True)]
    return np.asarray(np.unique(np.array(names), return_inverse=True)[1])


@dataclass(frozen=True)
class Promise:
    """What was promised after how many labels."""

    labels: float
    share: float
    point: Point | None


# The arms -----------------------------------------------------------------------------------------------------------


def in_the_loop(folder: Folder, random: np.random.Generator, most: int) -> Promise:
    """Return the promise of the loop: the first that it makes."""
    population, right, clusters = folder.population, folder.right, folder.clusters
    features = Features.of(population)
    rows = np.zeros(0, np.int64)
    while len(rows) < TEACHING:
        rows = np.concatenate([rows, to_teach(population, features, rows, right[rows], random)])
    spent, attempt = len(rows), 0
    while spent < most:
        target = to_prove(population, features, rows, right[rows], WISH, attempt)
        free = target.kept.copy()
        free[rows] = False
        shown = drawn_evenly(population, free, WISH, attempt, random)
        if not enough(len(shown), WISH, attempt):
            break
        seen = 0
        for look in (look - spent for look in LOOKS if spent < look <= min(spent + len(shown), most)):
            seen, first = look, shown[:look]
            progress = progress_of(right[first], clusters[first], WISH, attempt)
            if progress.trial.proven:
                point = target.path.points[target.point]
                return Promise(spent + look, folder.share(target.kept), point)
            if progress.over:
                break
        if not seen:
            break
        spent, attempt = spent + seen, attempt + 1
        rows = np.unique(np.concatenate([rows, shown[:seen]]))
    return Promise(NEVER, 0.0, None)


def in_random_order(folder: Folder, random: np.random.Generator, most: int, taught: int = 0) -> Iterator[Promise]:
    """Yield the promises of labels in random order, each that keeps more than the one before."""
    population, right, clusters = folder.population, folder.right, folder.clusters
    order = random.permutation(len(population))
    first, rest = order[:taught], order[taught:]
    path = path_of(population, "all measures alike", KNOWN)
    if taught:
        path = to_prove(population, Features.of(population), first, right[first], WISH, 0).path
    best = 0.0
    for look in LOOKS:
        shown = rest[: look - taught]
        if look > most or len(shown) < look - taught:
            return
        sample = Sample(path.entries[shown], right[shown], np.ones(len(shown)), clusters[shown])
        share = proven_share(folder, path, sample)
        if share > best:
            best = share
            yield Promise(look, share, None)


def proven_share(folder: Folder, path: Path, sample: Sample) -> float:
    """Return the share of the seconds that the loosest point keeps that is proven."""
    worth = worths(sample, len(path.points))
    order = stations(worth, WISH.target, WISH.risk)
    if not order:
        return 0.0
    starts = {int(np.argmin(np.abs(worth[order] - part * worth[-1]))) for part in AT_FIRST}
    rows = [tried_in_rounds(sample, order[start:], WISH.target, WISH.risk) for start in starts]
    proven = [trial.point for row in rows for trial in row if trial.proven]
    return folder.share(path.entries <= max(proven)) if proven else 0.0


# Comparing them -----------------------------------------------------------------------------------------------------


def attainable(folder: Folder) -> float:
    """Return the share of the seconds that the loosest point of the plain path keeps that truly meets the target."""
    path = path_of(folder.population, "all measures alike", KNOWN)
    counts = np.bincount(path.entries, minlength=len(path.points)).cumsum()
    good = np.bincount(path.entries, folder.right, minlength=len(path.points)).cumsum()
    meets = np.flatnonzero((counts > 0) & (good >= WISH.target * counts))
    return folder.share(path.entries <= meets[-1]) if len(meets) else 0.0


@dataclass(frozen=True)
class Came:
    """What came of one folder.

    Attributes
    ----------
    labels
        By share of the attainable seconds and arm: after how many labels that much was promised.
    precision
        On fresh data, of what the loop promised; None where it promised nothing.
    share
        Of the attainable seconds, that the loop kept.
    """

    labels: dict[tuple[float, str], float]
    precision: float | None
    share: float


def one_folder(make: Callable[[np.random.Generator], Folder], fresh: Folder | None, most: int, number: int) -> Came:
    """Return what came of one folder."""
    random = np.random.default_rng([FOLDERS, number])
    folder = make(random)
    could = attainable(folder)
    loop = in_the_loop(folder, random, most)
    arms = {
        "loop": [loop],
        "random": list(in_random_order(folder, random, most)),
        "random, taught": list(in_random_order(folder, random, most, TAUGHT)),
    }
    labels = {
        (share, arm): min((made.labels for made in arms[arm] if made.share >= share * could), default=NEVER)
        for share in SHARES
        for arm in ARMS
    }
    truth = folder if fresh is None else fresh
    precision = None if loop.point is None else float(truth.right[loop.point.keeps(truth.population)].mean())
    return Came(labels, precision, loop.share / max(could, 1e-9))


def compare(
    make: Callable[[np.random.Generator], Folder], fresh: Folder | None, repetitions: int, processes: int = 1
) -> list[Came]:
    """Return what came of many folders."""
    work = partial(one_folder, make, fresh, LOOKS[-1])
    if processes == 1:
        return [work(number) for number in range(repetitions)]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(work, range(repetitions), chunksize=4))


def simulated(name: str, random: np.random.Generator) -> Folder:
    """Return a folder of one of the worlds."""
    return known(drawn_population(random, SEGMENTS, WORLDS[name]))


def known(drawn: Drawn) -> Folder:
    """Return segments that were drawn, as a folder."""
    return Folder(drawn.population, drawn.right)


def of_composed(folder: FilePath, reference: FilePath, regions: FilePath | None) -> Folder:
    """Return the segments of a folder that was made of composed clips, as far as their reference says all of them."""
    population = read_evidence(folder).population
    labels = {label.segment: label for label in referred(read_reference(reference, regions), folder, population)}
    rows = [row for row, key in enumerate(population.ids) if key in labels]
    right = np.array([labels[population.ids[row]].right for row in rows])
    return Folder(chosen(population, np.array(rows), np.arange(len(rows))), right)


def drawn_again(source: Folder, random: np.random.Generator) -> Folder:
    """Return as many segments as a simulated folder has, drawn from real ones with replacement, video by video."""
    videos = sorted(set(source.population.recordings))
    by_video = {name: [] for name in videos}
    for row, name in enumerate(source.population.recordings):
        by_video[name].append(row)
    rows: list[int] = []
    copies: list[int] = []
    while len(rows) < SEGMENTS:
        taken = by_video[videos[int(random.integers(len(videos)))]]
        rows += taken
        copies += [len(copies)] * len(taken)
    places = np.array(rows[:SEGMENTS])
    return Folder(chosen(source.population, places, np.array(copies[:SEGMENTS])), source.right[places])


def chosen(population: Population, rows: Array, copies: Array) -> Population:
    """Return some segments as a population, each copy of a video as one of its own."""
    return replace(
        population,
        ids=tuple(f"{population.ids[row]}#{place}" for place, row in enumerate(rows)),
        recordings=tuple(f"{population.recordings[row]}#{copy}" for row, copy in zip(rows, copies, strict=True)),
        persons=tuple(population.persons[row] for row in rows),
        starts=population.starts[rows],
        ends=population.ends[rows],
        present=population.present[rows],
        measures={name: values[rows] for name, values in population.measures.items()},
        limits={},
        comparisons={},
    )


# The table ----------------------------------------------------------------------------------------------------------

HEADS = (
    "segments",
    "keeps at least",
    *(f"labels: {arm}" for arm in ARMS),
    "loop / random",
    "loop / random, taught",
    "loop got there",
    "random got there",
    "broken",
)
COMPOSED = "composed clips"
MARKS = ("<!-- table: loop -->", "<!-- end of loop -->")


def lines(name: str, came: Sequence[Came]) -> Iterator[str]:
    """Yield the lines of a table: medians over all folders, one in which an arm never got there counting as more."""
    broken = np.mean([one.precision is not None and one.precision < WISH.target for one in came])
    for share in SHARES:
        labels = {arm: np.array([one.labels[share, arm] for one in came]) for arm in ARMS}
        medians = {arm: float(np.median(values)) for arm, values in labels.items()}
        cells = [name, f"{share:.0%}", *(number(medians[arm]) for arm in ARMS)]
        cells += [ratio(medians["loop"], medians[arm]) for arm in ARMS[1:]]
        cells += [f"{np.isfinite(labels[arm]).mean():.0%}" for arm in ARMS[:2]]
        yield "| " + " | ".join([*cells, f"{broken:.1%}"]) + " |"


def number(median: float) -> str:
    """Return a number of labels in words."""
    return f"{median:,.0f}" if np.isfinite(median) else f"over {LOOKS[-1]:,}"


def ratio(loop: float, other: float) -> str:
    """Return how many labels the loop takes of what another arm does."""
    if not np.isfinite(loop):
        return "-"
    return f"{loop / other:.2f}" if np.isfinite(other) else f"under {loop / LOOKS[-1]:.2f}"


def table(rows: Sequence[tuple[str, Sequence[Came]]]) -> str:
    """Return the table, as Markdown."""
    made = ["| " + " | ".join(HEADS) + " |", "|---|" + "---:|" * (len(HEADS) - 1)]
    for name, came in rows:
        made += lines(name, came)
    return "\n".join(made) + "\n"


def put_between(page: FilePath, made_of: str) -> None:
    """Put a table between its marks in a page; lines on composed clips stay where none were measured now."""
    before, rest = page.read_text(encoding="utf-8").split(MARKS[0], 1)
    old, behind = rest.split(MARKS[1], 1)
    kept = [line + "\n" for line in old.splitlines() if line.startswith(f"| {COMPOSED} |")]
    lacking = kept if f"| {COMPOSED} |" not in made_of else []
    page.write_text(f"{before}{MARKS[0]}\n\n{made_of}{''.join(lacking)}\n{MARKS[1]}{behind}", encoding="utf-8")


def main() -> None:
    """Print the table, or put it into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--folder", type=FilePath)
    parser.add_argument("--reference", type=FilePath)
    parser.add_argument("--regions", type=FilePath)
    parser.add_argument("--write", type=FilePath, metavar="PAGE")
    options = parser.parse_args()
    rows = []
    for name in REACHABLE:
        fresh = known(drawn_population(np.random.default_rng(SEED), FRESH, WORLDS[name]))
        rows.append(
            (f"simulated, {name}", compare(partial(simulated, name), fresh, options.repetitions, options.processes))
        )
        print(f"{name}: done", file=sys.stderr, flush=True)
    if options.folder is not None:
        source = of_composed(options.folder, options.reference, options.regions)
        rows.append(
            ("composed clips", compare(partial(drawn_again, source), None, options.repetitions, options.processes))
        )
    text = table(rows)
    print(text)
    if options.write is not None:
        put_between(options.write, text)


if __name__ == "__main__":
    main()
