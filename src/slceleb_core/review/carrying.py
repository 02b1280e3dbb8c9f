"""What is done with the decisions of reviews at the end of a run that has decided videos anew: they come along."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.disk.output import earlier_results
from slceleb_core.registry import Registry
from slceleb_core.review.following import Followed
from slceleb_core.review.refreshing import refreshing
from slceleb_core.review.resuming import resume


def carry_decisions(output_dir: Path, registry: Registry | None = None) -> Followed:
    """Have decisions on earlier results of videos follow the stretches that are still the same, and carry them out.

    Rejected segments leave the corpus as when they were rejected. The same call again changes nothing, and goes on with
    one that was stopped in the middle; so do applying a review and judging voices.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock (``corpus.claiming.alone_in``).
    registry
        The plugins, whose sinks revise what they have written; None: all that are installed.

    Raises
    ------
    UsageError
        There is no such corpus.
    OutputError
        Something cannot be written.
    """
    if not earlier_results(output_dir):
        return Followed()
    return resume(output_dir, refreshing(registry), registry).followed
