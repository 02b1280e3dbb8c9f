"""One process at a time works in an output folder.

The lock is the kernel's: when the process that holds it is killed, it is free. What the file says is for people only.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slceleb_core.disk.output import writing
from slceleb_core.disk.refusals import ELSEWHERE
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import UsageError

log = logging.getLogger(__name__)

LOCK = ".lock"
"""What the lock file is called."""

TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
"""What is said where somebody else holds the lock."""


@contextmanager
def claimed(output_dir: Path) -> Iterator[None]:
    """Keep other processes out of an output folder for as long as the block lasts.

    A file system that knows no locks (some network folders) is worked on without one, with a warning.

    Parameters
    ----------
    output_dir
        The folder; made where it is missing.

    Raises
    ------
    UsageError
        Another process works there; the line says which.
    OutputError
        The folder cannot be written to.
    """
    with writing(f"to the output folder {output_dir}"):
        output_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(output_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(handle, output_dir)
        with writing(f"to the output folder {output_dir}"):
            _sign(handle)
        yield
    finally:
        os.close(handle)


def record_locks_work(path: Path) -> bool:
    """Tell whether the file system of `path`, a file that is made where it is missing, knows locks as SQLite uses them.

    Where it does not, SQLite would take the refusal for a lock of somebody else, and wait for it.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return True  # whoever opens the file for its own sake says why it cannot
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in TAKEN
    finally:
        os.close(handle)
    return True


def _lock(handle: int, output_dir: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in TAKEN:
            raise UsageError(
                f"{_holder(handle)} works in the output folder {output_dir}",
                f"wait for it, stop it, or {ELSEWHERE}",
            ) from None
        log.warning(
            "the output folder %s cannot be locked: %s",
            output_dir,
            error.strerror,
            extra={"hint": "make sure that no other process works there"},
        )


def _sign(handle: int) -> None:
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": utc_timestamp()})
    os.ftruncate(handle, 0)
    os.pwrite(handle, text.encode() + b"\n", 0)


def _holder(handle: int) -> str:
    """Return who holds the lock, in words, as far as the file tells."""
    try:
        said = json.loads(os.pread(handle, 4096, 0))
        return f"process {said['pid']} on {said['host']} (since {said['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
