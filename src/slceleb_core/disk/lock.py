"""The lock of a whole output folder: one command at a time works in it.

It is the kernel's, so it is free when whoever holds it is killed. Several may write results into one folder side by
side, without it (``holds``).
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slceleb_core.disk.handles import TAKEN, Handle
from slceleb_core.disk.holds import holder_of, sign
from slceleb_core.disk.refusals import ELSEWHERE, writing
from slceleb_core.errors import UsageError

log = logging.getLogger(__name__)

LOCK = ".lock"
"""What the lock file of an output folder is called."""


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
        handle = Handle(output_dir / LOCK, os.O_CREAT)
    try:
        _claim(handle, output_dir)
        with writing(f"to the output folder {output_dir}"):
            sign(handle, {})
        yield
    finally:
        handle.close()


def _claim(handle: Handle, output_dir: Path) -> None:
    try:
        fcntl.flock(handle.number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in TAKEN:
            raise UsageError(
                f"{holder_of(handle)} works in the output folder {output_dir}",
                f"wait for it, stop it, or {ELSEWHERE}",
            ) from None
        log.warning(
            "the output folder %s cannot be locked: %s",
            output_dir,
            error.strerror,
            extra={"hint": "make sure that no other process works there"},
        )


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
