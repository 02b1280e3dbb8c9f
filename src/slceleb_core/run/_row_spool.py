"""The rows of a video, put aside until all of it has been seen, so that a video of hours fits.

Rows are written a chunk at a time, column by column. Frames may differ in which columns there are, and in their shape:
one without a face may have rows of another width. So the frames of a chunk are grouped by that, and their columns are
written by group.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from typing_extensions import Self

from slceleb_core.artefacts.packing import squeezed, unsqueezed
from slceleb_core.decision.spans import SLIM, FrameRows
from slceleb_core.disk.temporaries import PREFIX, discard, putting_aside
from slceleb_core.timing import Timings
from slceleb_core.types import Array, Faces

IN_MEMORY = 8 * 2**20
"""Bytes up to which no file is made: half an hour of one face."""

CHUNK_FRAMES, CHUNK_FACES = 512, 1024
"""How many frames, or faces of all of them, are written at a time: some megabytes, whatever the size of the gallery."""

SPOOL = "spool"
"""What the time is counted as that it takes to write rows down, and to read them."""

COLUMNS = (*SLIM, "tracks", "observations", "similarities", "weights", "growth")
"""What is kept of each face."""

LARGE = 1024
"""Bytes of a face's row of a column from which on it is made smaller: pictures are, numbers are not."""

NONE, AS_IT_IS, SQUEEZED = range(3)
"""How a column of a group is written."""

Columns = tuple[Array | None, ...]
"""Of one frame, or of several that are alike; in the order of :data:`COLUMNS`."""


class RowSpool:
    """Holds rows, which are added in order and read in order; a context manager.

    They lie in memory as long as they are few, and then in a temporary file without a name, in the folder that TMPDIR
    names, as sound does: 15 MB for an hour of one face, and 0.4 MB more for each person of the gallery; where a speaker
    stage keeps pictures of faces, what those take.

    Parameters
    ----------
    video
        The file, for who reads what went wrong.
    timings
        Told of the time that it takes.
    """

    def __init__(self, video: Path, timings: Timings) -> None:
        self._video, self._timings = video, timings
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, prefix=PREFIX)  # noqa: SIM115 - `__exit__` closes it
        self._held: list[FrameRows] = []
        self._faces = self._chunks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        discard(self._file)

    def filling(self, rows: Iterable[FrameRows]) -> Iterator[FrameRows]:
        """Yield the rows, each of which is put aside on its way.

        Raises
        ------
        OutputError
            There is no room for them.
        """
        for row in rows:
            self._held.append(row)
            self._faces += len(row.tracks)
            if len(self._held) >= CHUNK_FRAMES or self._faces >= CHUNK_FACES:
                self._write()
            yield row

    def read(self) -> Iterator[FrameRows]:
        """Yield all of them, bit for bit; nothing can be added any more.

        Raises
        ------
        OutputError
            There is no room for the last of them.
        """
        self._write()
        with self._putting_aside():
            self._file.seek(0)
        for _ in range(self._chunks):
            with self._timings.stage(SPOOL):
                rows = self._read()
            yield from rows

    def _write(self) -> None:
        """Write what is held."""
        if not self._held:
            return
        with self._timings.stage(SPOOL):
            groups: dict[tuple[object, ...], int] = {}
            alike: list[list[Columns]] = []
            heads = []
            for row in self._held:
                columns = _columns(row)
                group = groups.setdefault(_shape(columns), len(groups))
                if group == len(alike):
                    alike.append([])
                alike[group].append(columns)
                heads.append((row.index, row.shot, len(row.tracks), group))
            with self._putting_aside():
                self._put(np.array([row.time for row in self._held]))
                self._put(np.array(heads, np.int64))
                for frames in alike:
                    self._put_group(frames)
        self._held, self._faces = [], 0
        self._chunks += 1

    def _put_group(self, frames: Sequence[Columns]) -> None:
        """Write the columns of frames that are alike."""
        joined = [_joined(column) for column in zip(*frames, strict=True)]
        forms = [_form(column) for column in joined]
        self._put(np.array(forms))
        for form, column in zip(forms, joined, strict=True):
            if column is not None:
                self._put(column if form == AS_IT_IS else np.frombuffer(squeezed(column), np.uint8))

    def _read(self) -> list[FrameRows]:
        """Return the rows of the next chunk."""
        times, heads = self._get().tolist(), self._get().tolist()
        groups = [self._get_group() for _ in range(1 + max(group for *_, group in heads))]
        done, rows = [0] * len(groups), []
        for time, (index, shot, count, group) in zip(times, heads, strict=True):
            part = slice(done[group], done[group] + count)
            done[group] += count
            own: dict[str, Any] = {
                name: None if column is None else column[part] for name, column in groups[group].items()
            }
            faces = Faces(**{name: own.pop(name) for name in SLIM})
            rows.append(FrameRows(index, time, shot, faces, **own))
        return rows

    def _get_group(self) -> dict[str, Any]:
        return {name: self._get_column(form) for name, form in zip(COLUMNS, self._get().tolist(), strict=True)}

    def _get_column(self, form: int) -> Array | None:
        if form == NONE:
            return None
        return self._get() if form == AS_IT_IS else unsqueezed(self._get().tobytes())

    def _put(self, values: Array) -> None:
        np.lib.format.write_array(self._file, np.ascontiguousarray(values), allow_pickle=False)

    def _get(self) -> Array:
        return np.asarray(np.lib.format.read_array(self._file, allow_pickle=False))

    def _putting_aside(self) -> AbstractContextManager[None]:
        size = "15 MB an hour and face, and 0.4 MB more for each person of the gallery"
        return putting_aside(f"{self._video}: no room for what was seen of it", size)


def _columns(row: FrameRows) -> Columns:
    faces = (getattr(row.faces, name) for name in SLIM)
    return (*faces, row.tracks, row.observations, row.similarities, row.weights, row.growth)


def _shape(columns: Columns) -> tuple[object, ...]:
    """Return what the columns of two frames must have in common to be written as one."""
    return tuple(None if column is None else (column.dtype, column.shape[1:]) for column in columns)


def _form(column: Array | None) -> int:
    if column is None:
        return NONE
    return SQUEEZED if len(column) and column[0].nbytes >= LARGE else AS_IT_IS


def _joined(column: Sequence[Array | None]) -> Array | None:
    """Return a column of several frames as one; None where they have none."""
    there = [values for values in column if values is not None]
    return np.concatenate(there) if there else None
