"""What ``--dry-run`` says: what would be done, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from slceleb_core.batch.outcomes import Outcome
from slceleb_core.batch.planning import Planned
from slceleb_core.cli.console import label, out, row, say, show_table, table

WORDS = {"pending": "done now", "done": "left as it is"}
"""Statuses in the words of somebody who looks ahead."""


def show_preview(planned: Sequence[Planned]) -> None:
    """Print every video, what would become of it, and why; then how many there are of each."""
    made = table("video", "results folder", "would be", "why")
    for one in planned:
        outcome = one.outcome
        row(made, outcome.item.video, outcome.name, label(_word(outcome)), outcome.reason)
    show_table(made)
    counts = Counter(_word(one.outcome) for one in planned)
    say(out, "; ".join(f"{word}: {count}" for word, count in counts.items()) + "; nothing was done")


def preview_json(planned: Sequence[Planned]) -> dict[str, Any]:
    """Return the same, JSON-ready."""
    return {"dry_run": True, "videos": [_json(one.outcome) for one in planned]}


def _json(outcome: Outcome) -> dict[str, Any]:
    return {
        "video": str(outcome.item.video),
        "name": outcome.name,
        "start": outcome.item.start,
        "end": outcome.item.end,
        "status": outcome.status,
        "reason": outcome.reason,
    }


def _word(outcome: Outcome) -> str:
    return WORDS.get(outcome.status, outcome.status)
