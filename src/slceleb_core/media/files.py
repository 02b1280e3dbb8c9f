"""Reading one file while another is written: what goes wrong with source, encoder and target is told apart."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import av

from slceleb_core.disk.refusals import refusal
from slceleb_core.errors import EncodingError, OutputError, SlcelebError, VideoError

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
            f"{path}: cannot be read on: {_reason(error)}",
            "get the file again, or re-encode it, for example to H.264",
        ) from error


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`, which becomes `target` if the block ends well and vanishes if it does not.

    What the block reads it must read through :func:`from_source`, or the like: every other error that a file system
    can have is taken for one of `target`'s.

    Raises
    ------
    OutputError
        The folder is missing, may not be written to, or has no space left.
    EncodingError
        libav refuses what it was given to write.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(target)
    except (av.FFmpegError, OSError) as error:
        message = f"{target}: cannot be written: {_reason(error)}"
        raise refusal(message, error) or _otherwise(message, target, error) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _otherwise(message: str, target: Path, error: Exception) -> SlcelebError:
    """Return what a failure means that is none of the disk: something lies in the way, or libav does not like it."""
    if not isinstance(error, av.FFmpegError) or isinstance(error, OSError):
        return OutputError(message, "look at what lies there, or choose another output folder")
    return EncodingError(
        f"{target.name}: cannot be encoded: {_reason(error)}",
        "a newer PyAV (av) may manage it, or re-encode the video, for example to H.264",
    )


def _reason(error: Exception) -> str:
    """Return what libav or the system says, as a phrase."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
