"""Ctrl-C and signals, taken where they do no harm.

While a batch runs, a signal is only noted, so that no write is cut short. It ends the wait for a runner at once, also
of one that computes in this process. A second one changes nothing: what is left to do is done in seconds.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Whether somebody wants this process to stop.

    Attributes
    ----------
    requested
        So it is.
    """

    def __init__(self) -> None:
        self.requested = False
        self._waiting = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals for as long as the block lasts; those that are ignored (``nohup``) still are.

        Outside the main thread, which alone may take signals, this does nothing.
        """
        main = threading.current_thread() is threading.main_thread()
        taken = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN] if main else []
        before = {number: signal.signal(number, self._take) for number in taken}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a signal end the block.

        Raises
        ------
        KeyboardInterrupt
            There was one, now or before.
        """
        self._waiting = True
        try:
            if self.requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._waiting = False

    def _take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as `signal` calls it
        self.requested = True
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt
