"""Carrying out what was decided before, by somebody who was stopped in the middle: in their name, for just that."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.corpus.bookkeeping import Gone
from slceleb_core.corpus.folders import ASIDE
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.corpus.refreshing import Refresh, bring_in_line
from slceleb_core.corpus.removal import finish_segments, take_out, unfinished_segments
from slceleb_core.corpus.restoring import bring_back
from slceleb_core.corpus.revising import Revisers
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import Removal, whoever
from slceleb_core.disk.syncing import sync_file_system
from slceleb_core.pages.wording import counted
from slceleb_core.registry import Registry
from slceleb_core.review.following import Followed, follow
from slceleb_core.review.record import settle
from slceleb_core.review.state import ReviewState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resumed:
    """What had been decided before, and was carried out only now.

    Attributes
    ----------
    segments
        On which ones.
    followed
        What has come along from earlier results of videos, which is among them as far as there was anything to do.
    """

    segments: frozenset[str]
    followed: Followed


def rejection(reviewer: str) -> Removal:
    """Return the record of what a reviewer has rejected."""
    return Removal("segments", reviewer or whoever(), "rejected on the review page")


def resume(output_dir: Path, refresh: Refresh, registry: Registry | None) -> Resumed:
    """Carry out every decision that is written down and was not carried out to its end.

    Decisions on earlier results come along first (``following``): they are written down, too.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    refresh
        Has written again what is made of the whole corpus.
    registry
        The plugins, whose sinks revise what they have written; None: all that are installed.

    Raises
    ------
    OutputError
        Something cannot be written.
    """
    followed = follow(output_dir)
    state = ReviewState.of(output_dir)
    done = returning = state.returning()
    for removal in unfinished_segments(output_dir):
        done |= {*removal.among(state.recordings)}
    with writing(f"to {output_dir}"):
        finish_returning(state, returning, refresh, registry)
    finish_segments(output_dir, refresh, registry)
    for reviewer, rejected in ReviewState.of(output_dir).leaving().items():
        take_out(output_dir, rejected, rejection(reviewer), refresh, output_dir / ASIDE, registry)
        done |= rejected
    stopped = done - followed.going - followed.returning
    if stopped:
        what = counted(len(stopped), "segment")
        log.warning("somebody was stopped in the middle: what was decided on %s has been carried out first", what)
    if followed.decided and not done:
        bring_in_line(output_dir, Gone(Redaction(())), refresh)  # else it has been, when segments were taken out
    return Resumed(done, followed)


def finish_returning(state: ReviewState, chosen: Collection[str], refresh: Refresh, registry: Registry | None) -> None:
    """Bring segments back of which it is written down that they are on their way, and write down that they are there.

    Raises
    ------
    OSError
        Something cannot be written.
    """
    if chosen:
        with Revisers(registry) as revisers:
            bring_back(state.folder, state.segments(chosen), revisers)
        bring_in_line(state.folder, Gone(Redaction(())), refresh)
        sync_file_system(state.folder)
        settle(state, chosen)  # last: until then it is known that they are on their way
