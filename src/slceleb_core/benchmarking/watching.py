"""A process, watched from outside: how long it takes, what of the processors, how much memory."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

GRACE = 10.0
"""Seconds that a process has to clean up after itself when it is stopped."""

KILOBYTE = 1 if sys.platform == "darwin" else 1024
"""Bytes that ``ru_maxrss`` counts in: getrusage(2)."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A process that has ended.

    Attributes
    ----------
    code
        Its exit code; negative: the signal that ended it.
    wall, cpu
        Seconds by the clock, and of all processors, its children's included.
    peak
        Bytes of memory at most, as the kernel counts for the largest process, or as seen for all together.
    samples
        Seconds since the start, and bytes of memory of the process and its children then.
    said
        What it wrote to standard output and to standard error.
    """

    code: int
    wall: float
    cpu: float
    peak: int
    samples: tuple[tuple[float, int], ...]
    said: str


def watch(command: Sequence[str], environment: Mapping[str, str], log: Path, every: float) -> Watched:
    """Run a command to its end.

    Parameters
    ----------
    command, environment
        What to run.
    log
        A file for what it says.
    every
        Seconds from one look at its memory to the next.
    """
    with log.open("wb") as said:
        begin = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the user names what is run
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            with _Sampling(process.pid, begin, every) as sampling:
                _, status, used = os.wait4(process.pid, 0)
                wall = time.perf_counter() - begin
                process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            stop(process)
    peak = max([used.ru_maxrss * KILOBYTE, *(size for _, size in sampling.samples)])
    text = log.read_text(encoding="utf-8", errors="replace")
    return Watched(process.returncode, wall, used.ru_utime + used.ru_stime, peak, tuple(sampling.samples), text)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs: politely, so that it takes its own things away, and then in any case."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Sampling:
    """Looks at the memory of a process and its children while the block lasts.

    Parameters
    ----------
    pid
        The process.
    begin
        When it began, on the clock of ``time.perf_counter``.
    every
        Seconds between two looks.
    """

    def __init__(self, pid: int, begin: float, every: float) -> None:
        self.samples: list[tuple[float, int]] = []
        self._pid, self._begin, self._every = pid, begin, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Sampling:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with contextlib.suppress(psutil.Error):  # it has ended
            process = psutil.Process(self._pid)
            while not self._over.wait(self._every):
                size = sum(_resident(member) for member in (process, *process.children(recursive=True)))
                self.samples.append((round(time.perf_counter() - self._begin, 2), size))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it ended since it was listed
        return 0
