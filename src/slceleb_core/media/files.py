"""Reading one file while another is written: what goes wrong with the source is told from the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import av

from slceleb_core.disk.refusals import phrase
from slceleb_core.errors import VideoError

T = TypeVar("T")


def from_source(path: Path, items: Iterable[T]) -> Iterator[T]:
    """Yield `items`, which are read from the file `path`: what reading them raises is an error of that file.

    Whoever reads lazily while writing needs it, as both raise the same errors.

    Raises
    ------
    VideoError
        libav or the file system fails to read on.
    """
    try:
        yield from items
    except (av.FFmpegError, OSError, EOFError) as error:
        raise VideoError(
            f"{path}: cannot be read on: {phrase(error)}",
            "get the file again, or re-encode it, for example to H.264",
        ) from error
