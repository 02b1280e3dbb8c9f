"""MXNet's file of parameters, read without MXNet.

The format is that of ``NDArray::Save`` (apache/mxnet, ``src/ndarray/ndarray.cc``): a magic number and a reserved one, a
list of arrays, and a list of their names. Numbers are little endian.
"""

from __future__ import annotations

import struct
from math import prod

import numpy as np

from slceleb_core.types import Array

LIST, DENSE_V2 = 0x112, 0xF993FAC9
"""What a file and each array in it begin with; of arrays only the second version, of MXNet 1.0 and later."""

DENSE = 0
"""Kind of storage: all values, in order."""

TYPES = {0: "<f4", 1: "<f8", 2: "<f2", 3: "u1", 4: "<i4", 5: "i1", 6: "<i8"}
"""Types of values (mshadow)."""

MOST_AXES = 32
"""Axes that an array has at most: what NumPy takes."""


class DamagedError(ValueError):
    """A file of parameters is none, or is cut off."""


def read_arrays(content: bytes) -> dict[str, Array]:
    """Return the arrays of a file of parameters, by name, such as ``arg:conv0_weight``.

    Raises
    ------
    DamagedError
        It is none, is cut off, or holds what is not known here.
    """
    reader = _Reader(content)
    if reader.number("<Q") != LIST:
        raise DamagedError("it does not begin as a list of MXNet's arrays")
    reader.number("<Q")
    arrays = [reader.array() for _ in range(reader.count())]
    names = [reader.text() for _ in range(reader.count())]
    if len(set(names)) != len(arrays) or reader.left:
        raise DamagedError(f"{len(arrays)} arrays have {len(names)} names, and {reader.left} bytes are left")
    return dict(zip(names, arrays, strict=True))


class _Reader:
    """Goes through the bytes of a file."""

    def __init__(self, content: bytes) -> None:
        self._content, self._place = memoryview(content), 0

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self._content) - self._place

    def bytes(self, many: int) -> memoryview:
        """Return the next bytes."""
        if not 0 <= many <= self.left:
            raise DamagedError(f"it ends at byte {len(self._content)}, within something of {many} bytes")
        self._place += many
        return self._content[self._place - many : self._place]

    def number(self, form: str) -> int:
        """Return the next number, of a form of ``struct``."""
        return int(struct.unpack(form, self.bytes(struct.calcsize(form)))[0])

    def count(self) -> int:
        """Return how many things follow; there cannot be more than bytes."""
        many = self.number("<Q")
        if many > self.left:
            raise DamagedError(f"{many} things cannot lie in {self.left} bytes")
        return many

    def text(self) -> str:
        """Return the next name."""
        try:
            return str(self.bytes(self.count()), "utf-8")
        except UnicodeDecodeError as error:
            raise DamagedError("a name is no text") from error

    def array(self) -> Array:
        """Return the next array."""
        if self.number("<I") != DENSE_V2 or self.number("<i") != DENSE:
            raise DamagedError("an array is not of MXNet's second format, or is not dense")
        axes = self.number("<I")
        if axes > MOST_AXES:
            raise DamagedError(f"an array has {axes} axes")
        shape = [self.number("<q") for _ in range(axes)]
        self.bytes(8)  # on which device it was
        kind = self.number("<i")
        if kind not in TYPES or min(shape, default=0) < 0:
            raise DamagedError(f"an array of shape {shape} has values of type {kind}")
        dtype = np.dtype(TYPES[kind])
        return np.frombuffer(self.bytes(prod(shape) * dtype.itemsize), dtype).reshape(shape)
