"""Log records: shown to the user one line each, and kept, with their tracebacks, in a file.

Every record may carry a ``hint``: what to do about it. A file is made when the first record is written to it, and not
before. It is added to by later runs, and moved aside when it has grown large.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from slceleb_core.errors import SlcelebError

FILE_NAME = "slceleb.log"
"""What a log file is called."""

LARGEST = 10_000_000
"""Bytes of a log file at most."""

EARLIER = 4
"""Full log files that are kept beside the one that is written to."""

OWN = "slceleb"
"""What the names of the loggers of the core and of its plugins begin with."""

UNHEARD = frozenset({"matplotlib"})
"""Whose warnings are left out: MediaPipe imports it, nobody draws with it, and it complains of a home without room."""

Show = Callable[[str, str, str], None]
"""Takes a level in small letters, a message and a hint, which may be empty."""


class LineHandler(logging.Handler):
    """Hands over records without their tracebacks.

    Parameters
    ----------
    show
        Told of each record.
    """

    def __init__(self, show: Show) -> None:
        super().__init__()
        self.show = show

    def emit(self, record: logging.LogRecord) -> None:
        """Show the record."""
        self.show(record.levelname.lower(), record.getMessage(), _hint(record))


class LogFile(RotatingFileHandler):
    """Keeps records in a file, and some earlier ones beside it. What cannot be written is said once, and stops nothing.

    A file that would grow beyond :data:`LARGEST` becomes ``slceleb.log.1``, the one of that name ``.2``, and so on; the
    last one goes. Only one process may write to it.

    Parameters
    ----------
    path
        The file; its folder exists.
    show
        Told where the file cannot be written.
    """

    def __init__(self, path: Path, show: Show) -> None:
        super().__init__(
            path,
            maxBytes=LARGEST,
            backupCount=EARLIER,
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )
        self.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self.path = path
        self.show = show
        self.failed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        try:
            super().emit(record)
        except OSError as error:  # the file is opened here
            self._complain(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the base class's signature
        """Say why a record could not be written."""
        self._complain(sys.exc_info()[1])

    def close(self) -> None:
        """Close the file."""
        try:
            super().close()
        except OSError as error:  # what is left in the buffer is written here
            self._complain(error)

    def _complain(self, error: BaseException | None) -> None:
        if not self.failed:
            self.failed = True
            self.show("warning", f"cannot write the log {self.path}: {error}", "")


class _Formatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        hint = _hint(record)
        return super().formatMessage(record) + (f" ({hint})" if hint else "")


def _hint(record: logging.LogRecord) -> str:
    return str(getattr(record, "hint", ""))


def _wanted(record: logging.LogRecord) -> bool:
    """Tell whether a record is ours, or a warning of somebody else's."""
    if record.name.partition(".")[0] in UNHEARD:
        return record.levelno >= logging.ERROR
    return record.name.startswith(OWN) or record.levelno >= logging.WARNING


@contextmanager
def attached(handler: logging.Handler, level: str) -> Iterator[None]:
    """Give a handler the records of this level and above, for as long as the block lasts; then close it."""
    root = logging.getLogger()
    before = root.level
    handler.setLevel(level)
    handler.addFilter(_wanted)
    root.addHandler(handler)
    root.setLevel(min(before, handler.level))
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()


def report(logger: logging.Logger, error: SlcelebError) -> None:
    """Log an error that the user can mend."""
    logger.error("%s", error.message, extra={"hint": error.hint})
