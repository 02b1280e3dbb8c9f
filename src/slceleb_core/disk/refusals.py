"""What a file system says when it refuses to write, and whose results that concerns."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from slceleb_core.errors import OutputError

ELSEWHERE = "choose another --output-dir"

EVERYBODY = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENXIO, errno.ENOTDIR})
"""What keeps the results of any video from being written: space, permission, a disk that is gone, a folder that has
become a file. EIO is not among them: a disk that is broken for good has the journal fail as well, which stops all."""

PASSING = frozenset(
    {
        *(errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.EINTR, errno.EBUSY),
        *(errno.ENOMEM, errno.EMFILE, errno.ENFILE),
        *(errno.ECONNRESET, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ENETDOWN, errno.ENETUNREACH),
        *(errno.ENETRESET, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EPIPE, errno.ENOTCONN, errno.ENODEV),
    }
)
"""What a disk, a network or a short memory does to a program, and may not do to it the next time."""

ONE_FILE = frozenset({errno.ENAMETOOLONG, errno.EILSEQ, errno.ELOOP, errno.EFBIG})
"""What concerns one file: its name is too long or has characters that the disk does not take, or it grows larger than
that allows (4 GiB on FAT)."""


def refusal(message: str, error: Exception) -> OutputError | None:
    """Return a failed write as an error that a user can mend; None where no disk says such a thing.

    Parameters
    ----------
    message
        What could not be written, and why, in one line.
    error
        An OSError, or libav's error with the same numbers.
    """
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(message, "free some space and run again; earlier results are untouched")
    if number in ONE_FILE:
        return OutputError(message, f"give it a shorter, plainer name by the id in a video list, or {ELSEWHERE}")
    return OutputError(message, ELSEWHERE) if number in EVERYBODY | PASSING else None


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn a failure to write inside the block into an :class:`OutputError` that names `what`.

    The block must not read a video, as a file system fails at reading in the same words. Of libav only what it never
    says of a damaged file counts.
    """
    try:
        yield
    except OSError as error:
        unclear = is_of_libav(error) and error.errno == errno.EIO
        refused = None if unclear else refusal(f"cannot write {what}: {error.strerror or error}", error)
        if refused is None:
            raise
        raise refused from error


def is_of_libav(error: Exception) -> bool:
    """Tell whether an error is libav's.

    Most who write have no use for libav, and an import may fail of the same thing as what was written: where nobody has
    imported it, no error is its.
    """
    libav = sys.modules.get("av.error")
    return libav is not None and isinstance(error, libav.FFmpegError)


def phrase(error: Exception) -> str:
    """Return what libav or the system says, as a phrase for the middle of a line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
