"""One worker process of the pool, as its parent sees it."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing.connection
import os
import signal
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from slceleb_core.batch import worker_main
from slceleb_core.batch.standard_streams import occupy
from slceleb_core.jobs import BatchJob, Began, Event, Finished, Logged, Lost, Order

LAST_WORDS = 100
"""Lines of native output that are kept for the case that they are the last."""

LONGEST_LINE = 65_536
"""Bytes after which a line that does not end is taken as it is."""

AT_ONCE = 1000
"""Messages taken at a time: the other workers have something to say too."""

A_MOMENT = 1.0
"""Seconds that a process has for saying where it hangs before it is killed, and for ending when it has hung up."""

SILENCE = 0.1
"""Seconds after which a process that is to be killed has said all: a traceback is written piece by piece."""


class WorkerProcess:
    """A process that carries out one order at a time.

    Its messages come through a pipe that nobody else writes to, so whatever happens to it, others are not held up. What
    native libraries write to its standard output and error comes through a second one.

    Parameters
    ----------
    number
        Which worker of the pool it is, for people.
    job
        What it works on.
    level
        Least severe log record that it is to send.

    Raises
    ------
    OSError
        The system cannot start a process now.
    """

    def __init__(self, number: int, job: BatchJob, level: str) -> None:
        occupy()  # else a pipe may get the number of a stream that was closed, and the worker would write into it
        spawn = multiprocessing.get_context("spawn")
        self._pipe, orders = spawn.Pipe()
        self._lines, lines = spawn.Pipe(duplex=False)
        os.set_blocking(self._lines.fileno(), False)
        arguments = (job, level, orders, lines)
        self._process = spawn.Process(target=worker_main.main, args=arguments, name=f"slceleb-{number}", daemon=True)
        with orders, lines, _interrupts_held_back():
            self._process.start()
        self._pid: int = self._process.pid or 0
        self.threads = job.threads
        self.where = f"worker {number} (pid {self._pid})"
        self.order: Order | None = None
        self._debug = logging.getLevelName(level) <= logging.DEBUG
        self._sources: list[Any] = [self._process.sentinel, self._pipe, self._lines]
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._unfinished = b""
        self._heard: list[Event] = []
        self._killed_because = ""
        self._doomed = False
        self.gone = False

    @property
    def sources(self) -> list[Any]:
        """What becomes readable when there is something to collect, for ``multiprocessing.connection.wait``."""
        return self._sources

    @property
    def idle(self) -> bool:
        """Whether it can be given an order."""
        return self.order is None and not self._doomed

    def give(self, order: Order) -> Began:
        """Hand over an order to a worker that has none.

        Raises
        ------
        OSError
            It is gone, and has not seen the order.
        """
        self._pipe.send(order)
        self.order = order
        self._words.clear()
        return Began(order.name, self.where)

    def collect(self) -> list[Event]:
        """Return what it has told since the last time; when it is gone, that its order is lost."""
        dead = self._process.exitcode is not None  # asked first: whatever it has told is in the pipes then
        events: list[Event] = [*self._heard, *self._native(), *self._messages()]
        self._heard.clear()
        if dead and not self.gone:
            events += self._end()
        return events

    def kill(self, reason: str) -> None:
        """Kill it, for a reason that its order is to be given; if it can, it says first what it is doing."""
        self._killed_because = reason
        self._doomed = True
        if self._process.is_alive():  # also: its number has not gone to another process
            os.kill(self._pid, signal.SIGUSR1)
            self._hear_out()
        self._process.kill()

    def _hear_out(self) -> None:
        """Take in what it says of what it is doing, which comes in pieces, until it falls silent."""
        end, patience = time.monotonic() + A_MOMENT, A_MOMENT
        while self._lines in self._sources and time.monotonic() < end:
            if not multiprocessing.connection.wait([self._lines], patience):
                return
            self._heard.extend(self._native())
            patience = SILENCE

    def stop(self) -> None:
        """Kill it at once."""
        self._doomed = True
        self._process.kill()

    def let_go(self, seconds: float) -> None:
        """Wait for its end for up to `seconds`, and close what is left of it."""
        self._process.join(seconds)
        self._pipe.close()
        self._lines.close()
        if self._process.exitcode is not None:
            self._process.close()

    def _messages(self) -> Iterator[Event]:
        for _ in range(AT_ONCE):
            try:
                if self._pipe not in self._sources or not self._pipe.poll():
                    return
                event: Event = self._pipe.recv()
            except (EOFError, OSError):  # its end is closed
                self._hang_up()
                return
            if isinstance(event, Finished):
                self.order = None
            yield event

    def _hang_up(self) -> None:
        """See to the end of a process that has closed its pipe, which is what happens when one ends."""
        self._sources.remove(self._pipe)
        self._doomed = True
        self._process.join(A_MOMENT)
        if self._process.is_alive():
            self._killed_because = "does not answer any more"
            self._process.kill()

    def _native(self) -> Iterator[Event]:
        for line in self._read_lines():
            self._words.append(line)
            if self._debug:
                yield Logged(self._order_name, logging.DEBUG, worker_main.__name__, line)

    def _read_lines(self) -> Iterator[str]:
        if self._lines not in self._sources:
            return
        try:
            content = os.read(self._lines.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return
        if not content:
            self._sources.remove(self._lines)
        *lines, self._unfinished = (self._unfinished + content).split(b"\n")
        if self._unfinished and (not content or len(self._unfinished) >= LONGEST_LINE):
            lines.append(self._unfinished)
            self._unfinished = b""
        for line in lines:
            yield line.decode(errors="backslashreplace").rstrip()

    def _end(self) -> list[Event]:
        self.gone = self._doomed = True
        reason = self._killed_because or ending(self._process.exitcode)
        if self.order is None:
            return []
        name = self.order.name
        words = "\n".join([*self._words, self._unfinished.decode(errors="backslashreplace")]).strip()
        said = Logged(name, logging.WARNING, __name__, f"{self.where}, {name}: {reason}", trace=words)
        return [*([said] if words else []), Lost(name, reason)]

    @property
    def _order_name(self) -> str:
        return "" if self.order is None else self.order.name


def ending(exit_code: int | None) -> str:
    """Return in a few words how a process ended that should not have.

    Parameters
    ----------
    exit_code
        As of ``multiprocessing.Process``: below 0 where a signal killed it.
    """
    if exit_code is None or exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:  # real-time signals have no name
        name = "unnamed"
    guess = ": probably out of memory" if -exit_code == signal.SIGKILL else ""
    return f"killed by signal {-exit_code} ({name}){guess}"


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep Ctrl-C from a process that is being started, until it has said that it ignores it; it is not lost here."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
