"""Breaking off, from another thread, what reads or writes picture by picture."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class HaltedError(Exception):
    """Work was broken off, as nobody wants its result any more; whoever did so catches it."""


class Halt:
    """A word that is given once, and holds for all that look for it."""

    def __init__(self) -> None:
        self._called = threading.Event()

    def call(self) -> None:
        """Give it."""
        self._called.set()

    def check(self) -> None:
        """Raise HaltedError where it has been given."""
        if self._called.is_set():
            raise HaltedError

    def watching(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items until it is given, and raise HaltedError then."""
        for item in items:
            self.check()
            yield item
