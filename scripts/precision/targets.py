"""A target that `slceleb calibrate` has set is kept on fresh data as often as it promises: shown by simulation.

    python scripts/precision/targets.py [--repetitions 1000] [--write docs/precision.md]

Of folders whose truth is known (`slceleb_core.testing.populations`) some segments are labelled, a point is chosen by
those labels, and the precision of what it keeps is looked up in 100,000 fresh segments of the same kind. Beside it
stands what everybody would do: the loosest point of the same path at which the labels themselves reach the target.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slceleb_core.precision.calibrating.calibration import Proof, Wish, path_for, sample_of, trials_of
from slceleb_core.precision.calibrating.paths import Point, strictness
from slceleb_core.precision.evidence import Evidence, Label
from slceleb_core.testing.populations import Drawn, World, drawn_population
from slceleb_core.types import Array

SEGMENTS, FRESH = 4000, 100_000
COUNTS = (50, 100, 200, 400, 1000, 2000)
TARGETS = (0.99, 0.95)
CONFIDENCE = 0.95
SEED = 15
TAUGHT = 300
"""Doubtful segments that were looked at, where there are such."""

MARKS = ("<!-- table: targets -->", "<!-- end -->")

BLIND = frozenset({"similarity", "margin", "voice"})

WORLDS = {
    "alone": World(wrong_person=0.0, not_speaking=0.06, other_voice=0.01),
    "in clusters": World(wrong_person=0.06, not_speaking=0.01, other_voice=0.002),
    "few measures tell": World(
        wrong_person=0.0,
        not_speaking=0.06,
        other_voice=0.0,
        blind=frozenset({"similarity", "margin", "offset", "length", "other_speaker", "voice", "asd"}),
    ),
    "just too many for 99 %": World(wrong_person=0.0, not_speaking=0.0, other_voice=0.0, unseen=0.0105),
    "just too many for 99 %, in clusters": World(0.0105, 0.0, 0.0, 0.0, blind=BLIND),
    "just too many for 95 %": World(wrong_person=0.0, not_speaking=0.0, other_voice=0.0, unseen=0.0525),
    "just too many for 95 %, in clusters": World(0.0525, 0.0, 0.0, 0.0, blind=BLIND),
}
"""How errors come: one by one; a person of a video at a time; one by one where most measures are worth nothing; and a
few more than may be, which show in no measure: whatever is promised then is broken."""

CASES: tuple[tuple[str, int, tuple[float, ...]], ...] = (
    ("just too many for 99 %", 0, (0.99,)),
    ("just too many for 99 %, in clusters", 0, (0.99,)),
    ("just too many for 95 %", 0, (0.95,)),
    ("just too many for 95 %, in clusters", 0, (0.95,)),
    ("alone", 0, TARGETS),
    ("in clusters", 0, TARGETS),
    ("few measures tell", 0, TARGETS),
    ("few measures tell", TAUGHT, TARGETS),
    ("in clusters", TAUGHT, TARGETS),
    ("alone", TAUGHT, TARGETS),
)
"""What is shown: how errors come, how many doubtful segments were looked at beside those that prove, and targets."""


@dataclass(frozen=True)
class Fresh:
    """What a point keeps of fresh segments."""

    drawn: Drawn

    def of(self, point: Point) -> tuple[float, float]:
        """Return the precision of what a point keeps, and its share of the seconds."""
        kept = point.keeps(self.drawn.population)
        seconds = self.drawn.population.seconds
        return float(self.drawn.right[kept].mean()), float(seconds[kept].sum() / seconds.sum())


@dataclass(frozen=True)
class Try:
    """What came of one folder: the precision on fresh data and the share of the seconds, None where nothing came."""

    promised: tuple[float, float] | None
    naive: tuple[float, float] | None


def evidence_of(drawn: Drawn, proving: Sequence[int], teaching: Sequence[int]) -> Evidence:
    """Return labels of some segments; those that prove go before those that teach."""
    labels: dict[int, Label] = {int(row): drawn.label(int(row), proves=False) for row in teaching}
    labels |= {int(row): drawn.label(int(row), proves=True) for row in proving}
    return Evidence(drawn.population, tuple(labels[row] for row in sorted(labels)))


def doubtful(drawn: Drawn, count: int) -> Array:
    """Return the segments that are next to some limit: what a reviewer is shown first."""
    measures = dict.fromkeys(("similarity", "margin", "speaking", "chance", "other_speaker"), 1.0)
    return np.argsort(strictness(drawn.population, measures), kind="stable")[:count]


def naive_point(proof: Proof, target: float) -> Point | None:
    """Return the loosest point at which the labels themselves are right often enough."""
    for place in reversed(range(len(proof.path.points))):
        kept = proof.sample.until(place)
        if len(kept) and float(kept.right.mean()) >= target:
            return proof.path.points[place]
    return None


def tries_of(
    drawn: Drawn, order: Array, counts: Sequence[int], taught: int, fresh: Fresh, targets: Sequence[float]
) -> Iterator[tuple[int, float, Try]]:
    """Yield what comes of the first so many labels of a random order, at each target."""
    teaching = doubtful(drawn, taught)
    path, learned = path_for(evidence_of(drawn, [], teaching))
    for count in counts:
        evidence = evidence_of(drawn, order[:count], [])
        sample = sample_of(path, evidence, evidence.proving)
        for target in targets:
            trials = trials_of(sample, len(path.points), Wish(target, CONFIDENCE))
            proof = Proof(path, learned, sample, tuple(trials))
            best = proof.best
            promised = None if best is None else fresh.of(path.points[best.point])
            naive = naive_point(proof, target)
            yield count, target, Try(promised, None if naive is None else fresh.of(naive))


def simulate(
    world: World,
    taught: int,
    repetitions: int,
    counts: Sequence[int] = COUNTS,
    segments: int = SEGMENTS,
    targets: Sequence[float] = TARGETS,
) -> dict[tuple[float, int], list[Try]]:
    """Return what came of many folders, by target and by how many labels there were."""
    fresh = Fresh(drawn_population(np.random.default_rng(SEED), FRESH, world))
    found: dict[tuple[float, int], list[Try]] = {}
    for repetition in range(repetitions):
        random = np.random.default_rng([SEED, repetition])
        drawn = drawn_population(random, segments, world)
        for count, target, came in tries_of(drawn, random.permutation(segments), counts, taught, fresh, targets):
            found.setdefault((target, count), []).append(came)
    return found


def broken(results: Sequence[tuple[float, float] | None], target: float) -> float:
    """Return in which share of all folders a promise was made and not kept."""
    return sum(result is not None and result[0] < target for result in results) / len(results)


def made(results: Sequence[tuple[float, float] | None]) -> float:
    """Return in which share of all folders a point was found."""
    return sum(result is not None for result in results) / len(results)


def kept(results: Sequence[tuple[float, float] | None]) -> float:
    """Return which share of the seconds is kept, the mean over the folders in which a point was found."""
    return float(np.mean([result[1] for result in results if result is not None] or [0.0]))


def lines(name: str, taught: int, found: dict[tuple[float, int], list[Try]]) -> Iterator[str]:
    """Yield the lines of a table."""
    for (target, count), tries in sorted(found.items(), key=lambda entry: (-entry[0][0], entry[0][1])):
        promised, naive = [came.promised for came in tries], [came.naive for came in tries]
        cells = [name, str(taught), f"{target:.0%}", f"{count}"]
        cells += [f"{value:.1%}" for value in (made(promised), broken(promised, target), kept(promised))]
        cells += [f"{value:.1%}" for value in (broken(naive, target), kept(naive))]
        yield "| " + " | ".join(cells) + " |"


def table(repetitions: int) -> str:
    """Return the table, as Markdown."""
    heads = ("errors come", "taught by", "target", "labels", "promised", "broken", "kept", "naive: broken", "kept ")
    rows = ["| " + " | ".join(heads).strip() + " |", "|---|" + "---:|" * (len(heads) - 1)]
    for name, taught, targets in CASES:
        made = list(lines(name, taught, simulate(WORLDS[name], taught, repetitions, targets=targets)))
        print(*made, sep="\n", file=sys.stderr, flush=True)
        rows += made
    return "\n".join(rows) + "\n"


def put_into(page: Path, made_of: str) -> None:
    """Put a table between its marks in a page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0], 1)
    _, after = rest.split(MARKS[1], 1)
    page.write_text(f"{before}{MARKS[0]}\n\n{made_of}\n{MARKS[1]}{after}", encoding="utf-8")


def main() -> None:
    """Print the table, or put it into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args()
    text = table(options.repetitions)
    print(text)
    if options.write is not None:
        put_into(options.write, text)


if __name__ == "__main__":
    main()
