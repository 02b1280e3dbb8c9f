"""What workers and faults have to say, as log records of this process."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import ParamSpec

from slceleb_core.batch.outcomes import Outcome, Watcher
from slceleb_core.errors import SlcelebError
from slceleb_core.jobs import Event, Fault, Logged

log = logging.getLogger(__name__)

P = ParamSpec("P")


OF_PHOTOS = "slceleb_core.perception.photos"
"""Loggers from here on down tell of photos, which are the same for all videos, and of which every worker tells."""


class WorkerLogs:
    """Logs what workers have logged, with the name of their video; tracebacks reach log files only."""

    def __init__(self) -> None:
        self._of_photos: set[str] = set()

    def __call__(self, said: Logged) -> None:
        """Log it; what is said of photos once only, and of no video."""
        if said.logger.startswith(OF_PHOTOS):
            if said.message in self._of_photos:
                return
            self._of_photos.add(said.message)
        message = said.message if said.logger.startswith(OF_PHOTOS) else _about(said.name, said.message)
        _log(logging.getLogger(said.logger), said.level, message, said.hint, said.trace)


def log_fault(name: str, fault: Fault) -> None:
    """Log that a video has failed."""
    _log(log, logging.ERROR, _about(name, fault.message), fault.hint, fault.trace)


def log_retry(name: str, fault: Fault) -> None:
    """Log that a video is to be tried again, and why."""
    _log(log, logging.WARNING, f"{_about(name, fault.message)}; it is tried again", "", fault.trace)


def _about(name: str, message: str) -> str:
    """Return a message with the name that it is about, unless it says that itself."""
    said = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", message)
    return message if said else f"{name}: {message}"


def _log(logger: logging.Logger, level: int, message: str, hint: str, trace: str) -> None:
    if logger.isEnabledFor(level):
        record = logger.makeRecord(logger.name, level, "batch", 0, "%s", (message,), None, extra={"hint": hint})
        record.exc_text = trace or None  # what only formatters of files show
        logger.handle(record)


class SafeWatcher:
    """A watcher that can fail without harm: it is then told nothing more. What it cannot help is a full disk.

    Parameters
    ----------
    watcher
        The one that is told.
    """

    def __init__(self, watcher: Watcher) -> None:
        self._watcher: Watcher | None = watcher

    def planned(self, outcomes: Sequence[Outcome]) -> None:
        """Pass it on."""
        if self._watcher is not None:
            self._tell(self._watcher.planned, outcomes)

    def happened(self, event: Event) -> None:
        """Pass it on."""
        if self._watcher is not None:
            self._tell(self._watcher.happened, event)

    def ended(self, outcome: Outcome) -> None:
        """Pass it on."""
        if self._watcher is not None:
            self._tell(self._watcher.ended, outcome)

    def tick(self) -> None:
        """Pass it on."""
        if self._watcher is not None:
            self._tell(self._watcher.tick)

    def _tell(self, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            call(*args, **kwargs)
        except (OSError, SlcelebError) as error:
            self._watcher = None
            log.warning("progress is no longer shown: %s", error)
