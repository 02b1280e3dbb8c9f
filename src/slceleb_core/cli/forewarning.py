"""What is said before a long night, as long as somebody is there to read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from slceleb_core.batch.planning import Planned
from slceleb_core.cli.console import tell
from slceleb_core.disk.output import EARLIER, statement_of
from slceleb_core.jobs import BatchJob
from slceleb_core.pages.wording import counted


def forewarn(planned: Sequence[Planned], job: BatchJob) -> None:
    """Say what the user may not have meant of what is about to be done."""
    forewarn_of_names(planned, job)
    _tell_of_changes(planned)
    _tell_of_redo(planned, job)
    _forewarn_of_absences(planned)


def forewarn_of_names(planned: Sequence[Planned], job: BatchJob) -> None:
    """Say that results with names of persons are about to be replaced by results without any."""
    if job.poi_dir is not None:
        return
    named = sum(_have_names(job.output_dir / video.order.name) for video in _pending(planned))
    if named:
        results = "the results of 1 video were" if named == 1 else f"the results of {named:,} videos were"
        tell(
            "warning",
            f"{results} made with photos; without --poi-dir this run replaces them by results without names",
            f"add --poi-dir DIR; those that are replaced go to {job.output_dir / EARLIER}",
        )


def _tell_of_changes(planned: Sequence[Planned]) -> None:
    """Say which plugins are others than those that made the results that stand: nobody asked for these to be redone."""
    changed = Counter(change for video in _pending(planned) for change in video.changes)
    for what, count in changed.items():
        tell("note", f"{what}: {counted(count, 'video')} {'is' if count == 1 else 'are'} done again")


def _tell_of_redo(planned: Sequence[Planned], job: BatchJob) -> None:
    """Say how much is made anew that stands: of a redo that goes on, what was left."""
    again = sum(_stands(job.output_dir / video.order.name) for video in _pending(planned))
    if job.redo is not None and again:
        amount = f"{counted(again, 'video')} {'is' if again == 1 else 'are'} done again"
        tell("note", f"{job.redo}: {amount}; what is replaced goes to {job.output_dir / EARLIER}")


def _stands(folder: Path) -> bool:
    return bool(statement_of(folder))


def _forewarn_of_absences(planned: Sequence[Planned]) -> None:
    """Say that files are not there; each fails when its turn comes."""
    pending = _pending(planned)
    absences = [video.order.item.absence for video in pending if video.order.item.absence is not None]
    if len(pending) > 1 and absences:
        amount = f"{len(absences):,} of {counted(len(pending), 'video')} cannot be found"
        tell("warning", f"{amount}; the first: {absences[0].message}", "--dry-run lists them all")


def _pending(planned: Sequence[Planned]) -> list[Planned]:
    return [video for video in planned if video.outcome.status == "pending"]


def _have_names(folder: Path) -> bool:
    """Tell whether results that stand were made with photos."""
    try:
        return bool(statement_of(folder)["report"]["provenance"]["gallery"])
    except (KeyError, TypeError):
        return False
