"""Having on the disk itself what was written, renamed or deleted, so that a power cut takes nothing of it back."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

UNSYNCABLE = {errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTSUP, errno.ENOSYS}
"""What file systems say of a folder that they cannot have on the disk; some network folders refuse."""


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing, so that they outlive a power cut."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(exist_ok=True)
        sync_folder(missing.parent)


def sync_folder(folder: Path) -> None:
    """Have what a folder lists on the disk, where the file system can do that."""
    try:
        sync_file(folder)
    except OSError as error:
        if error.errno not in UNSYNCABLE:
            raise


def settle(folder: Path) -> None:
    """Have a folder on the disk with all files in it: after a rename alone it may be there, and its files empty."""
    for place, _, names in os.walk(folder, topdown=False):
        for path in (Path(place) / name for name in names):
            if path.is_file() and not path.is_symlink():
                sync_file(path)
        sync_folder(Path(place))


def sync_file(path: Path) -> None:
    """Have a file's content on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file_system(folder: Path) -> None:
    """Have everything on the disk that was done on the file system of a folder: of many files at less cost than each.

    Raises
    ------
    OSError
        It cannot be had there.
    """
    try:
        sync = ctypes.CDLL(None, use_errno=True).syncfs  # glibc 2.14
    except AttributeError:
        os.sync()
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if sync(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)
