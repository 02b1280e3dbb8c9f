"""What ``--dry-run`` says: what would be done, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slceleb_core.batch.outcomes import Outcome
from slceleb_core.batch.path_spelling import is_missing
from slceleb_core.batch.planning import Planned
from slceleb_core.cli.console import label, out, row, say, show_table, table
from slceleb_core.disk.fingerprint import check_file
from slceleb_core.errors import VideoError
from slceleb_core.jobs import Absence
from slceleb_core.runners import Crew

WORDS = {"pending": "done now", "done": "left as it is"}
"""Statuses in the words of somebody who looks ahead."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a video.

    Attributes
    ----------
    outcome
        How it stands.
    status
        Its status; that of a file that cannot be read is ``missing`` or ``unreadable``.
    reason
        Why, in a line.
    """

    outcome: Outcome
    status: str
    reason: str

    @property
    def fails(self) -> bool:
        """Whether a run would list it among the failures."""
        return self.status in ("missing", "unreadable", "failed")


def foresee(planned: Sequence[Planned]) -> list[Foreseen]:
    """Return what would become of every video. Those that are to be done are looked at, but not opened."""
    return [_foreseen(video.outcome) for video in planned]


def _foreseen(outcome: Outcome) -> Foreseen:
    if outcome.status != "pending":
        return Foreseen(outcome, outcome.status, outcome.reason)
    for video, absence in outcome.item.absences():
        if is_missing(video):
            return Foreseen(outcome, "missing", "no such file" if absence is None else _why(absence))
        try:
            check_file(video)
        except VideoError as error:
            return Foreseen(outcome, "unreadable", error.message)
    return Foreseen(outcome, outcome.status, outcome.reason)


def _why(absence: Absence) -> str:
    """Return why a file is missing, and what to do where that is not plain."""
    return f"{absence.message}: {absence.hint}"


def show_preview(foreseen: Sequence[Foreseen], crew: Crew) -> None:
    """Print every video, what would become of it, and why; then by how many workers, and how many there are of each."""
    made = table("video", "results folder", "would be", "why")
    for video in foreseen:
        row(made, _called(video.outcome), video.outcome.name, label(_word(video)), video.reason)
    show_table(made)
    say(out, f"workers: {crew}")
    counts = Counter(map(_word, foreseen))
    say(out, "; ".join(f"{word}: {count}" for word, count in counts.items()) + "; nothing was done")


def preview_json(foreseen: Sequence[Foreseen], crew: Crew) -> dict[str, Any]:
    """Return the same, JSON-ready."""
    return {"dry_run": True, "workers": asdict(crew), "videos": [_json(video) for video in foreseen]}


def _json(foreseen: Foreseen) -> dict[str, Any]:
    outcome = foreseen.outcome
    return {
        "video": _called(outcome),
        "name": outcome.name,
        "start": outcome.item.start,
        "end": outcome.item.end,
        "status": foreseen.status,
        "reason": foreseen.reason,
    }


def _called(outcome: Outcome) -> str:
    """Return a video's path, or what was written in place of one."""
    item = outcome.item
    if item.cameras:
        return item.title
    return str(item.video) if item.absence is None else item.absence.written


def _word(foreseen: Foreseen) -> str:
    return WORDS.get(foreseen.status, foreseen.status)
