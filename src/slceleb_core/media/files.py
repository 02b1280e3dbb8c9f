"""Writing a file so that it never looks whole before it is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import av

from slceleb_core.errors import OutputError


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`, which becomes `target` if the block ends well and vanishes if it does not.

    Every OSError and FFmpegError of the block is taken for an error of writing: errors of what it reads must be
    handled, or made a VideoError, within.

    Raises
    ------
    OutputError
        The folder is missing, may not be written to, or has no space left.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(target)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written: {(error.strerror or str(error)).lower()}",
            "free space on that disk, or choose an output folder that you may write to",
        ) from error
    except av.FFmpegError as error:
        raise OutputError(
            f"{target}: cannot be encoded: {error.strerror}", "install a newer PyAV (av), whose encoders may manage it"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
