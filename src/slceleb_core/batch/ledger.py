"""How every video of a batch stands: in memory, in the journal, in the checkpoint, and told to whoever watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slceleb_core.batch.checkpoint import CHECKPOINT, FAILURES, CheckpointFile, State, next_write, write_failures
from slceleb_core.batch.item_files import stamp_of
from slceleb_core.batch.journal import Journal, RunFacts
from slceleb_core.batch.journal_rows import VideoRecord
from slceleb_core.batch.outcomes import Outcome, Watcher
from slceleb_core.batch.planning import Planned
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import OutputError
from slceleb_core.jobs import Fault, Order, Report


class Ledger:
    """Keeps the books of one run. What cannot be written stops the batch, and is tried again with the next entry.

    Parameters
    ----------
    planned
        Every video, in order.
    journal
        Where it is written down.
    facts
        Of the run.
    watcher
        Told of every change.
    interval
        Videos that must have ended between two writes of the checkpoint; in large batches more (``next_write``).

    Attributes
    ----------
    trouble
        Why the books cannot be written; None: they can.
    """

    def __init__(
        self, planned: Sequence[Planned], journal: Journal, facts: RunFacts, watcher: Watcher, interval: int
    ) -> None:
        self._videos = {video.row.name: video for video in planned}
        self._journal = journal
        self._facts = facts
        self._watcher = watcher
        self._interval = interval
        self._ended = 0
        self._due = interval
        self._owed: dict[str, Report | None] = {}
        self.trouble: Fault | None = None
        head = {
            "output_dir": str(facts.output_dir.absolute()),
            "command": facts.command,
            "options": facts.options,
            "versions": facts.versions,
            "profile": facts.profile,
        }
        self._checkpoint = CheckpointFile(facts.output_dir / CHECKPOINT, head)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return how every video stands, in order."""
        return tuple(video.outcome for video in self._videos.values())

    def open(self) -> None:
        """Write down the run and all of its videos.

        Raises
        ------
        OutputError
            That cannot be done.
        """
        videos = self._videos.values()
        adopted = [v.outcome.report for v in videos if v.adopted and v.outcome.report is not None]
        self._journal.begin_run(self._facts, (video.row for video in videos), adopted)
        self._write_files("running")
        self._watcher.planned(self.outcomes())

    def begun(self, order: Order) -> bool:
        """Write down that an order is about to be handed over; return whether it could be."""
        video = self._videos[order.name]
        stamp = stamp_of(order.item)
        fingerprint = video.row.fingerprint if stamp == video.row.stamp else ""
        row = replace(
            video.row,
            status="running",
            stamp=stamp,
            fingerprint=fingerprint,
            reason="",
            fault=None,
            attempts=order.attempt,
            begun=utc_timestamp(),
            ended=None,
        )
        why = video.outcome.why or video.outcome.reason
        outcome = replace(video.outcome, status="running", fault=None, reason="", why=why, attempts=order.attempt)
        self._write(Planned(order, outcome, row))
        return self.trouble is None

    def done(self, order: Order, report: Report, seconds: float) -> None:
        """Write down that a video's results stand."""
        video = self._videos[order.name]
        row = replace(video.row, status="done", fingerprint=report.fingerprint, ended=utc_timestamp(), seconds=seconds)
        outcome = replace(video.outcome, status="done", report=report, seconds=seconds)
        self._write(Planned(order, outcome, row), report)
        self._end(outcome)

    def failed(self, order: Order, fault: Fault, fingerprint: str, seconds: float) -> None:
        """Write down that a video has failed for good; `fingerprint` of its file, empty where it is not known."""
        video = self._videos[order.name]
        known = fingerprint or video.row.fingerprint
        fault = replace(fault, program=self._facts.program)
        # what fails as it goes or changes says nothing of what comes back
        stamp = video.row.stamp if stamp_of(order.item) == video.row.stamp else None
        row = replace(
            video.row,
            status="failed",
            stamp=stamp,
            fingerprint=known,
            fault=fault,
            ended=utc_timestamp(),
            seconds=seconds,
        )
        outcome = replace(video.outcome, status="failed", fault=fault, seconds=seconds)
        self._write(Planned(order, outcome, row))
        self._end(outcome)

    def put_back(self, order: Order, reason: str) -> None:
        """Write down that an attempt has come to nothing, and that the video is still to be done."""
        video = self._videos[order.name]
        row = replace(video.row, status="pending", reason=reason, ended=utc_timestamp())
        outcome = replace(video.outcome, status="pending", reason=reason)
        self._write(Planned(order, outcome, row))
        self._watcher.ended(outcome)

    def close(self, state: State) -> None:
        """Write down how the run ended."""
        self._write_files(state)
        try:
            self._settle()
            self._journal.end_run(state)
        except OutputError as error:
            self._note(error)

    def _end(self, outcome: Outcome) -> None:
        self._watcher.ended(outcome)
        self._ended += 1
        if self._ended >= self._due:
            self._due = next_write(self._ended, len(self._videos), self._interval)
            self._write_files("running")

    def _write(self, video: Planned, report: Report | None = None) -> None:
        name = video.row.name
        self._videos[name] = video
        self._owed[name] = report or self._owed.get(name)
        try:
            self._settle()
        except OutputError as error:
            self._note(error)

    def _settle(self) -> None:
        """Write down all that is not yet in the journal, in one transaction."""
        if self._owed:
            rows: list[VideoRecord] = [self._videos[name].row for name in self._owed]
            self._journal.put(rows, [report for report in self._owed.values() if report is not None])
            self._owed.clear()

    def _write_files(self, state: State) -> None:
        try:
            self._checkpoint.write(self._videos.values(), state)
            write_failures(self._facts.output_dir / FAILURES, self._videos.values())
        except OutputError as error:
            self._note(error)

    def _note(self, error: OutputError) -> None:
        self.trouble = self.trouble or Fault("output", error.message, error.hint, fatal=True)
