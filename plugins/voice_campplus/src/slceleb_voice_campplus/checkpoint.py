"""A checkpoint of PyTorch, read without PyTorch: a zip archive with a pickle that names tensors, and their values.

A pickle is a program. This one may name four things, which stand for tensors and ordered dictionaries, and nothing
else: whatever more it names is refused before it is called.
"""

from __future__ import annotations

import io
import pickle  # what may be named in it is told one by one
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.types import Array

PICKLE = "data.pkl"

MOST_PICKLED = 4 << 20
"""Bytes of the pickle at most: that of CAM++, of 937 tensors, has 133 kB."""

PARTS = 5
"""Of what a pickle says of a storage: the word storage, its type, its name, its place, and how many values it has."""


class DamagedError(ValueError):
    """A checkpoint is none, is cut off, or holds what has no place in one."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of values. It is no function, so a pickle cannot call it."""

    dtype: str


def read_tensors(path: Path) -> dict[str, Array]:
    """Return the tensors of a checkpoint, by name.

    Raises
    ------
    DamagedError
        It is none, is cut off, or names anything that is no tensor.
    OSError
        It cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            tensors = _Reader(archive).tensors()
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise DamagedError(f"it is no whole archive: {error}") from error
    if not isinstance(tensors, dict) or not tensors:
        raise DamagedError("it does not hold tensors by name")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, np.ndarray):
            raise DamagedError(f"{name!r} is no tensor")
    return dict(tensors)


class _Reader:
    """Reads the values of an open archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        names = [name for name in archive.namelist() if name.rpartition("/")[2] == PICKLE]
        if len(names) != 1:
            raise DamagedError(f"there are {len(names)} pickles in it, expected one")
        self._pickle, self._folder = names[0], names[0].removesuffix(PICKLE)

    def tensors(self) -> Any:
        """Return what the pickle stands for."""
        size = self._archive.getinfo(self._pickle).file_size
        if size > MOST_PICKLED:
            raise DamagedError(f"its pickle has {size} bytes")
        content = io.BytesIO(self._archive.read(self._pickle))
        try:
            return _Unpickler(content, self).load()
        except DamagedError:
            raise
        except Exception as error:  # a pickle that is wrong can raise anything
            raise DamagedError(f"its pickle cannot be read: {error}") from error

    def storage(self, key: str, dtype: str, count: int) -> Array:
        """Return the values of a storage, [count]."""
        entry, expected = self._archive.getinfo(f"{self._folder}data/{key}"), count * np.dtype(dtype).itemsize
        if entry.file_size != expected:
            raise DamagedError(f"the values {key} have {entry.file_size} bytes, expected {expected}")
        return np.frombuffer(self._archive.read(entry), dtype)


class _Unpickler(pickle.Unpickler):
    """Knows tensors and ordered dictionaries, and refuses all else."""

    def __init__(self, content: io.BytesIO, reader: _Reader) -> None:
        super().__init__(content)
        self._reader = reader

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle may name; it is called by :meth:`load` for whatever it does name."""
        try:
            return KNOWN[f"{module}.{name}"]
        except KeyError:
            raise DamagedError(f"it names {module}.{name}, which is no part of a tensor") from None

    def persistent_load(self, pid: Any) -> Array:
        """Return the values of a storage."""
        if not isinstance(pid, tuple) or len(pid) != PARTS or pid[0] != "storage" or not isinstance(pid[1], _Kind):
            raise DamagedError("it names a storage in a form that is not known")
        _, kind, key, _, count = pid
        return self._reader.storage(str(key), kind.dtype, int(count))


def _tensor(values: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> Array:
    """Return a tensor whose values lie one behind the other, as those of a checkpoint do."""
    dense = tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))
    if tuple(strides) != dense or offset < 0 or min(shape, default=1) < 1 or offset + prod(shape) > len(values):
        raise DamagedError(f"a tensor of shape {shape} does not lie in one piece in its {len(values)} values")
    return values[offset : offset + prod(shape)].reshape(shape)


KNOWN: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch.FloatStorage": _Kind("<f4"),
    "torch.LongStorage": _Kind("<i8"),
}
"""All that a pickle may name, and what stands for it here."""
