"""Exceptions in the terms of a batch: whose fault it is, whether another attempt may help, whether to go on at all."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator

import av

from slceleb_core.disk.refusals import EVERYBODY, PASSING
from slceleb_core.errors import (
    EncodingError,
    OneVideoError,
    OutputError,
    SlcelebError,
    UsageError,
    VideoError,
    one_line,
)
from slceleb_core.jobs import Fault
from slceleb_core.logs import FILE_NAME


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
        fatal = not transient and _concerns_everybody(error)
        return Fault("output", error.message, error.hint, transient=transient, fatal=fatal)
    if isinstance(error, VideoError) and not isinstance(error, EncodingError):
        return Fault("video", error.message, error.hint, transient=transient)
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, SlcelebError):  # of an encoder, say: the file may be as it should, and nobody else is at fault
        return Fault("unexpected", error.message, error.hint, transient=transient, trace=trace)
    message = f"unexpected error: {one_line(error)}"
    return Fault("unexpected", message, f"the traceback is in {FILE_NAME}", transient=transient, trace=trace)


def passes(error: BaseException) -> bool:
    """Tell whether an exception comes of something that may be over the next time."""
    return any(_passes(cause) for cause in _causes(error))


def _passes(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    # libav says EIO of many a damaged file; of a disk that fails, reading the file as a whole says so too
    unclear = isinstance(error, av.FFmpegError) and error.errno == errno.EIO
    return isinstance(error, OSError) and error.errno in PASSING and not unclear


def _concerns_everybody(error: OutputError) -> bool:
    """Tell whether what keeps these results from being written would keep any; without a number, it would."""
    numbers = {getattr(cause, "errno", None) for cause in _causes(error)} - {None}
    return not numbers or not numbers.isdisjoint(EVERYBODY)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, and those that it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
