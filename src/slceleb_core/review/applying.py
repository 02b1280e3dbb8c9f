"""Carrying out a review: what was rejected goes out of the corpus, and who decided it is kept beside what stays.

``source.json`` of each video gets ``review``: by segment id the decision, its note, the reviewer and the moment, and of
what was taken out the segment itself. Its key stays as it is, so a run that is repeated leaves the video alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slceleb_core.batch.lock import claimed
from slceleb_core.corpus.editing import Plain, edit_json
from slceleb_core.corpus.reading import Corpus, Utterance, read_corpus
from slceleb_core.corpus.records import Removal, Toll, read_removals, whoever
from slceleb_core.corpus.removal import take_out
from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.output import SOURCE, statement_of, writing
from slceleb_core.registry import Registry
from slceleb_core.review.decisions import Decision, Review

log = logging.getLogger(__name__)

ASIDE = ".removed"
"""Folder in an output folder to which the clips of rejected segments are moved."""

CLOSE = 1e-3
"""Seconds by which two times of one segment may differ: files have microseconds, tables milliseconds."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a review.

    Attributes
    ----------
    accepted
        Segments that were accepted, and stay.
    toll
        What was taken out now.
    already
        Rejected segments that had been taken out before.
    """

    accepted: int
    toll: Toll
    already: int


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is known of the segments of a corpus: those in it, and those that reviews have taken out."""

    present: Mapping[str, Utterance]
    gone: Mapping[str, Plain]

    @classmethod
    def of(cls, corpus: Corpus) -> _Standing:
        """Return how the segments of a corpus stand."""
        present = {one.id: one for one in corpus.utterances()}
        reviewed: dict[str, Plain] = {}
        for recording in corpus.recordings:
            reviewed |= statement_of(recording.folder).get("review") or {}
        return cls(present, {key: one for key, one in reviewed.items() if key not in present})


def apply_review(review: Review, output_dir: Path, registry: Registry | None = None) -> Applied:
    """Take what was rejected out of a corpus, and write everything again that is about the whole of it.

    Applied again, the same review changes nothing. Whoever was stopped in the middle applies it again.

    Parameters
    ----------
    review
        The decisions.
    output_dir
        The corpus.
    registry
        The plugins; None: all that are installed.

    Raises
    ------
    UsageError
        Another process works in the folder, a decision is about no segment of it, or about one that has changed; then
        nothing has been done.
    OutputError
        Something cannot be written.
    """
    if not output_dir.is_dir():
        raise UsageError(f"there is no output folder {output_dir}", "name the folder that the page was made of")
    with claimed(output_dir):
        standing = _Standing.of(read_corpus(output_dir))
        _check(review, standing, output_dir)
        rejected = {key for key, one in review.decisions.items() if one.verdict == "reject"}
        for key in sorted(set(review.decisions) - rejected - set(standing.present)):
            log.warning("%s was accepted, but has been taken out before: it stays out", key)
        _record(review, standing, output_dir)
        going = rejected if _interrupted(output_dir) else rejected & set(standing.present)
        toll = Toll()
        if going:
            record = Removal("segments", review.reviewer or whoever(), "rejected on the review page")
            toll = take_out(output_dir, going, record, registry, output_dir / ASIDE)
    accepted = set(review.decisions) & set(standing.present) - rejected
    return Applied(len(accepted), toll, len(rejected - set(standing.present)))


def _check(review: Review, standing: _Standing, output_dir: Path) -> None:
    """Raise UsageError unless every decision is about a segment of the corpus, as it stands now."""
    unknown = [key for key in review.decisions if key not in standing.present and key not in standing.gone]
    if unknown:
        more = f" (nor {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        known = list(standing.present) if len(standing.present) < MANY else []
        hint = did_you_mean(unknown[0], known) if known else "name the folder that the page was made of"
        raise UsageError(f"there is no segment {unknown[0]}{more} in {output_dir}", hint)
    for key, decision in review.decisions.items():
        utterance = standing.present.get(key)
        if utterance is not None and not _same(decision, utterance):
            raise UsageError(
                f"{key} is another stretch now than the one that was judged", "write the page anew and judge it again"
            )


MANY = 20
"""Segments from which on a hint does not list them."""


def _same(decision: Decision, utterance: Utterance) -> bool:
    segment = utterance.segment
    times = ((decision.start, segment.start), (decision.end, segment.end))
    near = all(said is None or abs(said - stands) <= CLOSE for said, stands in times)
    return near and decision.person in (None, segment.person)


def _interrupted(output_dir: Path) -> bool:
    """Tell whether segments were being taken out when somebody was stopped."""
    return any(one.kind == "segments" and one.finished is None for one in read_removals(output_dir))


def _record(review: Review, standing: _Standing, output_dir: Path) -> None:
    """Write down in each video's folder what was decided on its segments."""
    by_folder: dict[Path, dict[str, Plain]] = {}
    for key, entry in _entries(review, standing):
        by_folder.setdefault(output_dir / standing.present[key].recording, {})[key] = entry
    with writing(f"to {output_dir}"):
        for folder, entries in sorted(by_folder.items()):
            known = statement_of(folder).get("review") or {}
            if any(known.get(key) != entry for key, entry in entries.items()):
                edit_json(folder / SOURCE, partial(_reviewed, entries={**known, **entries}))


def _reviewed(stated: Plain, entries: Plain) -> Plain:
    return {**stated, "review": entries}


def _entries(review: Review, standing: _Standing) -> Iterator[tuple[str, Plain]]:
    for key, decision in review.decisions.items():
        if key in standing.present:
            entry: Plain = {
                "decision": decision.verdict,
                "note": decision.note,
                "reviewer": review.reviewer,
                "when": decision.when,
            }
            segment = standing.present[key].segment.plain() if decision.verdict == "reject" else None
            yield key, entry if segment is None else {**entry, "segment": segment}
