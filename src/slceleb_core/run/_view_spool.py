"""What one camera shows, put aside until all cameras of its group have been gone through."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from slceleb_core.decision.views.sightings import ViewFrame
from slceleb_core.disk.temporaries import PREFIX, discard, putting_aside

IN_MEMORY = 8 * 2**20
"""Bytes up to which no file is made."""

CHUNK = 256
"""Frames that are written at a time."""


class ViewSpool:
    """Holds the frames of a camera, which are added in order and read in order; a context manager.

    They lie in memory as long as they are few, and then in a temporary file without a name, in the folder that TMPDIR
    names: nobody else has written there what is read.

    Parameters
    ----------
    video
        The camera's file, for who reads what went wrong.
    """

    def __init__(self, video: Path) -> None:
        self._video = video
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, prefix=PREFIX)  # noqa: SIM115 - `__exit__` closes it
        self._chunks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        discard(self._file)

    def fill(self, frames: Iterable[ViewFrame]) -> None:
        """Put frames aside, behind those that are there.

        Raises
        ------
        OutputError
            There is no room for them.
        """
        coming = iter(frames)
        while chunk := list(islice(coming, CHUNK)):
            with self._putting_aside():
                pickle.dump(chunk, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._chunks += 1

    def read(self) -> Iterator[ViewFrame]:
        """Yield all of them."""
        with self._putting_aside():
            self._file.seek(0)
        for _ in range(self._chunks):
            yield from pickle.load(self._file)  # noqa: S301 - what :meth:`fill` has written

    def _putting_aside(self) -> AbstractContextManager[None]:
        size = "30 MB an hour and face, and 0.4 MB more for each person of the gallery"
        return putting_aside(f"{self._video}: no room for what was seen of it", size)
