"""A sink that writes nothing and remembers everything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from slceleb_core.results import FrameResult, Segment, Summary, TrackResult
from slceleb_core.stages import Sink, SinkJob, StageConfig
from slceleb_core.types import JsonValue


class Call(NamedTuple):
    """One call that a :class:`MemorySink` got.

    Attributes
    ----------
    method
        ``open``, ``start``, ``frame``, ``track``, ``segment``, ``commit``, ``published``, ``abort`` or ``close``.
    value
        Its argument; None where it has none.
    """

    method: str
    value: Any


class MemorySink(Sink):
    """Writes nothing; remembers every call.

    Attributes
    ----------
    calls
        All calls of this object, in order. Subclass it with :func:`memory_sink` to see those of objects that a
        pipeline makes.
    """

    name = "memory"
    Config = StageConfig
    _shared: ClassVar[list[Call] | None] = None

    @property
    def calls(self) -> list[Call]:
        """All calls so far."""
        if self._shared is not None:
            return self._shared
        own: list[Call] = self.__dict__.setdefault("_calls", [])
        return own

    def values(self, method: str) -> list[Any]:
        """Return the arguments of all calls of one method."""
        return [call.value for call in self.calls if call.method == method]

    def open(self) -> None:
        """Remember it."""
        self.calls.append(Call("open", None))

    def close(self) -> None:
        """Remember it."""
        self.calls.append(Call("close", None))

    def start(self, job: SinkJob) -> None:
        """Remember the job."""
        self.calls.append(Call("start", job))

    def frame(self, frame: FrameResult) -> None:
        """Remember the frame."""
        self.calls.append(Call("frame", frame))

    def track(self, track: TrackResult) -> None:
        """Remember the track."""
        self.calls.append(Call("track", track))

    def segment(self, segment: Segment) -> None:
        """Remember the segment."""
        self.calls.append(Call("segment", segment))

    def commit(self, summary: Summary) -> None:
        """Remember the summary."""
        self.calls.append(Call("commit", summary))

    def published(self, folder: Path) -> None:
        """Remember the folder."""
        self.calls.append(Call("published", folder))

    def abort(self) -> None:
        """Remember it."""
        self.calls.append(Call("abort", None))

    def report(self) -> Mapping[str, JsonValue]:
        """Return how many calls there were."""
        return {"calls": len(self.calls)}


def memory_sink(calls: list[Call]) -> type[MemorySink]:
    """Return a ``MemorySink`` class all of whose objects write into `calls`."""

    class SharedMemorySink(MemorySink):
        _shared = calls

    return SharedMemorySink
