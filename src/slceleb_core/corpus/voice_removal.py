"""Carrying out what voices decide: what does not pass leaves the corpus, what passes again comes back.

It goes the way of what a reviewer has rejected: nothing is deleted, clips are moved aside, sinks bring in line what
they have written, and what is about the whole corpus is written again. Each step can be repeated, and what is decided
follows from what stands there, so whoever is stopped runs it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slceleb_core.corpus.bookkeeping import Gone
from slceleb_core.corpus.editing import sweep
from slceleb_core.corpus.folders import ASIDE
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.corpus.refreshing import Refresh, bring_in_line
from slceleb_core.corpus.removal import take_out
from slceleb_core.corpus.restoring import bring_back, make_room
from slceleb_core.corpus.revising import Revisers
from slceleb_core.corpus.verdicts import record_verdicts
from slceleb_core.corpus.voices.weighing import Verdict, Weighed
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import Removal, whoever
from slceleb_core.disk.syncing import sync_file_system
from slceleb_core.registry import Registry
from slceleb_core.results import Segment

REASON = "left out by the gates of voices"
"""In ``removals.jsonl``."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it.

    Attributes
    ----------
    gone, returned
        Segments that were taken out, and brought back.
    changed
        Videos of which anything was written.
    """

    gone: int
    returned: int
    changed: int


def carry_out(weighed: Weighed, refresh: Refresh, registry: Registry) -> Carried:
    """Carry out what voices decide on a corpus.

    Parameters
    ----------
    weighed
        What they decide; the caller has held the corpus's lock since, and does so still.
    refresh
        Has written again what other rooms make of a corpus.
    registry
        The plugins, whose sinks revise what they have written.

    Raises
    ------
    OutputError
        Something cannot be written; the same again goes on from there.
    """
    output_dir, going, returning = weighed.output_dir, weighed.going, weighed.returning
    sweep(output_dir)
    with writing(f"to {output_dir}"):
        if returning:
            with Revisers(registry) as revisers:
                bring_back(output_dir, _by_video(weighed, returning), revisers)
        changed = sum(_record(weighed, name, verdicts) for name, verdicts in weighed.videos.items())
        make_room(output_dir, _by_video(weighed, going))
    if going:
        record = Removal("segments", whoever(), REASON)
        chosen = [verdict.segment.id for verdict in going]
        take_out(output_dir, chosen, record, refresh, output_dir / ASIDE, registry)
    elif changed or returning:
        bring_in_line(output_dir, Gone(Redaction(())), refresh)
        with writing(f"to {output_dir}"):
            sync_file_system(output_dir)
    return Carried(len(going), len(returning), changed)


def _record(weighed: Weighed, name: str, verdicts: Sequence[Verdict]) -> bool:
    """Write down what is decided on a video; return whether that is anything new."""
    folder = weighed.output_dir / name
    before = statement_of(folder)
    gates = {verdict.segment.id: verdict.gates for verdict in verdicts}
    out = {verdict.segment.id: verdict.segment for verdict in verdicts if verdict.stays_out}
    record_verdicts(folder, dict(weighed.stages[name]), gates, out)
    return statement_of(folder) != before


def _by_video(weighed: Weighed, chosen: Sequence[Verdict]) -> Mapping[str, Mapping[str, Segment]]:
    wanted = {verdict.segment.id for verdict in chosen}
    found = {
        name: {verdict.segment.id: verdict.segment for verdict in verdicts if verdict.segment.id in wanted}
        for name, verdicts in weighed.videos.items()
    }
    return {name: segments for name, segments in found.items() if segments}
