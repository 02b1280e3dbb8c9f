"""Log records on their way from a worker to whoever keeps the log."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slceleb_core.jobs import Logged
from slceleb_core.logs import attached


class Forwarder(logging.Handler):
    """Hands over records as events.

    Parameters
    ----------
    send
        Takes them; called from any thread, one at a time.

    Attributes
    ----------
    order
        Name of the order that is worked on; empty between orders.
    """

    def __init__(self, send: Callable[[Logged], None]) -> None:
        super().__init__()
        self.send = send
        self.order = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the record over."""
        self.send(logged(record, self.order))


def logged(record: logging.LogRecord, order: str) -> Logged:
    """Return a log record as an event of an order."""
    error = record.exc_info[1] if record.exc_info else None
    return Logged(
        order,
        record.levelno,
        record.name,
        record.getMessage(),
        str(getattr(record, "hint", "")),
        "" if error is None else "".join(traceback.format_exception(error)),
    )


def wanted_level() -> str:
    """Return the level from which on this process wants records at present, by a name that every process knows."""
    level = logging.getLogger().getEffectiveLevel()
    known = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    return logging.getLevelName(next((named for named in known if named <= level), logging.NOTSET))


@contextmanager
def forwarding(send: Callable[[Logged], None], level: str) -> Iterator[Forwarder]:
    """Send the records of this level and above, and Python's warnings, while the block lasts.

    Parameters
    ----------
    send
        Takes the events.
    level
        As of :func:`logs.attached`.
    """
    forwarder = Forwarder(send)
    logging.captureWarnings(capture=True)
    try:
        with attached(forwarder, level):
            yield forwarder
    finally:
        logging.captureWarnings(capture=False)
