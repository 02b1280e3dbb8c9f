"""Files of which there are to be two: shared, linked, or copied.

What stands in the target's place is never written to: it may be one with other files, and even with the source.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

FICLONE = 0x40049409
"""Of ``ioctl_ficlone(2)``, ``_IOW(0x94, 9, int)``: what one file holds is shared with another until one is written to.
Btrfs, XFS and some others can do it. Where that number means nothing, it is refused like on any other file system."""


def clone_or_copy(source: Path, target: Path) -> None:
    """Give `target` the content and the date of `source`; a change of one of them never reaches the other.

    It takes no room of its own where the file system can share what two files hold, or else as much as the source.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if not _cloned(source, target):
        shutil.copyfile(source, target)
    stat = source.stat()
    os.utime(target, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _cloned(source: Path, target: Path) -> bool:
    """Let `target` share what `source` holds; False where the file system cannot, or they are not on the same one."""
    with source.open("rb") as given, target.open("xb") as made:
        try:
            fcntl.ioctl(made.fileno(), FICLONE, given.fileno())
        except OSError:
            return False
    return True


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, for whoever notices a change; a copy where there are no hard links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        clone_or_copy(source, target)
