"""Cutting beside the run: what sinks hand in is done by a few threads, and what goes wrong is told in their order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from slceleb_core.artefacts.cuts import Cutter
from slceleb_core.settings import processors
from slceleb_core.types import VideoInfo

PIXELS_AT_ONCE = 3840 * 2160
"""Pixels of pictures that all threads together work on: four of 1080p, one of 2160p. A decoder and an encoder hold up
to twenty pictures each."""

WAITING = 8
"""Pieces of work a thread that may wait: enough that none runs dry; then the sink is held up."""


def workers_for(video: VideoInfo, threads: int | None) -> int:
    """Return how many clips of a video are cut at a time.

    Parameters
    ----------
    video
        The video.
    threads
        Processor threads that may be used; None: all of this process.
    """
    most = threads or processors()
    return max(1, min(most, PIXELS_AT_ONCE // max(video.width * video.height, 1)))


class ClipQueue:
    """The ``Clipper`` of one video's sinks; a context manager that breaks off what has not been finished.

    Parameters
    ----------
    cutter
        Who cuts.
    """

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._most = 1
        self._changed = threading.Condition()
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._running: set[int] = set()
        self._errors: dict[int, BaseException] = {}
        self._count = 0
        self._closed = False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._closed:
            self._cutter.halt()
        self._close()

    def widen(self, workers: int) -> None:
        """Have so many pieces of work done at a time."""
        self._most = workers

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``Clipper`` says."""
        self._cutter.cut_audio(start, end, target)

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``Clipper`` says."""
        self._cutter.cut_video(start, end, target)

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Write a stretch, as ``Clipper`` says."""
        return self._cutter.copy_video(start, end, target)

    def queue(self, work: Callable[[], None]) -> None:
        """Have work done on another thread, as ``Clipper`` says.

        Raises
        ------
        RuntimeError
            Everything has been finished.
        """
        with self._changed:
            if self._closed:
                raise RuntimeError("work is queued while results come, not later")
            self._changed.wait_for(lambda: self._errors or len(self._waiting) < WAITING * self._most)
            self._raise_first()
            self._waiting.append((self._count, work))
            self._count += 1
            if len(self._threads) < min(self._most, len(self._waiting) + len(self._running)):
                self._threads.append(threading.Thread(target=self._work, name="clips"))
                self._threads[-1].start()
            self._changed.notify_all()

    def finish(self) -> None:
        """Wait until all is done, and raise what went wrong; the threads have ended then."""
        with self._changed:
            self._changed.wait_for(lambda: self._errors or not (self._waiting or self._running))
            self._raise_first()
        self._close()

    def _raise_first(self) -> None:
        """Raise the error of the work that was handed in first, once all that was handed in before has been done."""
        if self._errors:
            self._changed.wait_for(lambda: min(self._running, default=self._count) > min(self._errors))
            raise self._errors[min(self._errors)]

    def _close(self) -> None:
        """Begin nothing any more, and wait for what runs."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._errors.clear()  # their tracebacks hold files open

    def _work(self) -> None:
        """Do what waits, one after the other, until the end."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                number, work = self._waiting.popleft()
                self._running.add(number)
                self._changed.notify_all()
            self._do(number, work)

    def _do(self, number: int, work: Callable[[], None]) -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as problem:  # whatever it is: it is raised where somebody waits for it
            error = problem
        with self._changed:
            self._running.remove(number)
            if error is not None:
                self._errors[number] = error
                self._waiting.clear()
            self._changed.notify_all()
