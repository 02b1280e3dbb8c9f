"""Videos one after the other: one that fails is said, and the others go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from slceleb_core import logs
from slceleb_core.cli.options import DONE, FAILED, INTERRUPTED
from slceleb_core.errors import SlcelebError, UsageError

if TYPE_CHECKING:
    from slceleb_core.cli.progress import Watcher
    from slceleb_core.pipeline import Processed
    from slceleb_core.run import Observer

log = logging.getLogger(__name__)

Status: TypeAlias = Literal["done", "failed", "interrupted", "not begun"]
Process: TypeAlias = "Callable[[Path, Observer | None], Processed]"
"""Processes one video and writes its results."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one video.

    Attributes
    ----------
    video
        The file.
    status
        In a word or two.
    processed
        Its results; None unless it is done.
    error
        Why it failed; None unless it did.
    """

    video: Path
    status: Status
    processed: Processed | None = None
    error: SlcelebError | None = None


def each_once(videos: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return the videos without repetition, and those that repeat an earlier one (also by way of a link)."""
    seen: dict[Path, Path] = {}
    repeated = [video for video in videos if seen.setdefault(video.resolve(), video) is not video]
    return list(seen.values()), repeated


def process_all(videos: Sequence[Path], process: Process, watcher: Watcher, log_file: Path) -> list[Outcome]:
    """Return what became of each video, in order.

    Parameters
    ----------
    videos
        The files.
    process
        Does the work.
    watcher
        Told of progress.
    log_file
        Where a user is told to find a traceback.

    Raises
    ------
    UsageError
        What is wrong is so for every video.
    """
    outcomes: list[Outcome] = []
    for number, video in enumerate(videos, start=1):
        outcomes.append(_one(video, process, watcher.begin(number, len(videos), video), log_file))
        if outcomes[-1].status == "interrupted":
            return outcomes + [Outcome(left, "not begun") for left in videos[number:]]
    return outcomes


def _one(video: Path, process: Process, observer: Observer | None, log_file: Path) -> Outcome:
    try:
        return Outcome(video, "done", process(video, observer))
    except KeyboardInterrupt:
        return Outcome(video, "interrupted")
    except UsageError:
        raise
    except SlcelebError as error:
        logs.report(log, error)
        return Outcome(video, "failed", error=error)
    except Exception as error:
        message = f"unexpected error in {video}: {one_line(error)}; the traceback is in the log {log_file}"
        log.exception("%s", message)
        return Outcome(video, "failed", error=SlcelebError(message))


def one_line(error: BaseException) -> str:
    """Return an exception's type and text in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """Return the exit code of a run."""
    statuses = {outcome.status for outcome in outcomes}
    if "interrupted" in statuses:
        return INTERRUPTED
    return FAILED if "failed" in statuses else DONE
