"""A network that is run, whatever runs it; and several of one kind side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar

from slceleb_core.types import Array

ThingT = TypeVar("ThingT")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Network(Protocol):
    """A network with one input."""

    def run(self, batch: Array, /) -> list[Array]:
        """Return its outputs, in the order of the file, for float32 [n, ...]; [n, values] each."""


@dataclass(frozen=True, slots=True)
class Running:
    """How networks are run.

    Attributes
    ----------
    network
        Makes one of its file.
    rows
        How many rows it is best given at once.
    threads
        Over how many threads work is spread, each with a network of its own.
    """

    network: Callable[[bytes], Network]
    rows: int
    threads: int


class Crew(Generic[ThingT]):
    """Threads, each with a thing of its own to work with, such as a network, which only one can use at a time.

    What comes out does not depend on how many there are. It may be used from several threads at once.

    Parameters
    ----------
    make
        Makes a thing.
    threads
        How many there are.
    end
        Lets go of a thing; where nothing needs to be done, left out.
    """

    def __init__(
        self, make: Callable[[], ThingT], threads: int, end: Callable[[ThingT], object] = lambda _: None
    ) -> None:
        self._end = end
        self._idle: SimpleQueue[ThingT] = SimpleQueue()
        for _ in range(threads):
            self._idle.put(make())
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mesh") if threads > 1 else None

    def map(self, work: Callable[[ThingT, ItemT], ResultT], items: Sequence[ItemT]) -> list[ResultT]:
        """Return what `work` makes of each item, in their order; what it raises is raised."""
        if self._pool is None or len(items) < 2:
            return [self._work(work, item) for item in items]
        return list(self._pool.map(lambda item: self._work(work, item), items))

    def _work(self, work: Callable[[ThingT, ItemT], ResultT], item: ItemT) -> ResultT:
        thing = self._idle.get()
        try:
            return work(thing, item)
        finally:
            self._idle.put(thing)

    def close(self) -> None:
        """End the threads and let go of the things."""
        if self._pool is not None:
            self._pool.shutdown()
        while not self._idle.empty():
            self._end(self._idle.get())
