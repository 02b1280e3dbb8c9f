"""What runs in a worker process of the pool. It must stay light: it is imported before anything is set up."""

from __future__ import annotations

import ctypes
import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slceleb_core.jobs import BatchJob, Event, Order

DIE_WITH_PARENT = 1
"""``PR_SET_PDEATHSIG`` of Linux's prctl(2)."""


class Post:
    """Sends events to the parent, one at a time, from any thread.

    Parameters
    ----------
    pipe
        Where to.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Send an event; where nobody listens any more, end the process."""
        try:
            with self._lock:
                self._pipe.send(event)
        except OSError:
            os._exit(1)


def main(job: BatchJob, level: str, pipe: Connection, lines: Connection) -> None:
    """Carry out the orders that come through the pipe, until it is closed.

    Parameters
    ----------
    job
        What they share.
    level
        Least severe log record to send.
    pipe
        Orders come, events go.
    lines
        Takes what is written to standard output and error.
    """
    _become_a_worker(lines)
    from slceleb_core.batch.log_forwarding import forwarding
    from slceleb_core.batch.worker import Worker
    from slceleb_core.jobs import Finished

    post = Post(pipe)
    with forwarding(post.send, level) as forwarder, Worker(job) as worker:
        while (order := _next(pipe)) is not None:
            forwarder.order = order.name
            post.send(Finished(worker.process(order, post.send)))
            forwarder.order = ""


def _next(pipe: Connection) -> Order | None:
    """Return the next order; None when there will be none."""
    try:
        order: Order = pipe.recv()
    except (EOFError, OSError):
        return None
    return order


def _become_a_worker(lines: Connection) -> None:
    """Leave Ctrl-C to the parent, end when it does, and write where the parent reads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _end_with_parent()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # as where this process was started with its standard streams closed
            stream.flush()
    for number in (1, 2):
        os.dup2(lines.fileno(), number)
    lines.close()
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - for as long as the process lasts
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)


def _end_with_parent() -> None:
    """See to it that this process does not outlive its parent, even where that is killed.

    The thread serves every system; where native code holds the interpreter's lock, only the kernel's signal does.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent.pid:  # it had gone before
            os._exit(1)

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
