"""The file descriptors of standard input, output and error, of this process and of those that it starts.

A program may be started with some of the three closed. The next file or pipe that is opened then takes the free number,
and what is meant for a terminal ends up in it.
"""

from __future__ import annotations

import os
from contextlib import suppress

NUMBERS = (0, 1, 2)
"""File descriptors of standard input, output and error."""


def occupy() -> None:
    """Open the null device where a standard stream is closed, so that nothing else takes its number."""
    for number in NUMBERS:
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):  # a system without a null device
                _lay(number)


def silence(number: int) -> None:
    """Let everything that is written to a stream from now on be lost, also by native code."""
    with suppress(OSError):
        _lay(number)


def _lay(number: int) -> None:
    """Put the null device where a stream was."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    else:
        os.set_inheritable(number, True)  # noqa: FBT003 - as standard streams are
