"""The runner that works in this process, one order after another: for debuggers, profilers and tests."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING

from slceleb_core.jobs import BatchJob, Began, Event, Finished, Lost, Order
from slceleb_core.runners import Crew, Runner
from slceleb_core.stages import StageConfig, StageContext

if TYPE_CHECKING:
    from slceleb_core.batch.worker import Worker


class InlineConfig(StageConfig):
    """Options of :class:`InlineRunner`: it has none."""


class InlineRunner(Runner):
    """Carries out orders in this process, whatever number of workers is asked for.

    There is no help against what hangs or crashes: an order that is under way cannot be cancelled, and a crash ends
    everything. Log records go where this process's go, and do not come as events.
    """

    name = "inline"
    Config = InlineConfig
    isolated = False

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._worker: Worker | None = None
        self._waiting: deque[Order] = deque()
        self._events: list[Event] = []

    def crew(self, videos: int) -> Crew:  # noqa: ARG002 - the contract's signature
        """Return one: this process."""
        return Crew(1, "this process")

    def begin(self, job: BatchJob, workers: int) -> None:  # noqa: ARG002 - the contract's signature
        """Take note of the job."""
        from slceleb_core.batch.worker import Worker

        self._worker = Worker(job)

    @property
    def slots(self) -> int:
        """One order, and one that waits and can still be cancelled."""
        return 2

    def submit(self, order: Order) -> None:
        """Keep the order for the next `wait`."""
        self._waiting.append(order)

    def wait(self, seconds: float) -> list[Event]:
        """Carry out one order, however long it takes, and return its events."""
        if self._waiting and self._worker is not None:
            order = self._waiting.popleft()
            self._events.append(Began(order.name, f"this process (pid {os.getpid()})"))
            self._events.append(Finished(self._worker.process(order, self._events.append)))
        elif not self._events:
            time.sleep(seconds)
        events, self._events = self._events, []
        return events

    def cancel(self, name: str) -> None:
        """Drop an order that waits."""
        for order in [order for order in self._waiting if order.name == name]:
            self._waiting.remove(order)
            self._events.append(Lost(name, "cancelled"))

    def close(self) -> None:
        """Close the pipeline."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
        self._waiting.clear()
        self._events.clear()
