"""What plays the coordinator for a runner: hands over orders, and keeps what is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from slceleb_core.jobs import Began, Event, Finished, Lost, Order, Report
from slceleb_core.runners import Runner

PATIENCE = 60.0
"""Seconds after which something that ought to happen is taken for something that does not."""

GOING = 5.0
"""Seconds that a process has for being gone after it was stopped."""


class Play:
    """A runner at work, and all that it has told.

    Parameters
    ----------
    runner
        Open, and begun.
    patience
        Seconds to wait for anything.

    Attributes
    ----------
    events
        All so far, in order.
    """

    def __init__(self, runner: Runner, patience: float = PATIENCE) -> None:
        self.runner = runner
        self.patience = patience
        self.events: list[Event] = []
        self._given: set[str] = set()

    def submit(self, *orders: Order) -> None:
        """Hand over orders, each as soon as there is a slot."""
        for order in orders:
            self.until(lambda: self._open < self.runner.slots, f"a slot for {order.name}")
            self._given.add(order.name)
            self.runner.submit(order)

    def until(self, reached: Callable[[], object], what: str) -> None:
        """Collect events until `reached`."""
        end = time.monotonic() + self.patience
        while not reached():
            assert time.monotonic() < end, f"{what}: not within {self.patience:g} s; what has happened: {self.events}"
            self.events += self.runner.wait(0.1)

    def finish(self) -> None:
        """Collect events until every order has ended."""
        self.until(lambda: not self._open, "the end of every order")

    def begun(self, order: Order) -> bool:
        """Tell whether somebody works on an order."""
        return any(isinstance(event, Began) and event.name == order.name for event in self.events)

    def ends(self) -> dict[str, Finished | Lost]:
        """Return how each order ended, those that have."""
        return {name_of(event): event for event in self.events if isinstance(event, (Finished, Lost))}

    def report(self, order: Order) -> Report:
        """Return what became of an order that was carried out."""
        end = self.ends()[order.name]
        assert isinstance(end, Finished), f"{order.name}: {end}"
        return end.report

    @property
    def _open(self) -> int:
        return len(self._given - set(self.ends()))


def name_of(event: Event) -> str:
    """Return the name of the order that an event is about; empty for none."""
    return event.report.name if isinstance(event, Finished) else event.name


def gone(process: int | None) -> bool:
    """Tell whether a process has ended, or does within a few seconds."""
    assert process is not None
    return eventually(lambda: not _runs(process), GOING)


def eventually(reached: Callable[[], bool], seconds: float) -> bool:
    """Wait until `reached`, for up to `seconds`, and tell whether it is."""
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:
        time.sleep(0.01)
    return reached()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    """Tell whether a process has ended and only waits for its parent to take note, where the system tells."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
