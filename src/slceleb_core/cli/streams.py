"""Standard input, output and error of this process, whatever it was started with.

Cron jobs and daemons start programs with some of the three closed. The next file or pipe that is opened then takes the
free number, and what is meant for a terminal ends up in it. And a terminal that is gone, or a log on a full disk, must
not end the work whose progress it was to show.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from pathlib import Path
from typing import TextIO

from slceleb_core.batch.standard_streams import occupy, silence

NULL = Path(os.devnull)
"""Takes everything and holds nothing."""


def prepare_streams() -> None:
    """Make the standard streams of this process such that they can be used without a thought.

    Those that are closed take everything and give nothing. Letters that an encoding does not know are escaped. What
    cannot be written to standard error, where nobody waits for a result, is lost in silence.
    """
    occupy()
    if sys.stdin is None:
        sys.stdin = NULL.open(encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = NULL.open("w", encoding="utf-8")
    elif sys.stdout is sys.__stdout__:
        sys.stdout = _wrapped(_Patient(1, "w", closefd=False), sys.stdout)
    if sys.stderr is None:
        sys.stderr = NULL.open("w", encoding="utf-8")
    elif sys.stderr is sys.__stderr__:
        sys.stderr = _wrapped(_Careless(2, "w", closefd=False), sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know every letter of a name


class _Patient(io.FileIO):
    """A file that is written to in full, also where another program has made it refuse to wait (``O_NONBLOCK``)."""

    def write(self, content: object, /) -> int:
        """Write, and wait for room."""
        while (written := super().write(content)) is None:  # type: ignore[arg-type]
            select.select([], [self.fileno()], [], 1.0)
        return written


class _Careless(_Patient):
    """A file that loses what cannot be written, and from then on everything."""

    def write(self, content: object, /) -> int:
        """Write what can be written."""
        try:
            return super().write(content)
        except OSError:
            silence(self.fileno())
            return super().write(content)


def _wrapped(file: io.FileIO, before: object) -> io.TextIOWrapper:
    """Return a file as a text stream that is like the one before it."""
    encoding = getattr(before, "encoding", None) or "utf-8"
    lines = bool(getattr(before, "line_buffering", False))
    return io.TextIOWrapper(io.BufferedWriter(file), encoding=encoding, line_buffering=lines)


def trouble_with_output() -> OSError | None:
    """Return why standard output cannot take what was written to it; None: it can."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return error
    return None


def take_leave(output: TextIO) -> None:
    """Lose what standard output could not take, or the interpreter would complain of it as it ends."""
    try:
        output.flush()
    except OSError:
        silence(1)


def is_broken_pipe(error: OSError) -> bool:
    """Tell whether whoever read a stream has gone away, as ``head`` does: that is no fault."""
    return error.errno in (errno.EPIPE, errno.ESHUTDOWN)
