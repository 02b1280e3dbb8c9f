"""All that is known of the segments of a folder: what reviews, draws and a reference file say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slceleb_core.precision.drawn import answered, outside, together
from slceleb_core.precision.draws import read_draws
from slceleb_core.precision.evidence import Evidence, Label, read_evidence
from slceleb_core.precision.reference import Reference, referred


def gather(output_dir: Path, reference: Reference | None = None) -> Evidence:
    """Return the segments of a folder, and all that is known of them.

    Raises
    ------
    UsageError
        There is no such folder, a draw in it is damaged, or a reference has no video in common with it.
    """
    evidence = with_draws(output_dir, read_evidence(output_dir))
    if reference is None:
        return evidence
    return evidence.joined(referred(reference, output_dir, evidence.population))


def with_draws(output_dir: Path, evidence: Evidence, answers: Mapping[str, Label] | None = None) -> Evidence:
    """Return evidence in which what was drawn at random proves.

    Parameters
    ----------
    output_dir
        The folder, for its draws.
    evidence
        What reviews say, which answer what was drawn as well as anybody.
    answers
        What was answered elsewhere, by segment id; it goes before what reviews say.

    Raises
    ------
    UsageError
        A draw is damaged.
    """
    known = {**{label.segment: label for label in evidence.labels}, **(answers or {})}
    draws = [answered(draw, known, evidence.population) for draw in read_draws(output_dir, ("audit", "prove"))]
    usable = [answer for answer in draws if answer.labels]
    # what all of a video was decided on stands for itself: it was not drawn for others
    whole = {label.segment for label in evidence.proving}
    sample = [label for label in together(usable) if label.segment not in whole]
    more = [label for label in known.values() if label.segment not in whole]
    left_out = outside(usable, more, evidence.population)
    return evidence.joined([*more, *sample, *left_out])
