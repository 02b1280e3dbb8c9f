"""What a file is, whatever it is called and wherever it lies; and what tells without reading it that it has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.errors import VideoError
from slceleb_core.models import sha256_of


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a file without reading it.

    Attributes
    ----------
    size
        Bytes.
    mtime_ns
        When it was changed, in ns since 1970; of 64 bits, also where the file system knows of later years.
    """

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> Stamp | None:
        """Return the stamp of a file; None where there is none, or where it cannot be looked at."""
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        return cls(found.st_size, _held(found.st_mtime_ns))


def stamp_of_all(paths: Sequence[Path]) -> Stamp | None:
    """Return the stamp of several files together; of one, its own. None where there is not one of them."""
    if len(paths) == 1:
        return Stamp.of(paths[0])
    stamps = [Stamp.of(path) for path in paths]
    there = [stamp for stamp in stamps if stamp is not None]
    if len(there) < len(stamps):
        return None
    told = hashlib.sha256(repr([(stamp.size, stamp.mtime_ns) for stamp in there]).encode()).digest()
    return Stamp(sum(stamp.size for stamp in there), int.from_bytes(told[:8], "big", signed=True))


def fingerprint_of_all(fingerprints: Sequence[str]) -> str:
    """Return the fingerprint of several files together, by that of each, in their order; of one, its own."""
    if len(fingerprints) == 1:
        return fingerprints[0]
    return f"sha256:{hashlib.sha256(' '.join(fingerprints).encode()).hexdigest()}"


def _held(time: int) -> int:
    """Return a time in ns as 64 bits hold it: the year 2262 is followed by 1677, as in SQLite and in NumPy."""
    return (time + 2**63) % 2**64 - 2**63


def check_file(path: Path) -> None:
    """Raise VideoError, saying how, where `path` cannot be a video file that this user may read."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise VideoError(f"{path}: no such file", "check the spelling of the path") from None
    except OSError as error:
        raise VideoError(
            f"{path}: cannot be reached: {error.strerror}", "check the path and its permissions"
        ) from error
    if path.is_dir():
        raise VideoError(f"{path}: is a folder, not a video", "name the video files in it")
    if not path.is_file():
        raise VideoError(f"{path}: is not a regular file", "save the video to a file first")
    if not os.access(path, os.R_OK):
        raise VideoError(f"{path}: permission denied", "make the file readable for this user")
    if size == 0:
        raise VideoError(f"{path}: is empty (0 bytes)", "copy or download the file again")


def fingerprint(path: Path) -> str:
    """Return ``sha256:`` and the hash of a file.

    Raises
    ------
    VideoError
        It is not there, or cannot be read.
    """
    check_file(path)
    try:
        return f"sha256:{sha256_of(path)}"
    except OSError as error:
        raise VideoError(
            f"{path}: cannot be read: {error.strerror or error}", "check the disk that it is on"
        ) from error


def demand_unchanged(path: Path, before: Stamp | None, known: str) -> None:
    """Raise where another file stands in a video's place: faces were looked for in one, clips are cut out of both.

    One that is gone may count: whatever was opened stayed as it was, and what was not could not be cut.

    Parameters
    ----------
    path
        The video.
    before
        Its stamp when it was begun.
    known
        Its fingerprint; compared where the stamp is another, as a date may change for nothing.

    Raises
    ------
    VideoError
        It has changed.
    """
    now = Stamp.of(path)
    if now not in (None, before) and fingerprint(path) != known:
        raise VideoError(f"{path}: has changed while it was looked at", "run again when nothing writes to it any more")
