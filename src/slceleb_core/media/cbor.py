"""Values in CBOR (RFC 8949), as content credentials hold them: read with bounds, so that no file can keep us busy.

Reading credentials must not depend on what writes them, and asks for little: maps, lists, text and numbers.
"""

from __future__ import annotations

from typing import TypeAlias

DEEPEST = 32
"""How deep values may lie in each other; those of credentials lie six deep."""

MOST_VALUES = 100_000
"""How many values one content may hold."""

CborValue: TypeAlias = "int | str | bytes | list[CborValue] | dict[object, CborValue] | None"
"""Numbers with a point, and the simple values, are all read as None: nothing is told by them."""

UNSIGNED, NEGATIVE, BYTES, TEXT, LIST, MAP, TAG, OTHER = range(8)
"""Major types (RFC 8949, 3.1)."""

OPEN = 31
"""Additional information of what does not say how long it is, and of the break that ends it (3.2)."""

BREAK = 0xFF


class CborError(ValueError):
    """What is read is no CBOR, breaks off, or goes beyond the bounds."""


def decoded(content: bytes) -> CborValue:
    """Return the first value of a content; what stands behind it is not looked at.

    Raises
    ------
    CborError
        It cannot be read.
    """
    return _Reader(content).value(0)


class _Reader:
    """Reads values one behind the other."""

    def __init__(self, content: bytes) -> None:
        self._content, self._place, self._left = content, 0, MOST_VALUES

    def value(self, depth: int) -> CborValue:
        """Return the value that begins here."""
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            raise CborError("values lie too deep, or are too many")
        kind, number = self._head()
        if kind == UNSIGNED:
            return number
        if kind == NEGATIVE:
            return None if number is None else -1 - number
        if kind in (BYTES, TEXT):
            return self._string(kind, number)
        if kind == LIST:
            return self._list(number, depth)
        if kind == MAP:
            return self._map(number, depth)
        return self.value(depth + 1) if kind == TAG else None

    def _head(self) -> tuple[int, int | None]:
        """Return a value's major type, and its number; None where it does not say how long it is."""
        first = self._take(1)[0]
        kind, more = first >> 5, first & 0x1F
        if more < 24:
            return kind, more
        if more < 28:
            return kind, int.from_bytes(self._take(1 << (more - 24)), "big")
        if more == OPEN and kind in (BYTES, TEXT, LIST, MAP):
            return kind, None
        raise CborError("a value of no known kind")

    def _string(self, kind: int, length: int | None) -> str | bytes:
        content = b"".join(self._pieces(kind)) if length is None else self._take(length)
        return content.decode("utf-8", "replace") if kind == TEXT else content

    def _pieces(self, kind: int) -> list[bytes]:
        pieces = []
        while not self._ended():
            piece_kind, length = self._head()
            if piece_kind != kind or length is None:
                raise CborError("a string in pieces that are none")
            pieces.append(self._take(length))
        return pieces

    def _list(self, count: int | None, depth: int) -> list[CborValue]:
        found: list[CborValue] = []
        while (count is None and not self._ended()) or (count is not None and len(found) < count):
            found.append(self.value(depth + 1))
        return found

    def _map(self, count: int | None, depth: int) -> dict[object, CborValue]:
        found: dict[object, CborValue] = {}
        pairs = 0
        while (count is None and not self._ended()) or (count is not None and pairs < count):
            key, value = self.value(depth + 1), self.value(depth + 1)
            found[key if isinstance(key, (str, int, bytes)) else pairs] = value
            pairs += 1
        return found

    def _ended(self) -> bool:
        """Tell whether a break stands here, and go behind it."""
        ended = self._content[self._place : self._place + 1] == bytes([BREAK])
        self._place += ended
        return ended

    def _take(self, length: int) -> bytes:
        behind = self._place + length
        if behind > len(self._content):
            raise CborError("it breaks off")
        taken, self._place = self._content[self._place : behind], behind
        return taken
