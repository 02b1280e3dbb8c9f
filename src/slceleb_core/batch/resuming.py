"""Going on: what is remembered of an output folder, and what its last run was asked for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.batch.checkpoint import CHECKPOINT, Checkpoint, read_checkpoint
from slceleb_core.batch.journal import JOURNAL, Journal, LastRun
from slceleb_core.batch.planning import History
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Item, Redo
from slceleb_core.types import JsonValue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resumption:
    """What is needed to go on with a batch without being told again what it was.

    Attributes
    ----------
    output_dir
        Where its results go.
    options
        As they were given to the last run (``RunFacts.options``).
    profile
        Its profile, with every default written out.
    items
        Its videos, in order, with the names of their results folders.
    history
        What became of them.
    """

    output_dir: Path
    options: Mapping[str, JsonValue]
    profile: Mapping[str, JsonValue]
    items: tuple[tuple[str, Item], ...]
    history: History


def remembered(output_dir: Path) -> History:
    """Return what is known of an output folder: from its journal, or its checkpoint where it has none. Writes nothing.

    Raises
    ------
    UsageError
        The journal is damaged.
    """
    history = _journalled(output_dir)[0]
    if history.rows or not (output_dir / CHECKPOINT).exists():
        return history
    try:
        return _noted(read_checkpoint(output_dir / CHECKPOINT))
    except UsageError as error:
        log.warning("%s", error.message, extra={"hint": "results that stand will be compared with their files"})
        return history


def resumption(source: Path) -> Resumption:
    """Return how to go on with a batch. Where journal and checkpoint disagree, the journal is right.

    Parameters
    ----------
    source
        An output folder, or a checkpoint: the folder in which it lies, if that has a journal, or else the one that it
        names, is gone on with.

    Raises
    ------
    UsageError
        Nothing was begun there, or what remains of it cannot be read.
    """
    if not source.is_dir():
        checkpoint = read_checkpoint(source)
        beside = (source.parent / JOURNAL).exists()
        return _from_journal(source.parent if beside else Path(checkpoint.output_dir)) or _from_checkpoint(checkpoint)
    resumed = _from_journal(source)
    if resumed is not None:
        return resumed
    if not (source / CHECKPOINT).exists():
        raise UsageError(
            f"there is nothing to resume in {source}: neither {JOURNAL} nor {CHECKPOINT}",
            "name the output folder of an earlier run, or run without --resume",
        )
    return _from_checkpoint(read_checkpoint(source / CHECKPOINT), source)


def _journalled(output_dir: Path) -> tuple[History, LastRun | None]:
    path = output_dir / JOURNAL
    if not path.exists():
        return History(), None
    with Journal(path) as journal:
        return History(journal.rows(), journal.reports()), journal.last_run()


def _from_journal(output_dir: Path) -> Resumption | None:
    history, last = _journalled(output_dir)
    if last is None:
        return None
    rows = sorted((row for row in history.rows.values() if row.run == last.number), key=lambda row: row.place)
    return Resumption(output_dir, last.options, last.profile, tuple((row.name, row.item) for row in rows), history)


def redo_of(options: Mapping[str, JsonValue]) -> Redo | None:
    """Return what a run was asked to make anew, by the options that are written down of it."""
    asked = options.get("redo")
    return None if asked is None else Redo(**asked)


def unfinished_redo(output_dir: Path) -> Redo | None:
    """Return what the last run was to make anew, where it did not come to its end; None otherwise.

    Raises
    ------
    UsageError
        The journal is damaged.
    """
    last = _journalled(output_dir)[1]
    if last is not None:
        return None if last.ending == "finished" else redo_of(last.options)
    try:
        checkpoint = read_checkpoint(output_dir / CHECKPOINT)
    except UsageError:
        return None  # there is none, or it tells nothing
    return None if checkpoint.state == "finished" else redo_of(checkpoint.options)


def _from_checkpoint(checkpoint: Checkpoint, output_dir: Path | None = None) -> Resumption:
    items = tuple((entry.name, entry.item) for entry in checkpoint.entries())
    folder = output_dir or Path(checkpoint.output_dir)
    return Resumption(folder, checkpoint.options, checkpoint.profile, items, _noted(checkpoint))


def _noted(checkpoint: Checkpoint) -> History:
    """Return what a checkpoint remembers; the reports are with the results."""
    rows = [entry.row("done") for entry in checkpoint.completed_videos]
    rows += [entry.failed_row for entry in checkpoint.failed_videos]
    rows += [entry.row("pending") for entry in checkpoint.pending_videos]
    return History({row.name: row for row in rows})
