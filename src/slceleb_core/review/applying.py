"""Carrying out a review: what was rejected goes out of the corpus, what was accepted comes back if it had been out.

``source.json`` of each video gets ``review``: by segment id the decision, its note, the reviewer and the moment, what
had been decided before, and of what was taken out the segment itself (``record``). Nothing is deleted: clips are moved
aside (``folders.ASIDE``), and a later "accept" of the same segment brings them back (``corpus.restoring``).

What is decided is written down before anything is done, so a review that was stopped in the middle is carried out to
its end by whoever applies the next one, before that one, and in the name of whose it is (``resuming``).
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slceleb_core.corpus.claiming import alone_in
from slceleb_core.corpus.folders import ASIDE
from slceleb_core.corpus.growths import retire
from slceleb_core.corpus.refreshing import Refresh
from slceleb_core.corpus.removal import take_out
from slceleb_core.corpus.restoring import make_room
from slceleb_core.corpus.revising import Revisers
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import RemovalStats
from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.perception.photos.grown import GrownPhoto
from slceleb_core.registry import Registry
from slceleb_core.review.decisions import Review
from slceleb_core.review.record import record
from slceleb_core.review.refreshing import refreshing
from slceleb_core.review.resuming import finish_returning, rejection, resume
from slceleb_core.review.state import ReviewState

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
    resumed
        Segments of which it had been decided before, and was carried out only now: somebody had been stopped.
    left
        Outputs of which nobody knows whose they are, in the folders of videos that lost segments or got some back: they
        are as they were. What a sink has written that is known is in line, or set aside.
    """

    accepted: int
    restored: int
    stats: RemovalStats
    already: int
    resumed: int = 0
    left: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What there is to do, by segment id.

    Attributes
    ----------
    staying
        Accepted, and in the corpus.
    returning
        Accepted, and taken out before.
    going
        Rejected, and in the corpus.
    out
        Rejected, and taken out before.
    overruled
        Those of them that only their voices had kept out: now they stay out, whatever is heard.
    """

    staying: frozenset[str]
    returning: frozenset[str]
    going: frozenset[str]
    out: frozenset[str]
    overruled: frozenset[str]

    @classmethod
    def of(cls, review: Review, state: ReviewState) -> _Plan:
        rejected = {key for key, decision in review.decisions.items() if decision.verdict == "reject"}
        accepted, present = set(review.decisions) - rejected, set(state.present)
        returning = {key for key in accepted - present if state.segment(key) is not None}
        return cls(
            frozenset(accepted & present),
            frozenset(returning),
            frozenset(rejected & present),
            frozenset(rejected - present),
            frozenset(key for key in rejected - present if state.is_unheard(key)),
        )


def apply_review(review: Review, output_dir: Path, registry: Registry | None = None) -> Applied:
    """Take what was rejected out of a corpus, bring back what was accepted, and write again what is about all of it.

    Applied again, the same review changes nothing. One that was stopped in the middle, whosever it is, is carried out
    to its end first.

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
    refresh = refreshing(registry)
    with alone_in(output_dir):
        _check(review, ReviewState.of(output_dir))
        resumed = resume(output_dir, refresh, registry).segments
        state = ReviewState.of(output_dir)
        plan = _Plan.of(review, state)
        _warn_of_lost(review, plan)
        with writing(f"to {output_dir}"):
            make_room(output_dir, state.segments(plan.going))
            record(review, state, plan.staying | plan.returning | plan.going | plan.overruled)
            finish_returning(state, plan.returning, refresh, registry)
        stats = _take_out(review, output_dir, plan, refresh, registry)
        retire(output_dir, partial(_is_of, {(state.recordings[key], key) for key in plan.going | plan.out}))
    changed = plan.returning | plan.going | plan.out | resumed
    with Revisers(registry) as revisers:
        left = tuple(path for name in _videos(state, changed) for path in revisers.unknown(output_dir / name))
    accepted = len(plan.staying | plan.returning)
    return Applied(accepted, len(plan.returning), stats, len(plan.out), len(resumed), left)


def _is_of(segments: Collection[tuple[str, str]], photo: GrownPhoto) -> bool:
    """Tell whether a photo that a gallery has grown by is of one of these segments."""
    return (photo.origin.recording, photo.origin.segment) in segments


def _videos(state: ReviewState, segments: Collection[str]) -> list[str]:
    """Return the names of the videos that segments are of."""
    return sorted({state.recordings[key] for key in segments if key in state.recordings})


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


def _take_out(
    review: Review, output_dir: Path, plan: _Plan, refresh: Refresh, registry: Registry | None
) -> RemovalStats:
    if not plan.going:
        return RemovalStats()
    return take_out(output_dir, plan.going, rejection(review.reviewer), refresh, output_dir / ASIDE, registry)
