"""Drawing from what takes time, such as a decoder, in a thread of its own, while what was drawn is worked on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

from typing_extensions import Self

T = TypeVar("T")


class Ahead(Generic[T]):
    """Yields what another iterable does, which a thread draws from ahead of whoever asks; a context manager.

    What the iterable raises is raised behind what it yielded before. Its end, too, comes when all has been handed out,
    and whatever it has noted by then is there to be read. Nothing may touch it while the thread draws: from when the
    block is entered until it is left, which waits for the thread.

    Parameters
    ----------
    items
        What is drawn from; closed in the thread, where it is a generator.
    size
        Tells how large one is.
    most
        How many wait at most.
    room
        How large those that wait may be together; one may be larger.
    """

    def __init__(self, items: Iterable[T], size: Callable[[T], int], most: int, room: int) -> None:
        self._size, self._most, self._room = size, most, room
        self._waiting: deque[T] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._left = self._ended = False
        self._error: BaseException | None = None
        # a daemon, so that a process can end whose main thread was ended in the midst of joining it
        self._thread = threading.Thread(target=self._draw, args=(iter(items),), name="slceleb-ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended or self._left)
            if self._waiting:
                item = self._waiting.popleft()
                self._held -= self._size(item)
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        if error is not None:
            raise error
        raise StopIteration

    def close(self) -> None:
        """End the thread, and drop what waits; called a second time it does nothing."""
        with self._changed:
            self._left = True
            self._waiting.clear()
            self._changed.notify_all()
        try:
            self._thread.join()
        finally:
            self._thread.join()  # Ctrl-C, pressed again, must not let go of a file that is being read

    def _draw(self, items: Iterator[T]) -> None:
        """Draw until nothing is left, or nobody is there any more."""
        error: BaseException | None = None
        try:
            for item in items:
                if not self._put(item):
                    break
            close = getattr(items, "close", None)
            if close is not None:
                close()
        except BaseException as raised:
            error = raised
        del items
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()

    def _put(self, item: T) -> bool:
        """Have one wait, once there is room for it; tell whether anybody is still there."""
        size = self._size(item)
        with self._changed:
            self._changed.wait_for(lambda: self._left or self._fits(size))
            if not self._left:
                self._waiting.append(item)
                self._held += size
                self._changed.notify_all()
            return not self._left

    def _fits(self, size: int) -> bool:
        return not self._waiting or (len(self._waiting) < self._most and self._held + size <= self._room)
