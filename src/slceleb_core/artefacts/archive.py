"""One file of rows: a zip of NumPy arrays, written as a video streams by and read back in the same way.

A file holds items in order (the frames of a video, the tracks of a span); each has a few numbers of its own, and named
columns with a row for each of its faces, or frames. Items are gathered into chunks, so that neither side holds more
than a chunk; ``meta.json`` is written last, and says what there should be.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from slceleb_core.artefacts.packing import Packing, from_bytes, to_bytes
from slceleb_core.types import Array, JsonValue

META = "meta.json"

FORMAT = 1
"""Version of the layout; a file of another one counts as missing."""

CHUNK_ITEMS, CHUNK_ROWS = 512, 1024
"""How many items, or rows of all of them, are held at a time: of face meshes, 6 MB."""

UNREADABLE = (zipfile.BadZipFile, EOFError, LookupError, RuntimeError, ValueError, zlib.error)
"""What :mod:`zipfile` and :mod:`json` raise for a file that is not what they take it for."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member: the same content is the same bytes."""


class DamagedError(Exception):
    """A file that does not hold what it should."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """One item.

    Attributes
    ----------
    rows
        How many rows its columns have.
    numbers
        Its own values, by name.
    columns
        By name: [rows, ...]. A column that has no row is there if the item had it, whatever its shape was.
    """

    rows: int
    numbers: Mapping[str, float]
    columns: Mapping[str, Array]


class Writer:
    """Writes a file; whoever made it names and closes the stream.

    Parameters
    ----------
    stream
        Where to.
    packing
        How columns become bytes.
    """

    def __init__(self, stream: IO[bytes], packing: Packing) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED)
        self._packing = packing
        self._numbers: list[str] = []
        self._columns: list[str] = []
        self._held: list[Stored] = []
        self._held_rows = self._chunks = 0

    def add(self, rows: int, columns: Mapping[str, Array], **numbers: float) -> None:
        """Take an item; `columns` are [rows, ...] each, and of one dtype and shape from item to item."""
        self._numbers = self._numbers or list(numbers)
        self._columns += [name for name in columns if name not in self._columns]
        self._held.append(Stored(rows, numbers, dict(columns)))
        self._held_rows += rows
        if len(self._held) >= CHUNK_ITEMS or self._held_rows >= CHUNK_ROWS:
            self._flush()

    def finish(self, facts: Mapping[str, JsonValue]) -> None:
        """Write what is left, and what else there is to say, JSON-ready."""
        self._flush()
        meta = {
            "format": [FORMAT, self._packing.name],
            "numbers": self._numbers,
            "columns": self._columns,
            "chunks": self._chunks,
            "members": self._zip.namelist(),
            "facts": facts,
        }
        self._write(META, json.dumps(meta).encode())
        self._zip.close()

    def give_up(self) -> None:
        """Let go of the file, which is worth nothing now."""
        try:
            self._zip.close()
        except OSError:
            return  # the disk is full: what could not be written is not wanted

    def _flush(self) -> None:
        if not self._held:
            return
        held, self._held, self._held_rows = self._held, [], 0
        place = f"{self._chunks:06d}"
        self._chunks += 1
        self._write(f"{place}/rows", to_bytes(np.array([item.rows for item in held])))
        for name in self._numbers:
            self._write(f"{place}/number.{name}", to_bytes(np.array([item.numbers[name] for item in held])))
        has = np.array([[name in item.columns for name in self._columns] for item in held], bool)
        self._write(f"{place}/has", to_bytes(has.reshape(len(held), len(self._columns))))
        for number, name in enumerate(self._columns):
            filled = [item.columns[name] for item in held if item.rows and name in item.columns]
            if filled:
                self._write(f"{place}/column.{number}", self._packing.pack(np.concatenate(filled)))

    def _write(self, name: str, content: bytes) -> None:
        self._zip.writestr(zipfile.ZipInfo(name, EPOCH), content)


class Reader:
    """Reads a file that has been looked through: nothing in it is damaged. A context manager.

    Parameters
    ----------
    path
        The file.
    packing
        As it was written.

    Attributes
    ----------
    facts
        As given to :meth:`Writer.finish`.

    Raises
    ------
    DamagedError
        It is not whole, or of another layout.
    FileNotFoundError
        It is not there.
    OSError
        It cannot be read.
    """

    def __init__(self, path: Path, packing: Packing) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except UNREADABLE as error:
            raise DamagedError(str(error)) from error
        self._packing = packing
        try:
            self._meta = self._checked()
        except BaseException:
            self._zip.close()
            raise
        self.facts: Mapping[str, JsonValue] = self._meta["facts"]

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; called a second time it does nothing."""
        self._zip.close()

    def items(self) -> Iterator[Stored]:
        """Yield the items, in order, from the first one on."""
        for chunk in range(self._meta["chunks"]):
            yield from self._chunk(f"{chunk:06d}")

    def _checked(self) -> dict[str, JsonValue]:
        """Return what the file says of itself, once every byte of it has been compared with its checksum."""
        try:
            broken = self._zip.testzip()
            meta = json.loads(self._zip.read(META))
            found, layout, members = sorted(self._zip.namelist()), meta["format"], meta["members"]
        except UNREADABLE as error:
            raise DamagedError(str(error)) from error
        if broken is not None:
            raise DamagedError(f"{broken} is damaged")
        if layout != [FORMAT, self._packing.name] or found != sorted([*members, META]):
            raise DamagedError("it is of another version, or not whole")
        return dict(meta)

    def _chunk(self, place: str) -> Iterator[Stored]:
        rows, has = self._array(f"{place}/rows"), self._array(f"{place}/has")
        numbers = {name: self._array(f"{place}/number.{name}").tolist() for name in self._meta["numbers"]}
        names = self._meta["columns"][: has.shape[1]]
        columns = [self._column(f"{place}/column.{number}") for number in range(len(names))]
        done = [0] * len(names)
        for item, (count, present) in enumerate(zip(rows.tolist(), has.tolist(), strict=True)):
            own = {}
            for number, name in enumerate(names):
                if present[number]:
                    own[name] = columns[number][done[number] : done[number] + count]
                    done[number] += count
            yield Stored(count, {name: values[item] for name, values in numbers.items()}, own)

    def _array(self, member: str) -> Array:
        return from_bytes(self._zip.read(member))

    def _column(self, member: str) -> Array:
        """Return the rows of a column; none where no item of the chunk has any."""
        return self._packing.unpack(self._zip.read(member)) if member in self._zip.NameToInfo else np.zeros(0)
