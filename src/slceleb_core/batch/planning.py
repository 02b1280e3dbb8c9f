"""What is to be done, given what is remembered: like make, by comparing what stands with what is wanted.

Results are taken as they stand only where the file is known to be the one that they were made of. Where that would
take reading the file, the video is left to a worker, which compares hashes before it does anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from slceleb_core.artefacts.provenance import changes
from slceleb_core.batch.gc_pause import without_gc
from slceleb_core.batch.item_files import stamp_of
from slceleb_core.batch.journal_rows import VideoRecord
from slceleb_core.batch.outcomes import Outcome, Status
from slceleb_core.disk.fingerprint import Stamp
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.removals import KeptOut
from slceleb_core.jobs import Item, Order, Report, report_from_json
from slceleb_core.types import JsonValue

FLEETING = {"lost", "timeout", "output"}
"""Kinds of faults that say nothing of the file: the next run tries again unasked."""

DONE_EARLIER = "done earlier"

FAILED_EARLIER = "failed earlier"


@dataclass(frozen=True, slots=True)
class History:
    """What is remembered of earlier runs.

    Attributes
    ----------
    rows
        Every video, by name.
    reports
        Of those that are done, by name, as far as they are remembered.
    """

    rows: Mapping[str, VideoRecord] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AtWork:
    """What would be at work now.

    Attributes
    ----------
    program
        Hash of the program (``artefacts.program.program_of``): what an earlier one was at fault for is tried again.
    stages
        The stages (``artefacts.provenance.identities``): which of them has changed is a reason.
    """

    program: str = ""
    stages: Mapping[str, JsonValue] = field(default_factory=dict)


UNKNOWN = AtWork()
"""Nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One video of a batch, and how it stands.

    Attributes
    ----------
    order
        What is wanted.
    outcome
        What has become of it; `reason` of a pending one says why it is to be done.
    row
        What the journal is to say of it.
    adopted
        Whether its results stand without the journal's knowledge.
    changes
        How stages are others than those that made the results that stand, and that are to be made anew.
    """

    order: Order
    outcome: Outcome
    row: VideoRecord
    adopted: bool = False
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _VideoState:
    """What there is to compare for one video.

    Attributes
    ----------
    place
        Its own among the videos of the run.
    order
        What is wanted.
    folder
        Where its results stand, if they do.
    row
        What is remembered; None: nothing.
    known
        The report that is remembered with it.
    stamp
        Of the file now; None where there is none.
    stated
        What is stated of the results that stand; empty where none do.
    now
        What would be at work now.
    """

    place: int
    order: Order
    folder: Path
    row: VideoRecord | None
    known: Report | None
    stamp: Stamp | None
    stated: Mapping[str, JsonValue]
    now: AtWork

    @property
    def standing(self) -> bool:
        """Whether results stand that were made in the way that is wanted, of whatever file."""
        return self.order.is_met_by(self.stated)

    @property
    def same_key(self) -> bool:
        return self.row is not None and self.row.key == self.order.key

    @property
    def same_file(self) -> bool:
        """Whether the file is the one that the row is about, as far as can be told without reading it."""
        return self.row is not None and self.row.stamp == self.stamp and self._same_path

    @property
    def results_hold(self) -> bool:
        """Whether the results that stand are known to be those of the file: also of one that has been removed since."""
        if not self.standing or self.row is None or not self._same_path:
            return False
        unchanged = self.row.stamp is not None and self.stamp in (None, self.row.stamp)
        return unchanged and self.row.fingerprint != "" and self.row.fingerprint == self.stated.get("fingerprint")

    @property
    def stays_failed(self) -> bool:
        """Whether it failed earlier, and another attempt would fail in the same way."""
        if self.row is None or self.row.fault is None or self.row.status != "failed":
            return False
        fleeting = self.row.fault.transient or self.row.fault.kind in FLEETING
        return (self.same_key or self._file_at_fault) and self.same_file and not fleeting and not self._mended

    @property
    def _mended(self) -> bool:
        """Whether the program was at fault, and is another one now."""
        fault = None if self.row is None else self.row.fault
        return fault is not None and fault.kind == "unexpected" and fault.program != self.now.program

    @property
    def _file_at_fault(self) -> bool:
        """Whether what failed was reading the same part of the file: no profile changes that."""
        if self.row is None or self.row.fault is None or self.row.fault.kind != "video":
            return False
        before, now = self.row.item, self.order.item
        return (before.start, before.end) == (now.start, now.end)

    @property
    def _same_path(self) -> bool:
        return self.row is not None and _paths(self.row.item) == _paths(self.order.item)

    @property
    def in_journal(self) -> bool:
        """Whether the journal has the report of results made in the way that is wanted."""
        return self.known is not None and self.same_key

    def report(self) -> Report | None:
        """Return the report of the results, where these may be taken as they stand."""
        if not self.results_hold:
            return None
        try:
            report = self.known if self.known is not None and self.same_key else report_from_json(self.stated["report"])
        except (KeyError, ValueError):
            return None  # every summary would lack it: the results are made anew
        return replace(report, folder=self.folder)

    def fresh_row(self) -> VideoRecord:
        """Return a row in which nothing is known but the file, if that has been read before."""
        order = self.order
        fingerprint = self.row.fingerprint if self.row is not None and self.same_file else ""
        return VideoRecord(order.name, order.item, order.key, "pending", self.stamp, fingerprint, place=self.place)

    def why(self) -> str:
        """Return why it is to be done, in a few words."""
        if self.order.redo is not None and self.stated.get("key") == self.order.key:
            return f"asked for: {self.order.redo}"
        if self.row is None:
            return "results stand: the file is to be compared" if self.standing else "new"
        if self.row.status in ("done", "failed") and not self.same_key:
            return ", ".join(self.changes()) or "profile, photos or range changed"
        if not self.same_file:
            return "file changed"
        if self.row.status == "failed" and self._mended:
            return "the program has changed since it failed"
        return WHY[self.row.status]

    def changes(self) -> tuple[str, ...]:
        """Return how the stages are others than those that made the results that stand, where that is known."""
        if self.standing:
            return ()
        try:
            return tuple(changes(self.stated["report"]["provenance"]["stages"], self.now.stages))
        except (KeyError, TypeError):
            return ()


WHY: Mapping[Status, str] = {
    "pending": "not done when the last run ended",
    "running": "in flight when the last run stopped",
    "done": "its results are gone",
    "failed": "failed earlier, tried again",
    "skipped": "skipped earlier",
}
"""Why a video is to be done though neither its file nor what is asked for has changed."""


def plan(
    orders: Sequence[Order],
    history: History,
    output_dir: Path,
    *,
    now: AtWork = UNKNOWN,
    retry_failed: bool = False,
) -> list[Planned]:
    """Return what stands already and what is to be done, in the order of `orders`. Nothing is written.

    Parameters
    ----------
    orders
        Every video that is wanted, each name once.
    history
        What is remembered of earlier runs.
    output_dir
        Where results are.
    now
        What would be at work.
    retry_failed
        Whether those are tried again that would fail in the same way: same file, same profile.

    Raises
    ------
    UsageError
        It cannot be read what was removed from the corpus, and must not come back.
    """
    kept_out = KeptOut.of(output_dir)
    with without_gc():
        states = (_look(place, order, history, output_dir, now) for place, order in enumerate(orders))
        return [_kept_out(state, kept_out) or _decided(state, may_stay_failed=not retry_failed) for state in states]


def skipped(order: Order, reason: str, place: int) -> Planned:
    """Return a video that is not to be done, and why; `place` is its own among the videos of the run."""
    row = VideoRecord(order.name, order.item, order.key, "skipped", stamp_of(order.item), reason=reason, place=place)
    return Planned(order, Outcome(order.name, order.item, "skipped", reason=reason), row)


def _paths(item: Item) -> list[Path]:
    return [path.absolute() for path in item.files]


def _look(place: int, order: Order, history: History, output_dir: Path, now: AtWork) -> _VideoState:
    row, folder = history.rows.get(order.name), output_dir / order.name
    known = history.reports.get(order.name) if row is not None and row.status == "done" else None
    return _VideoState(place, order, folder, row, known, stamp_of(order.item), statement_of(folder), now)


def _kept_out(state: _VideoState, kept_out: KeptOut) -> Planned | None:
    """Return a video as skipped that has been taken out of the corpus; a worker knows it by its content as well."""
    files = state.order.item.files
    known = state.row is not None and state.same_file and len(files) == 1
    fingerprint = state.row.fingerprint if state.row is not None and known else ""
    removal = next(filter(None, (kept_out.video(path, fingerprint) for path in files)), None)
    return None if removal is None else skipped(state.order, f"removed from this corpus on {removal.when}", state.place)


def _decided(state: _VideoState, *, may_stay_failed: bool) -> Planned:
    report = state.report()
    if report is not None:
        return _done(state, report)
    return _failed(state) if may_stay_failed and state.stays_failed else _pending(state)


def _done(state: _VideoState, report: Report) -> Planned:
    order, earlier = state.order, state.row or state.fresh_row()
    row = replace(
        earlier, item=order.item, key=order.key, status="done", reason=DONE_EARLIER, fault=None, place=state.place
    )
    outcome = Outcome(order.name, order.item, "done", report, reason=DONE_EARLIER, seconds=row.seconds)
    return Planned(order, outcome, row, adopted=not state.in_journal)


def _failed(state: _VideoState) -> Planned:
    order, earlier = state.order, state.row or state.fresh_row()
    row = replace(earlier, item=order.item, reason=FAILED_EARLIER, place=state.place)
    outcome = Outcome(order.name, order.item, "failed", fault=row.fault, reason=FAILED_EARLIER, seconds=row.seconds)
    return Planned(order, outcome, row)


def _pending(state: _VideoState) -> Planned:
    row = replace(state.fresh_row(), reason=state.why())
    outcome = Outcome(row.name, row.item, "pending", reason=row.reason)
    return Planned(state.order, outcome, row, changes=state.changes())
