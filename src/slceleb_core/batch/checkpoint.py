"""The journal made readable: ``batch_checkpoint.json`` for people, scripts and ``--resume``; ``failures.csv``, a table.

Each is replaced as a whole, so how often that happens decides what it costs: see :func:`next_write`.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from slceleb_core.batch.journal_rows import VideoRecord
from slceleb_core.batch.outcomes import Status
from slceleb_core.batch.planning import Planned
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.fingerprint import Stamp
from slceleb_core.disk.naming import readable
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Fault, FaultKind, Item, JsonObject, item_to_json
from slceleb_core.profile import explain

CHECKPOINT = "batch_checkpoint.json"
"""What the file is called."""

FAILURES = "failures.csv"
"""What the table of failures is called; without failures it is a header."""

FAILURE_COLUMNS = ("video", "id", "kind", "reason", "hint", "attempts")

FORMAT = 1
"""Of the file; one of another format is not read."""

REWRITES = 50
"""Parts of a batch after each of which the checkpoint is written: with 50,000 videos of 230 bytes 50 times 12 MB, where
every ten videos came to 58 GB. What is written then grows with the batch, and not with its square."""

LISTS: dict[Status, str] = {
    "done": "completed_videos",
    "failed": "failed_videos",
    "skipped": "skipped_videos",
    "pending": "pending_videos",
    "running": "pending_videos",
}
"""Where the videos of each status stand. What is running is pending to whoever goes on from the file."""

State = Literal["running", "finished", "interrupted", "stopped"]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("should be text")  # noqa: TRY004 - what pydantic expects of a validator
    return value


AnyText = Annotated[str, PlainValidator(_text)]
"""Text that may hold lone surrogates, as the names of some files do."""


class Entry(BaseModel):
    """A video of a checkpoint, and all that is needed to take it up again.

    Attributes
    ----------
    video, id, poi, start, end, facts
        As of :class:`~slceleb_core.jobs.Item`.
    name
        Of its results folder.
    place
        Its place among the videos of the batch.
    key
        Hash of all that decides its result but the file.
    fingerprint, size, mtime_ns
        Of the file, as far as they are known.
    """

    model_config = ConfigDict(frozen=True)

    video: AnyText
    id: AnyText = ""
    poi: tuple[AnyText, ...] = ()
    start: float | None = None
    end: float | None = None
    facts: dict[str, AnyText] = Field(default_factory=dict)
    audio_track: AnyText = ""
    name: str
    place: int = 0
    key: str = ""
    fingerprint: str = ""
    size: int | None = None
    mtime_ns: int | None = None

    @property
    def item(self) -> Item:
        """The video as it was named."""
        return Item(Path(self.video), self.id, self.poi, self.start, self.end, self.facts, self.audio_track)

    def row(self, status: Status) -> VideoRecord:
        """Return what a journal would say of it."""
        known = self.size is not None and self.mtime_ns is not None
        stamp = Stamp(self.size or 0, self.mtime_ns or 0) if known else None
        return VideoRecord(self.name, self.item, self.key, status, stamp, self.fingerprint, place=self.place)


class Completed(Entry):
    """A video that is done.

    Attributes
    ----------
    folder
        Where its results are.
    segments
        How many were found.
    duration, seconds
        Length of the video, and of the work.
    """

    folder: AnyText
    segments: int
    duration: float | None = None
    seconds: float = 0.0


class Failed(Entry):
    """A video that has failed for good, as far as this batch goes.

    Attributes
    ----------
    kind, reason, hint
        Of its fault.
    transient
        Whether another attempt might go well.
    program
        Hash of the program that failed.
    attempts
        How often it was tried.
    """

    kind: FaultKind
    reason: AnyText
    hint: AnyText = ""
    transient: bool = False
    program: str = ""
    attempts: int = 0

    @property
    def failed_row(self) -> VideoRecord:
        """What a journal would say of it."""
        fault = Fault(self.kind, self.reason, self.hint, self.transient, program=self.program)
        return replace(self.row("failed"), fault=fault, attempts=self.attempts)


class Left(Entry):
    """A video that is to be done, or skipped.

    Attributes
    ----------
    reason
        Why, in a few words.
    """

    reason: AnyText = ""


class Checkpoint(BaseModel):
    """A checkpoint, checked.

    Attributes
    ----------
    format
        Of the file.
    state
        Of the batch.
    started, updated
        When the batch began, and when this was written.
    output_dir, command, options, versions, profile
        As of :class:`~slceleb_core.batch.journal.RunFacts`.
    counts
        Videos by status.
    completed_videos, failed_videos, skipped_videos, pending_videos
        Every video, in one of them.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1]
    state: State
    started: str
    updated: str
    output_dir: AnyText
    command: tuple[AnyText, ...] = ()
    options: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    profile: dict[str, Any] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)
    completed_videos: tuple[Completed, ...] = ()
    failed_videos: tuple[Failed, ...] = ()
    skipped_videos: tuple[Left, ...] = ()
    pending_videos: tuple[Left, ...] = ()

    def entries(self) -> list[Entry]:
        """Return every video, in the order in which they were named."""
        lists = (self.completed_videos, self.failed_videos, self.skipped_videos, self.pending_videos)
        return sorted((entry for videos in lists for entry in videos), key=lambda entry: entry.place)


def read_checkpoint(path: Path) -> Checkpoint:
    """Return a checkpoint.

    Raises
    ------
    UsageError
        It cannot be read, or is none.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the checkpoint {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path} is no checkpoint: {error}", f"give the {CHECKPOINT} of a batch") from None
    try:
        return Checkpoint.model_validate(tree)
    except ValidationError as error:
        faults = explain(error, Checkpoint).splitlines()
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UsageError(f"{path} is no checkpoint: {faults[0]}{more}", f"give the {CHECKPOINT} of a batch") from None


class CheckpointFile:
    """The checkpoint of a batch that is going on.

    Parameters
    ----------
    path
        The file.
    head
        What does not change: `output_dir`, `command`, `options`, `versions`, `profile`; JSON-ready.
    """

    def __init__(self, path: Path, head: JsonObject) -> None:
        self._path = path
        self._head = {"format": FORMAT, "started": utc_timestamp(), **head}
        self._made: dict[str, tuple[Planned, str]] = {}

    def write(self, videos: Iterable[Planned], state: State) -> None:
        """Write how every video of the batch stands.

        Raises
        ------
        OutputError
            It cannot be written; the last one stands.
        """
        lists: dict[str, list[str]] = {name: [] for name in dict.fromkeys(LISTS.values())}
        counts: Counter[str] = Counter()
        for video in videos:
            counts[video.outcome.status] += 1
            lists[LISTS[video.outcome.status]].append(self._entry(video))
        head = {**self._head, "state": state, "updated": utc_timestamp(), "counts": {"all": counts.total(), **counts}}
        parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        parts += [f"{json.dumps(name)}: [\n{_lines(entries)}]" for name, entries in lists.items()]
        write_durably(self._path, ("{\n" + ",\n".join(parts) + "\n}\n").encode())

    def _entry(self, video: Planned) -> str:
        """Return a video's entry; kept, as few of many thousands change from one checkpoint to the next."""
        kept = self._made.get(video.row.name)
        if kept is None or kept[0] is not video:
            kept = self._made[video.row.name] = (video, json.dumps(_entry(video)))
        return kept[1]


def next_write(ended: int, videos: int, interval: int) -> int:
    """Return after how many ended videos the checkpoint is to be written again.

    At first each time as many have ended again as before, so that a batch of many thousands shows early that it is
    going on; later each time a :data:`REWRITES`-th of the batch has ended. In small batches `interval` is more, and
    counts throughout.

    Parameters
    ----------
    ended
        How many had ended when it was last written.
    videos
        How many there are in all: each has a line in the file.
    interval
        The least number of videos between two.
    """
    part = -(-videos // REWRITES)
    return ended + max(interval, min(ended, part))


def write_failures(path: Path, videos: Iterable[Planned]) -> None:
    """Write which of the videos have failed and why, those of earlier runs that were not tried again included.

    Raises
    ------
    OutputError
        It cannot be written; the last one stands.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(FAILURE_COLUMNS)
    for video in videos:
        fault = video.outcome.fault
        if fault is not None:
            item = video.row.item
            file = readable(item.video.absolute() if item.absence is None else item.absence.written)
            table.writerow([file, video.row.name, fault.kind, fault.message, fault.hint, video.row.attempts])
    write_durably(path, text.getvalue().encode("utf-8", "backslashreplace"))


def _lines(entries: list[str]) -> str:
    return "".join(f"  {entry},\n" for entry in entries[:-1]) + "".join(f"  {entry}\n" for entry in entries[-1:])


def _entry(video: Planned) -> JsonObject:
    row, report, fault = video.row, video.outcome.report, video.outcome.fault
    entry = {"name": row.name, "place": row.place, **item_to_json(row.item), "key": row.key}
    entry |= {"fingerprint": row.fingerprint, "reason": row.reason}
    if row.stamp is not None:
        entry |= {"size": row.stamp.size, "mtime_ns": row.stamp.mtime_ns}
    if report is not None:
        entry |= {"folder": str(report.folder), "segments": len(report.segments), "duration": report.duration}
        entry |= {"seconds": row.seconds}
    if fault is not None:
        entry |= {"kind": fault.kind, "reason": fault.message, "hint": fault.hint}
        entry |= {"transient": fault.transient, "program": fault.program, "attempts": row.attempts}
    return entry
