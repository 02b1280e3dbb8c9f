"""Open files on which this process takes locks of the kernel's: never those of a process that it forks or starts."""

from __future__ import annotations

import errno
import os
from pathlib import Path

TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
"""What is said where somebody else holds the lock."""

_open_ones: set[Handle] = set()
"""Of this process."""


class Handle:
    """A file, open for reading and writing; closed, it holds no lock.

    Parameters
    ----------
    path
        The file.
    flags
        Of ``open(2)``, besides.

    Attributes
    ----------
    number
        The system's; -1 once it has been closed, and in a process that was forked.

    Raises
    ------
    OSError
        It cannot be opened.
    """

    def __init__(self, path: Path, flags: int = 0) -> None:
        self.number = os.open(path, os.O_RDWR | flags, 0o666)
        _open_ones.add(self)

    @property
    def is_open(self) -> bool:
        """Whether it is."""
        return self.number >= 0

    def close(self) -> None:
        """Let go of the file, and of the lock; a second time nothing is done."""
        if self.is_open:
            _open_ones.discard(self)
            number, self.number = self.number, -1
            os.close(number)

    def is_at(self, path: Path) -> bool:
        """Tell whether it is this file that lies there."""
        try:
            return os.path.samestat(os.fstat(self.number), path.stat())
        except FileNotFoundError:
            return False


def _forget() -> None:
    """In a process that has just been forked: a lock is the parent's, and must not outlive it in here."""
    for handle in list(_open_ones):
        handle.close()


os.register_at_fork(after_in_child=_forget)
