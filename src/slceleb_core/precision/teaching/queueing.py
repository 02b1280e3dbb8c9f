"""What to look at next in a folder: the next round of the active loop, and how far the last ones have led."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from slceleb_core.corpus.audits import Population
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.spent import LEARNED
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import make_folder
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import UsageError
from slceleb_core.precision.calibrating.aimed import Attempt, attempts_in
from slceleb_core.precision.calibrating.calibration import Wish
from slceleb_core.precision.calibrating.paths import VOICE
from slceleb_core.precision.calibrating.rounds import enough, risk_of, stops
from slceleb_core.precision.draws import Aim, Draw, Item, free_name, read_draws, write_draw
from slceleb_core.precision.draws import Purpose as DrawPurpose
from slceleb_core.precision.evidence import Evidence, Label
from slceleb_core.precision.teaching.believing import Features
from slceleb_core.precision.teaching.looping import ROUND, TEACHING, drawn_evenly, to_prove, to_teach
from slceleb_core.types import Array

Purpose: TypeAlias = Literal["auto", "teach", "prove"]
"""What a round is for; ``auto``: whatever comes next."""

PROVING = 50
"""Segments of a round that proves, where nobody says otherwise: they all count, so it may be a longer one."""

STATE = "rounds.json"
"""Of what was learned: what each round had led to. No segment is named in it."""

LARGEST_SEED = 2**32


@dataclass(frozen=True, slots=True)
class Round:
    """What to look at next, and how things stand.

    Attributes
    ----------
    purpose
        ``teach`` or ``prove``; ``proven`` where nothing more is needed, ``nothing`` where nothing more can be done.
    draw
        Name of the draw that the segments are of; empty where there are none.
    segments
        Ids, in the order in which they are to be shown.
    taught
        Decisions that teach, so far.
    labels, errors
        Of the attempt that is going on, or is proven.
    low, low_before
        The lower bound of its precision, now and when a round was last asked for; None where nothing is tried yet.
    more
        About how many more decisions; None where no number can be given.
    seconds, all_seconds
        Of what passes its limits, and of all segments.
    limits
        By measure.
    attempt
        Counted from 0.
    note
        What else is to be said.
    """

    purpose: Literal["teach", "prove", "proven", "nothing"]
    draw: str = ""
    segments: tuple[str, ...] = ()
    taught: int = 0
    labels: int = 0
    errors: int = 0
    low: float | None = None
    low_before: float | None = None
    more: int | None = None
    seconds: float = 0.0
    all_seconds: float = 0.0
    limits: dict[str, float] | None = None
    attempt: int = 0
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return asdict(self)


def next_round(
    output_dir: Path,
    evidence: Evidence,
    wish: Wish,
    purpose: Purpose = "auto",
    size: int | None = None,
    seed: int | None = None,
) -> Round:
    """Return the next round; what is drawn for it is written into the folder, and what was shown before is not again.

    Parameters
    ----------
    output_dir
        The folder.
    evidence
        All that is known of its segments (``gathering.gather``).
    wish
        What is to be promised.
    purpose
        What it is to be for.
    size
        Segments at most; None: as many as are usual.
    seed
        Of what is drawn; None: nobody can foresee it.

    Raises
    ------
    UsageError
        The folder holds no segments, or a draw in it is damaged.
    OutputError
        It cannot be written to.
    """
    if not len(evidence.population):
        raise UsageError(f"{output_dir} has no segment that could be looked at", "run slceleb run first")
    chosen = secrets.randbelow(LARGEST_SEED) if seed is None else seed
    found = _Asked(output_dir, _limitable(output_dir, evidence), wish, size, chosen).next(purpose)
    _remember(output_dir, found)
    return found


def _limitable(output_dir: Path, evidence: Evidence) -> Evidence:
    """Return evidence with only what a profile of the folder can limit: voices, where it asks for them."""
    profiles = (recording.report().get("provenance") or {} for recording in read_corpus(output_dir).recordings)
    if all((stated.get("profile") or {}).get("voice") for stated in profiles):
        return evidence
    measures = {name: values for name, values in evidence.population.measures.items() if name != VOICE}
    return replace(evidence, population=replace(evidence.population, measures=measures))


class _Asked:
    """A folder, and what is asked of it."""

    def __init__(self, output_dir: Path, evidence: Evidence, wish: Wish, size: int | None, seed: int) -> None:
        self._folder, self._evidence, self._wish, self._size = output_dir, evidence, wish, size
        self._random, self._seed = np.random.default_rng(seed), seed
        self._attempts = attempts_in(output_dir, evidence, wish)
        self._before = _remembered(output_dir)

    def next(self, purpose: Purpose) -> Round:
        """Return the next round."""
        last = self._attempts[-1] if self._attempts else None
        if last is not None and last.progress.trial.proven and not last.stale and purpose != "teach":
            return self._standing(last, "proven", ())
        if last is not None and last.open and purpose != "teach":
            return self._standing(last, "prove", last.first_open(self._size or PROVING))
        teachers = self._teachers()
        if purpose == "teach" or (purpose == "auto" and len(teachers) < TEACHING):
            return self._teach(teachers)
        return self._attempt(teachers)

    # what teaches

    def _teachers(self) -> list[Label]:
        """Return the decisions that may teach: those that prove nothing, and those of attempts that have ended."""
        ended = {label.segment for attempt in self._attempts if not attempt.open for label in attempt.labels}
        going = {label.segment for attempt in self._attempts if attempt.open for label in attempt.labels}
        known = self._evidence.labels
        return [label for label in known if label.segment not in going and (not label.proves or label.segment in ended)]

    def _told(self, teachers: Sequence[Label]) -> tuple[Array, Array]:
        return self._evidence.rows(teachers), np.array([label.right for label in teachers], dtype=bool)

    def _teach(self, teachers: Sequence[Label]) -> Round:
        size = self._size or ROUND
        waiting = self._waiting()
        if not waiting:
            population = self._evidence.population
            rows, right = self._told(teachers)
            looked_at = self._evidence.rows(self._evidence.labels)
            chosen = to_teach(population, Features.of(population), rows, right, self._random, size, looked_at)
            if not len(chosen):
                return Round("nothing", taught=len(teachers), note="all segments have been looked at")
            waiting = self._draw("teach", chosen, None, min(1.0, len(chosen) / len(population)))
        name, segments = waiting
        more = max(TEACHING - len(teachers), 0)
        return Round("teach", name, tuple(segments[:size]), len(teachers), more=more, all_seconds=self._all_seconds())

    def _waiting(self) -> tuple[str, list[str]] | None:
        """Return the last draw that teaches, and what of it nobody has decided on; None where there is nothing left."""
        known, present = {label.segment for label in self._evidence.labels}, self._evidence.population.rows()
        for draw in reversed(list(read_draws(self._folder, ("teach",)))):
            left = [item.id for item in draw.items if item.id not in known and item.id in present]
            return (draw.name, left) if left else None
        return None

    # what proves

    def _attempt(self, teachers: Sequence[Label]) -> Round:
        population, number = self._evidence.population, len(self._attempts)
        rows, right = self._told(teachers)
        target = to_prove(population, Features.of(population), rows, right, self._wish, number)
        free = target.kept & population.present
        free[self._evidence.rows(self._evidence.labels)] = False
        chosen = drawn_evenly(population, free, self._wish, number, self._random)
        if not enough(len(chosen), self._wish, number):
            needed = stops(self._wish.target, risk_of(number, self._wish))[0]
            what = f"too few segments are left that may be good enough: {len(chosen)}, and it takes {needed} at least"
            return Round(
                "nothing", taught=len(teachers), attempt=number, note=f"{what}; a lower --precision takes fewer"
            )
        limits = dict(target.path.points[target.point].limits)
        aim = Aim(self._wish.target, self._wish.confidence, number, limits)
        name, _ = self._draw("prove", chosen, aim, min(1.0, len(chosen) / int(free.sum())))
        self._attempts = attempts_in(self._folder, self._evidence, self._wish)
        made = next(attempt for attempt in self._attempts if attempt.draw.name == name)
        return self._standing(made, "prove", made.first_open(self._size or PROVING))

    def _standing(self, attempt: Attempt, purpose: Literal["prove", "proven"], segments: Sequence[str]) -> Round:
        """Return how an attempt stands, and what to look at."""
        population, progress = self._evidence.population, attempt.progress
        kept = attempt.point.keeps(population)
        before = self._before if self._before.get("draw") == attempt.draw.name else {}
        return Round(
            purpose,
            attempt.draw.name,
            tuple(segments),
            len(self._teachers()),
            progress.labels,
            progress.errors,
            progress.trial.low,
            before.get("low"),
            progress.more,
            round(float(population.seconds[kept].sum()), 3),
            self._all_seconds(),
            dict(attempt.point.limits),
            0 if attempt.draw.aim is None else attempt.draw.aim.attempt,
        )

    def _all_seconds(self) -> float:
        return round(float(self._evidence.population.seconds.sum()), 3)

    def _draw(self, purpose: DrawPurpose, rows: Array, aim: Aim | None, probability: float) -> tuple[str, list[str]]:
        """Write what is drawn into the folder, and return its name and the segments in order."""
        population = self._evidence.population
        stratum = "what teaches" if aim is None else "within limits"
        items = tuple(
            Item(
                population.ids[row],
                population.recordings[row],
                population.persons[row],
                float(population.starts[row]),
                float(population.ends[row]),
                probability,
                stratum,
            )
            for row in rows
        )
        name = free_name(self._folder, purpose)
        made = Population.of(read_corpus(self._folder))
        write_draw(self._folder, Draw(name, purpose, utc_timestamp(), self._seed, made, items, aim))
        return name, [item.id for item in items]


# Between rounds -----------------------------------------------------------------------------------------------------


def _remember(output_dir: Path, found: Round) -> None:
    """Write down how things stand, so that the next round can say what has changed."""
    if found.low is None:
        return
    with writing(f"to {output_dir / LEARNED}"):
        make_folder(output_dir / LEARNED)
    stated = {"draw": found.draw, "labels": found.labels, "low": found.low, "when": utc_timestamp()}
    write_durably(output_dir / LEARNED / STATE, (json.dumps(stated) + "\n").encode())


def _remembered(output_dir: Path) -> dict[str, Any]:
    """Return how things stood; empty where nothing is known of that."""
    try:
        stated = json.loads((output_dir / LEARNED / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}
