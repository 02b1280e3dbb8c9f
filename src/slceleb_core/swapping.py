"""Folders that are replaced as a whole, and files of which there are to be two."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slceleb_core.disk.output import PARTIAL

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Of Linux' ``renameat2(2)``, which Python does not offer: paths are as they are; both exist, and change places."""

FICLONE = 0x40049409
"""Of ``ioctl_ficlone(2)``, ``_IOW(0x94, 9, int)``: what one file holds is shared with another until one is written to.
Btrfs, XFS and some others can do it. Where that number means nothing, it is refused like on any other file system."""


@contextmanager
def replacing_folder(output_dir: Path, target: Path) -> Iterator[Path]:
    """Give an empty folder to write to; it takes the place of `target` when the block ends without an error.

    Parameters
    ----------
    output_dir
        The output folder, on whose file system `target` is; what is not finished is in its ``.partial``.
    target
        A folder, there already or not. Whoever looks for it, even after a kill, finds the old one or the new one; only
        where the file system cannot exchange folders, there is none for a moment.
    """
    aside = output_dir / PARTIAL / f"{os.getpid()}-{target.name}"
    before = aside.with_name(f"{aside.name}-before")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            aside.rename(target)
        elif not _exchanged(aside, target):
            target.rename(before)
            aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system or the file system (NFS) cannot."""
    try:
        swap = ctypes.CDLL(None).renameat2  # glibc 2.28
    except (AttributeError, OSError):
        return False
    return bool(swap(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0)


def clone_or_copy(source: Path, target: Path) -> None:
    """Give `target` the content and the date of `source`; a change of one of them never reaches the other.

    It takes no room of its own where the file system can share what two files hold, or else as much as the source.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _cloned(source, target):
        shutil.copyfile(source, target)
    stat = source.stat()
    os.utime(target, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _cloned(source: Path, target: Path) -> bool:
    """Let `target` share what `source` holds; False where the file system cannot, or they are not on the same one."""
    with source.open("rb") as given, target.open("wb") as made:
        try:
            fcntl.ioctl(made.fileno(), FICLONE, given.fileno())
        except OSError:
            return False
    return True


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, for whoever notices a change; a copy where there are no hard links."""
    try:
        os.link(source, target)
    except OSError:
        clone_or_copy(source, target)
