"""Carrying out a review: what was rejected goes out of the corpus, what was accepted comes back if it had been out.

``source.json`` of each video gets ``review``: by segment id the decision, its note, the reviewer and the moment, what
had been decided before, and of what was taken out the segment itself (``record``). Nothing is deleted: clips are moved
aside (``state.ASIDE``), and a later "accept" of the same segment brings them back (``restoring``).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.corpus.removal import take_out
from slceleb_core.disk.lock import claimed
from slceleb_core.disk.output import writing
from slceleb_core.disk.removals import Removal, RemovalStats, read_removals, whoever
from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.registry import Registry
from slceleb_core.review.decisions import Review
from slceleb_core.review.record import record
from slceleb_core.review.restoring import bring_back, make_room, write_again
from slceleb_core.review.state import ASIDE, ReviewState

log = logging.getLogger(__name__)

MANY = 20
"""Segments from which on a hint does not list them."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a review.

    Attributes
    ----------
    accepted
        Segments that were accepted, and are in the corpus.
    restored
        Those of them that had been taken out, and were brought back now.
    stats
        What was taken out now.
    already
        Rejected segments that had been taken out before.
    """

    accepted: int
    restored: int
    stats: RemovalStats
    already: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What there is to do, by segment id.

    Attributes
    ----------
    staying
        Accepted, and in the corpus.
    returning
        Accepted, and taken out before; or their return was stopped in the middle.
    going
        Rejected, and in the corpus.
    out
        Rejected, and taken out before.
    """

    staying: frozenset[str]
    returning: frozenset[str]
    going: frozenset[str]
    out: frozenset[str]

    @classmethod
    def of(cls, review: Review, state: ReviewState) -> _Plan:
        rejected = {key for key, one in review.decisions.items() if one.verdict == "reject"}
        accepted, present = set(review.decisions) - rejected, set(state.present)
        back = {key for key in accepted if state.entry(key).get("decision") == "reject"}
        returning = {key for key in back if state.segment(key) is not None}
        return cls(
            frozenset((accepted & present) - returning),
            frozenset(returning),
            frozenset(rejected & present),
            frozenset(rejected - present),
        )


def apply_review(review: Review, output_dir: Path, registry: Registry | None = None) -> Applied:
    """Take what was rejected out of a corpus, bring back what was accepted, and write again what is about all of it.

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
        state = ReviewState.of(output_dir)
        _check(review, state)
        plan = _Plan.of(review, state)
        _warn_of_lost(review, plan)
        with writing(f"to {output_dir}"):
            _bring_back(review, state, plan, registry)
            record(review, state, plan.staying | plan.going)
        stats = _take_out(review, state, plan, registry)
    return Applied(len(plan.staying | plan.returning), len(plan.returning), stats, len(plan.out))


def _check(review: Review, state: ReviewState) -> None:
    """Raise UsageError unless every decision is about a segment of the corpus, as it stands now."""
    unknown = [key for key in review.decisions if key not in state.recordings]
    if unknown:
        more = f" (nor {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        known = list(state.present) if len(state.present) < MANY else []
        hint = did_you_mean(unknown[0], known) if known else "name the folder that the page was made of"
        raise UsageError(f"there is no segment {unknown[0]}{more} in {state.folder}", hint)
    for key, decision in review.decisions.items():
        if not state.fits(key, decision):
            raise UsageError(
                f"{key} is another stretch now than the one that was judged", "write the page anew and judge it again"
            )


def _warn_of_lost(review: Review, plan: _Plan) -> None:
    """Say which accepted segments are not there, and were not taken out by a review either."""
    for key in sorted(set(review.decisions) - plan.staying - plan.returning - plan.going - plan.out):
        log.warning("%s was accepted, but is not in the corpus any more: it stays out", key)


def _bring_back(review: Review, state: ReviewState, plan: _Plan, registry: Registry | None) -> None:
    if plan.returning:
        bring_back(state, plan.returning)
        write_again(state.folder, registry or Registry.discover())
        record(review, state, plan.returning)  # last: until then it is known that they are on their way


def _take_out(review: Review, state: ReviewState, plan: _Plan, registry: Registry | None) -> RemovalStats:
    output_dir = state.folder
    going = plan.going | plan.out if _interrupted(output_dir) else plan.going
    if not going:
        return RemovalStats()
    with writing(f"to {output_dir}"):
        make_room(state, plan.going)
    removal = Removal("segments", review.reviewer or whoever(), "rejected on the review page")
    return take_out(output_dir, going, removal, registry, output_dir / ASIDE)


def _interrupted(output_dir: Path) -> bool:
    """Tell whether segments were being taken out when somebody was stopped."""
    return any(one.kind == "segments" and one.finished is None for one in read_removals(output_dir))
