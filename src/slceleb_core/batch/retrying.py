"""How patient a batch is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a video is tried again, and when it is given up.

    Attributes
    ----------
    retries
        Attempts after the first, where another might go well: a worker that died, a read error of a network folder.
    timeout
        Seconds that one attempt may take; None: as long as there are signs of life.
    stall
        Seconds without a sign of life after which an attempt is given up.
    checkpoint_interval
        Write the checkpoint each time so many videos have ended, and less often in large batches
        (``checkpoint.next_write``).
    pause
        Seconds before the second attempt after a transient error; twice as long before each further one.
    """

    retries: int = 2
    timeout: float | None = None
    stall: float = 600.0
    checkpoint_interval: int = 10
    pause: float = 5.0

    def pause_after(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt, the first being 1, that has met a transient error."""
        return min(self.pause * 2.0 ** (attempt - 1), LONGEST_PAUSE)


LONGEST_PAUSE = 600.0
"""Seconds; what has not come back by then may as well be asked again."""


class Clock(Protocol):
    """What a batch measures time with."""

    def now(self) -> float:
        """Return seconds that only ever grow."""

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)
