"""All that is known of the segments of a folder: what reviews, draws and a reference file say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
    evidence = _chosen_only_teach(output_dir, evidence)
    known = {**{label.segment: label for label in evidence.labels}, **(answers or {})}
    # what was drawn of a part proves something of that part, and nothing of the whole (`calibrating.aimed`)
    of_all = [draw for draw in read_draws(output_dir, ("audit", "prove")) if draw.aim is None]
    draws = [answered(draw, known, evidence.population) for draw in of_all]
    usable = [answer for answer in draws if answer.labels]
    # what all of a video was decided on stands for itself: it was not drawn for others
    whole = {label.segment for label in evidence.proving}
    sample = [label for label in together(usable) if label.segment not in whole]
    more = [label for label in known.values() if label.segment not in whole]
    left_out = outside(usable, more, evidence.population)
    return evidence.joined([*more, *sample, *left_out])


def _chosen_only_teach(output_dir: Path, evidence: Evidence) -> Evidence:
    """Return evidence in which a video proves nothing by being decided on as a whole, if some of it was shown to teach.

    Where all segments of a video have been decided on since they are doubtful, the video is one of doubtful segments.
    """
    chosen = {
        item.recording
        for draw in read_draws(output_dir, ("teach", "prove"))
        if draw.purpose == "teach" or draw.aim is not None
        for item in draw.items
    }
    labels = (replace(label, proves=label.proves and label.recording not in chosen) for label in evidence.labels)
    return replace(evidence, labels=tuple(labels))
