"""Judging a corpus by its voices, as ``slceleb corpus voices`` does: behind what reviewers have decided."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.corpus.voice_removal import Carried, carry_out
from slceleb_core.corpus.voices.hearing import Progress, unwatched
from slceleb_core.corpus.voices.limits import Limits
from slceleb_core.corpus.voices.weighing import Weighed, weigh
from slceleb_core.registry import Registry
from slceleb_core.review.refreshing import refreshing
from slceleb_core.review.resuming import resume
from slceleb_core.stages import BoundStage, StageContext


def judge_voices(
    output_dir: Path,
    bound: BoundStage,
    limits: Limits,
    registry: Registry,
    context: StageContext,
    progress: Progress = unwatched,
) -> tuple[Weighed, Carried]:
    """Take out of a corpus what its voices do not fit, and bring back what passes again.

    What a reviewer has decided goes before, and is carried out first where somebody was stopped. The same call again
    changes nothing, and goes on with one that was stopped in the middle.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    bound, limits, registry, context, progress
        As of :func:`slceleb_core.corpus.voices.weighing.weigh`.

    Returns
    -------
    tuple[Weighed, Carried]
        What was decided, and what came of it.

    Raises
    ------
    UsageError
        There is no such corpus.
    OutputError
        Something cannot be written.
    SlcelebError
        The stage cannot be opened.
    """
    refresh = refreshing(registry)
    resume(output_dir, refresh, registry)
    weighed = weigh(output_dir, bound, limits, registry, context, progress)
    return weighed, carry_out(weighed, refresh, registry)
