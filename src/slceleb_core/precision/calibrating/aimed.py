"""Attempts to prove a target: random draws of what passes some limits, and what came of them so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slceleb_core.corpus.spent import spent_in
from slceleb_core.precision.calibrating.calibration import Calibration, Wish, sample_of, standing
from slceleb_core.precision.calibrating.lacking import SHOWN, Lacking
from slceleb_core.precision.calibrating.paths import Path as PointPath
from slceleb_core.precision.calibrating.paths import Point
from slceleb_core.precision.calibrating.rounds import Progress, progress_of
from slceleb_core.precision.drawn import Answered, answered
from slceleb_core.precision.draws import Draw, read_draws
from slceleb_core.precision.evidence import Evidence, Label, clusters_of


@dataclass(frozen=True, slots=True)
class Attempt:
    """A draw that is to prove a target, and what was answered of it.

    Attributes
    ----------
    draw
        The draw.
    point
        The limits that it was drawn within.
    labels
        What was answered of it, from the first one shown on, without a gap.
    progress
        What that proves.
    stale
        Whether its segments were judged anew since, what it limits is not measured any more, or answers on it have
        taught a stage: then it proves nothing.
    """

    draw: Draw
    point: Point
    labels: tuple[Label, ...]
    progress: Progress
    stale: bool

    @property
    def open(self) -> bool:
        """Whether it is worth going on with."""
        ended = self.stale or self.progress.over or self.progress.trial.proven
        return not ended and len(self.labels) < len(self.draw.items)

    def first_open(self, count: int) -> list[str]:
        """Return the segments to look at next, in order: behind those that were answered."""
        return [item.id for item in self.draw.items[len(self.labels) : len(self.labels) + count]]


def attempts_in(output_dir: Path, evidence: Evidence, wish: Wish) -> list[Attempt]:
    """Return the attempts to prove a target that were made in a folder, the oldest first.

    Raises
    ------
    UsageError
        A draw is damaged.
    """
    known = {label.segment: label for label in evidence.labels}
    return list(_attempts(output_dir, known, evidence, wish))


def _attempts(output_dir: Path, known: Mapping[str, Label], evidence: Evidence, wish: Wish) -> Iterator[Attempt]:
    spent = spent_in(output_dir)
    for draw in read_draws(output_dir, ("prove",)):
        aim = draw.aim
        if aim is not None and (aim.target, aim.confidence) == (wish.target, wish.confidence):
            said: Answered = answered(draw, known, evidence.population)
            measured = aim.limits.keys() <= evidence.population.measures.keys()
            usable = measured and spent.isdisjoint(label.segment for label in said.labels)
            labels = said.labels if usable else ()
            right = np.array([label.right for label in labels], dtype=bool)
            progress = progress_of(right, clusters_of(labels), wish, aim.attempt)
            yield Attempt(draw, Point(dict(aim.limits)), labels, progress, said.stale or not usable)


def proven_in(output_dir: Path, evidence: Evidence, wish: Wish) -> Attempt | None:
    """Return the attempt that has proven a target; None: none has. Errors as of :func:`attempts_in`."""
    return _proven(attempts_in(output_dir, evidence, wish))


def _proven(attempts: Sequence[Attempt]) -> Attempt | None:
    return next((made for made in attempts if made.progress.trial.proven and not made.stale), None)


def calibrated_by(attempts: Sequence[Attempt], evidence: Evidence, wish: Wish) -> Calibration:
    """Return what attempts come to: the limits that one of them has proven, or what lacks to the last one.

    Where there are attempts to prove a target, nothing else is tried for it: each way has the error probability for
    itself, and both together would have twice of it.

    Parameters
    ----------
    attempts
        Of one wish, at least one, the oldest first.
    evidence
        The segments, and what is known of them.
    wish
        What is to be promised.
    """
    proven, population = _proven(attempts), evidence.population
    attempt = proven or attempts[-1]
    entries = np.where(attempt.point.keeps(population), 0, 1).astype(np.int64)
    path = PointPath("limits of the queue", {}, (attempt.point, Point({})), entries)
    sample = sample_of(path, evidence, attempt.labels)
    # of what does not pass nothing was drawn, so nothing is known of everything
    unknown = sample_of(path, evidence, ())
    stand = (standing(path, 0, population, sample, wish), standing(path, 1, population, unknown, wish))
    lack = (
        None
        if proven
        else Lacking(
            more=attempt.progress.more,
            point=attempt.point,
            seconds=stand[0].seconds,
            errors=attempt.progress.errors,
            labels=attempt.progress.labels,
            first=tuple(attempt.first_open(SHOWN)),
            free=len(attempt.draw.items) - len(attempt.labels),
        )
    )
    return Calibration(
        wish=wish,
        path=path,
        learned=True,
        trials=(attempt.progress.trial,),
        chosen=stand[0] if proven else None,
        low=attempt.progress.trial.low if proven else None,
        whole=stand[1],
        curve=stand,
        lacking=lack,
        proved=attempt.progress.labels,
        taught=len(evidence.labels) - attempt.progress.labels,
    )
