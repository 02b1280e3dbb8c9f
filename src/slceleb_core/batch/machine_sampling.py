"""What the machine was busy with while a batch went on: processors, memory and GPUs, looked at every few seconds.

It sees this machine only, and of its processes this one and those that came from it. A sample that cannot be taken is
left out; nothing of it ever stops a batch.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

import psutil
from typing_extensions import Self

from slceleb_core.batch.gpus import Gpu, Gpus, GpuUse

log = logging.getLogger(__name__)

INTERVAL = 5.0
"""Seconds between two samples."""

CAPACITY = 720
"""Samples that are kept: an hour of single ones. When it is full, pairs are merged: each stands for twice as long."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The machine over a stretch of time.

    Attributes
    ----------
    seconds
        End of the stretch, since the sampling began.
    cpu
        Part of all processors that the batch used on average, 0..1.
    machine_cpu
        The same of everything on the machine.
    memory
        Greatest number of bytes that the batch held in memory; what two of its processes share counts for both.
    machine_memory
        The same of everything on the machine; shared memory counts once.
    gpus
        Of each GPU in order.
    """

    seconds: float
    cpu: float
    machine_cpu: float
    memory: int
    machine_memory: int
    gpus: tuple[GpuUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Everything sampled.

    Attributes
    ----------
    processors
        Logical processors of the machine.
    memory
        Bytes of memory of the machine.
    gpus
        The GPUs; empty where there is none, or the monitoring extra is not installed.
    samples
        In order.
    """

    processors: int
    memory: int
    gpus: tuple[Gpu, ...] = ()
    samples: tuple[Sample, ...] = ()


class Series:
    """Samples in bounded space: the longer it grows, the longer the stretch that each stands for.

    Parameters
    ----------
    capacity
        How many are kept at most; even.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._each = 1
        self._kept: list[Sample] = []
        self._waiting: list[Sample] = []

    def add(self, sample: Sample) -> None:
        """Take a sample."""
        self._waiting.append(sample)
        if len(self._waiting) < self._each:
            return
        self._kept.append(merged(self._waiting))
        self._waiting = []
        if len(self._kept) >= self._capacity:
            self._kept = [merged(self._kept[place : place + 2]) for place in range(0, len(self._kept), 2)]
            self._each *= 2

    def samples(self) -> tuple[Sample, ...]:
        """Return what is kept, in order."""
        rest = [merged(self._waiting)] if self._waiting else []
        return (*self._kept, *rest)


def merged(samples: Sequence[Sample]) -> Sample:
    """Return several samples as one: means of what is used up, peaks of what is held."""
    return Sample(
        samples[-1].seconds,
        sum(sample.cpu for sample in samples) / len(samples),
        sum(sample.machine_cpu for sample in samples) / len(samples),
        max(sample.memory for sample in samples),
        max(sample.machine_memory for sample in samples),
        tuple(GpuUse.merged(uses) for uses in zip(*(sample.gpus for sample in samples), strict=True)),
    )


class Family:
    """The process that runs and all that came from it, whatever becomes of them meanwhile."""

    def __init__(self) -> None:
        self._own = psutil.Process()
        self._spent: dict[psutil.Process, float] = {}
        self.look()

    def look(self) -> tuple[float, int]:
        """Return the processor seconds spent since the last look, and the bytes held now."""
        seconds, memory, spent = 0.0, 0, {}
        for process in self._alive():
            try:
                with process.oneshot():
                    times, held = process.cpu_times(), process.memory_info().rss
            except psutil.Error:  # it has ended since it was listed
                continue
            spent[process] = times.user + times.system
            seconds += max(spent[process] - self._spent.get(process, 0.0), 0.0)
            memory += held
        self._spent = spent
        return seconds, memory

    def _alive(self) -> list[psutil.Process]:
        try:
            return [self._own, *self._own.children(recursive=True)]
        except psutil.Error:  # a parent ended while its children were listed
            return [self._own]


class Sampler:
    """Samples the machine in a thread of its own, for as long as its block lasts.

    Parameters
    ----------
    interval
        Seconds between two samples.
    capacity
        How many are kept at most; even.
    """

    def __init__(self, interval: float = INTERVAL, capacity: int = CAPACITY) -> None:
        self._interval = interval
        self._series = Series(capacity)
        self._gpus = Gpus()
        self._family = Family()
        self._begin = self._last = time.monotonic()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="slceleb-sampling", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._gpus.close()

    def record(self) -> Record:
        """Return what has been sampled by now; also after the end."""
        return Record(psutil.cpu_count() or 1, psutil.virtual_memory().total, self._gpus.known, self._series.samples())

    def _work(self) -> None:
        """Sample until the end, and once more then, so that also a short batch has a sample."""
        psutil.cpu_percent()  # it measures from one call of a thread to the next, so this one only sets the mark
        try:
            while not self._ending.wait(self._interval):
                self._series.add(self._sample())
            self._series.add(self._sample())
        except (psutil.Error, OSError) as error:
            log.warning("the machine is not sampled any more: %s", error)

    def _sample(self) -> Sample:
        spent, memory = self._family.look()
        now = time.monotonic()
        past, self._last = max(now - self._last, 1e-3), now
        part = spent / past / (psutil.cpu_count() or 1)
        return Sample(
            seconds=now - self._begin,
            cpu=min(part, 1.0),
            machine_cpu=psutil.cpu_percent() / 100,
            memory=memory,
            machine_memory=_used(),
            gpus=self._gpus.look(),
        )


def _used() -> int:
    memory = psutil.virtual_memory()
    return int(memory.total - memory.available)
