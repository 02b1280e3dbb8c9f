"""Where the time went: seconds a stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Timings:
    """Adds up wall-clock seconds by stage, from whichever threads they are spent in.

    Stages that run beside each other count their seconds in full, so that all of them may be more than have passed.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @property
    def seconds(self) -> dict[str, float]:
        """Those spent up to now, by stage."""
        with self._lock:
            return dict(self._seconds)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside the block for stage `name`."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - begin
            with self._lock:
                self._seconds[name] = self._seconds.get(name, 0.0) + spent

    def pulling(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, counting the time that each takes to come for stage `name`."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item
