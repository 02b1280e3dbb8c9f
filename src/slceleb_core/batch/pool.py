"""The runner of one machine: a process a worker, so that a crash costs one video."""

from __future__ import annotations

import multiprocessing.connection
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from slceleb_core.batch.crews import crew_of_this_machine, shares
from slceleb_core.batch.limits import usable_processors
from slceleb_core.batch.log_forwarding import wanted_level
from slceleb_core.jobs import BatchJob, Event, Lost, Order
from slceleb_core.runners import Crew, Runner
from slceleb_core.stages import StageConfig, StageContext

if TYPE_CHECKING:
    from slceleb_core.batch.worker_process import WorkerProcess

CANCELLED = "cancelled"

GOING = 2.0
"""Seconds that killed processes are given to be gone; a process that waits for a dead network disk takes longer."""


class PoolConfig(StageConfig):
    """Options of :class:`PoolRunner`: it has none."""


class PoolRunner(Runner):
    """Carries out orders in processes of this machine.

    A process is started when there is an order for it, and works on one order after another. Orders that wait are kept
    here, so a process that dies takes only the one that it was working on. Processes end with the thread that uses the
    runner, however that ends.
    """

    name = "pool"
    Config = PoolConfig

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._job: BatchJob | None = None
        self._size = 0
        self._level = "WARNING"
        self._workers: list[WorkerProcess] = []
        self._free: list[int | None] = []
        self._waiting: deque[Order] = deque()
        self._events: list[Event] = []
        self._numbers = 0

    def crew(self, videos: int) -> Crew:
        """Return how many workers this machine has room for."""
        return crew_of_this_machine(videos, self.context.device)

    def begin(self, job: BatchJob, workers: int) -> None:
        """Take note of the job; several workers share the processors out among themselves."""
        self._job, self._size = job, max(workers, 1)
        alike = job.threads is not None or self._size == 1
        self._free = [job.threads] * self._size if alike else list(shares(usable_processors(), self._size))
        self._level = wanted_level()

    @property
    def slots(self) -> int:
        """One order under way and one waiting for each worker."""
        return 2 * self._size

    def submit(self, order: Order) -> None:
        """Give the order to a worker that is idle, or keep it until one is."""
        self._waiting.append(order)
        self._hand_out()

    def wait(self, seconds: float) -> list[Event]:
        """Return what has happened."""
        if not self._workers and not self._events:
            time.sleep(seconds)
        sources = [source for worker in self._workers for source in worker.sources]
        ready = set(multiprocessing.connection.wait(sources, 0 if self._events else seconds))
        for worker in self._workers:
            if not ready.isdisjoint(worker.sources):
                self._events += worker.collect()
        self._part_with([worker for worker in self._workers if worker.gone])
        self._hand_out()
        events, self._events = self._events, []
        return events

    def cancel(self, name: str) -> None:
        """Drop an order that waits; kill the worker of one that is under way."""
        for order in [order for order in self._waiting if order.name == name]:
            self._waiting.remove(order)
            self._events.append(Lost(name, CANCELLED))
        for worker in self._workers:
            if worker.order is not None and worker.order.name == name:
                worker.kill(CANCELLED)

    def close(self) -> None:
        """Kill all workers, whatever they are at."""
        for worker in self._workers:
            worker.stop()
        self._part_with(list(self._workers))
        self._waiting.clear()
        self._events.clear()

    def _hand_out(self) -> None:
        """Give waiting orders to idle workers, as long as there are both."""
        while self._waiting:
            order = self._waiting.popleft()
            try:
                worker = self._idle()
            except OSError as error:
                self._events.append(Lost(order.name, f"no worker could be started: {error.strerror or error}"))
                continue
            if worker is None:
                self._waiting.appendleft(order)
                return
            self._give(worker, order)

    def _give(self, worker: WorkerProcess, order: Order) -> None:
        try:
            self._events.append(worker.give(order))
        except OSError:  # it has died while it was idle: somebody else takes the order
            self._waiting.appendleft(order)
            worker.stop()
            self._part_with([worker])

    def _idle(self) -> WorkerProcess | None:
        """Return a worker without an order, a new one where there is room for it; None where all are busy."""
        idle = next((worker for worker in self._workers if worker.idle), None)
        if idle is None and len(self._workers) < self._size and self._job is not None:
            from slceleb_core.batch.worker_process import WorkerProcess

            self._numbers += 1
            idle = WorkerProcess(self._numbers, replace(self._job, threads=self._free[0]), self._level)
            self._free.pop(0)  # when it has been started
            self._workers.append(idle)
        return idle

    def _part_with(self, workers: list[WorkerProcess]) -> None:
        """Let go of workers that have ended or been killed."""
        end = time.monotonic() + GOING
        for worker in workers:
            worker.let_go(max(end - time.monotonic(), 0.0))
            self._workers.remove(worker)
            self._free.append(worker.threads)
