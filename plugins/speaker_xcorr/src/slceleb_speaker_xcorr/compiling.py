"""Importing librosa where nothing can be kept of what numba compiles.

librosa has numba compile some of its functions and keep the result, beside its own files or in the user's folder. For
a user who has neither, as in containers and services, its import ends in an error, though none of those functions is
needed here.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def import_librosa() -> None:
    """Import the part of librosa that is used here.

    Raises
    ------
    ImportError
        It is not installed, or damaged.
    """
    try:
        import librosa.filters
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        with _kept_aside():
            import librosa.filters  # noqa: F401


@contextmanager
def _kept_aside() -> Iterator[None]:
    """Let numba keep what it compiles in a folder that goes when the block ends."""
    config: Any = importlib.import_module("numba.core.config")  # whose variables are made as it is imported
    with tempfile.TemporaryDirectory(prefix="slceleb-numba-") as folder:
        before = config.CACHE_DIR
        config.CACHE_DIR = folder
        try:
            yield
        finally:
            config.CACHE_DIR = before
