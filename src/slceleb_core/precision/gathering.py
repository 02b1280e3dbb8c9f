"""All that is known of the segments of a folder: what reviews, draws and a reference file say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slceleb_core.corpus.spent import spent_in
from slceleb_core.precision.auditing.judging import Judgement
from slceleb_core.precision.auditing.keeping import judgements
from slceleb_core.precision.drawn import answered, outside, renumbered, together, unspent
from slceleb_core.precision.draws import read_draws
from slceleb_core.precision.evidence import Evidence, Kind, Label, counts, read_evidence
from slceleb_core.precision.population import Population
from slceleb_core.precision.reference import Reference, referred


def gather(output_dir: Path, reference: Reference | None = None) -> Evidence:
    """Return the segments of a folder, and all that is known of them.

    Raises
    ------
    UsageError
        There is no such folder, a draw or an answer in it is damaged, or a reference has no video in common with it.
    """
    evidence = _with_draws(output_dir, read_evidence(output_dir))
    if reference is None:
        return evidence
    return evidence.joined(referred(reference, output_dir, evidence.population))


def _with_draws(output_dir: Path, evidence: Evidence) -> Evidence:
    """Return evidence in which what was drawn at random proves: what audits say goes before what reviews say."""
    evidence = _chosen_only_teach(output_dir, evidence)
    said = {
        label.segment: label
        for judgement in judgements(output_dir)
        for label in _judged(judgement, evidence.population)
    }
    known = {**{label.segment: label for label in evidence.labels}, **said}
    # what was drawn of a part proves something of that part, and nothing of the whole (`calibrating.aimed`)
    of_all = [draw for draw in read_draws(output_dir, ("audit", "prove")) if draw.aim is None]
    spent = spent_in(output_dir)
    draws = [unspent(answered(draw, known, evidence.population), spent) for draw in of_all]
    usable = [answer for answer in draws if answer.labels]
    # what all of a video was decided on stands for itself: it was not drawn for others
    whole = {label.segment for label in evidence.proving}
    there = evidence.population.rows()
    more = [label for label in known.values() if label.segment not in whole and label.segment in there]
    sample = [label for label in together(usable) if label.segment not in whole]
    untaught = [label for label in more if counts(label, spent)]
    return evidence.joined([*more, *sample, *outside(usable, untaught, evidence.population)])


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


def _judged(judgement: Judgement, population: Population) -> Iterator[Label]:
    """Yield what an audit says of segments; what could not be told, or is disputed, is not right in a lower bound.

    It is said of the stretch that was drawn, under the id that it has now; of what does not stand there, nothing is.
    """
    ids = renumbered((judged.item for judged in judgement.judged), population)
    for judged in judgement.judged:
        item, verdict = judged.item, judged.verdict
        if item.kind == "segment" and item.id in ids:
            kind: Kind = "wrong" if verdict is None or verdict == "cannot tell" else verdict
            named = (ids[item.id], item.recording, item.person)
            yield Label(*named, kind == "right", kind, source="audit", when=judgement.draw.moment)
