"""What is put aside while a video is worked on: in files without a name, in the folder that TMPDIR names.

Nothing is left of such a file, however the process ends.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from typing import Protocol

from slceleb_core.errors import OutputError

PREFIX = "slceleb-"
"""What the name begins with where the file system wants one for a moment."""


class Closing(Protocol):
    """Whatever can be let go of."""

    def close(self) -> None:
        """Let go of it."""


@contextlib.contextmanager
def putting_aside(what: str, size: str) -> Iterator[None]:
    """Turn a failure of the temporary folder, which is all that the block may touch, into an :class:`OutputError`.

    Parameters
    ----------
    what
        For what there is no room, and of which video.
    size
        How much room is needed.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{what} in the temporary folder {tempfile.gettempdir()}: {error.strerror or error}",
            f"free space there, or let TMPDIR name a folder with room: {size}",
        ) from error


def discard(file: Closing) -> None:
    """Close a file whose content is not wanted, even where it can no longer be written out."""
    try:
        file.close()
    except OSError:
        file.close()  # the buffer is given up at the first attempt; the second only lets go of the file
