"""Pictures beside the heap instead of in it, so that their memory goes back when they do.

glibc gives an array of megabytes pages of its own (mmap), until one has been freed: then it raises the size from which
on it does so to that of the one freed, up to 32 MB (mallopt(3), ``M_MMAP_THRESHOLD``: "dynamic"). From then on pictures
lie in the heap, among small objects that live longer. What was freed between those can be taken for nothing as large,
nor given back, so that new pictures make the heap grow: to gigabytes within minutes. A threshold that is set is not
raised any more.

It costs the faults of fresh pages: a tenth of a millisecond a megabyte. So what is used for every picture is better
not that large: parts and small pictures are not, and decoders use their own again.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Of glibc's ``malloc.h``."""

ARENAS = 2
"""Heaps that threads share: each keeps what was freed in it to itself, and of eight a processor, which is what glibc
makes, most would be those of threads that are gone."""

THRESHOLD = 2_000_000
"""Bytes from which on an array has pages of its own: those of a picture in 720p as RGB, of one in 1080p in any form."""


def keep_pictures_beside_the_heap() -> None:
    """Set the threshold for this process, and how many heaps it has; elsewhere than glibc do nothing.

    A second time is harmless.
    """
    if _is_glibc() and "MALLOC_MMAP_THRESHOLD_" not in os.environ:  # who sets it by hand knows why
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, THRESHOLD)
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return to the system what the heap holds and nobody uses (malloc_trim(3)); elsewhere than glibc do nothing.

    It takes some milliseconds, and is for where a large part of the work has ended: what follows is then not on top of
    all that went before.
    """
    gc.collect()
    if _is_glibc():
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def _is_glibc() -> bool:
    """Tell whether the C library is glibc, which alone understands the parameter (musl has no such function)."""
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError, OSError):  # Windows has no confstr, and others do not know the name
        return False
