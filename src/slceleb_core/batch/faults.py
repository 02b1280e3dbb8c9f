"""Exceptions in the terms of a batch: whose fault it is, whether another attempt may help, whether to go on at all."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from typing import Literal

import av

from slceleb_core.batch.orders import Fault
from slceleb_core.errors import OneVideoError, OutputError, SlcelebError, UsageError, VideoError, one_line
from slceleb_core.logs import FILE_NAME

PASSING = frozenset(
    {
        *(errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.EINTR, errno.EBUSY),
        *(errno.ENOMEM, errno.EMFILE, errno.ENFILE),
        *(errno.ECONNRESET, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ENETDOWN, errno.ENETUNREACH),
        *(errno.ENETRESET, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EPIPE, errno.ENOTCONN, errno.ENODEV),
    }
)
"""What a disk, a network or a short memory does to a program, and may not do to it the next time."""


def fault_from(error: Exception) -> Fault:
    """Return what an exception means for a batch.

    Parameters
    ----------
    error
        What the processing of a video raised.
    """
    transient = passes(error)
    if isinstance(error, UsageError):
        return Fault("usage", error.message, error.hint, fatal=not isinstance(error, OneVideoError))
    if isinstance(error, OutputError):
        return Fault("output", error.message, error.hint, transient=transient, fatal=not transient)
    if isinstance(error, SlcelebError):
        kind: Literal["video", "unexpected"] = "video" if isinstance(error, VideoError) else "unexpected"
        return Fault(kind, error.message, error.hint, transient=transient)
    trace = "".join(traceback.format_exception(error))
    message = f"unexpected error: {one_line(error)}"
    return Fault("unexpected", message, f"the traceback is in {FILE_NAME}", transient=transient, trace=trace)


def passes(error: BaseException) -> bool:
    """Tell whether an exception comes of something that may be over the next time."""
    return any(_passes(one) for one in _causes(error))


def _passes(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    # libav says EIO of many a damaged file; of a disk that fails, reading the file as a whole says so too
    unclear = isinstance(error, av.FFmpegError) and error.errno == errno.EIO
    return isinstance(error, OSError) and error.errno in PASSING and not unclear


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, and those that it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
