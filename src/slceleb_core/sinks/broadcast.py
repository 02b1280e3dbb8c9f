"""Several sinks as one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from slceleb_core.results import FrameResult, Rejection, Result, Summary, TrackResult
from slceleb_core.stages import Sink, SinkJob
from slceleb_core.timing import Timings

log = logging.getLogger(__name__)


class Broadcast:
    """Hands every result to every sink, counting their time.

    Attributes
    ----------
    started
        Whether a video has begun.
    """

    def __init__(self, sinks: Sequence[Sink], timings: Timings) -> None:
        self._sinks = sinks
        self._timings = timings
        self.started = False

    def start(self, job: SinkJob) -> None:
        """Begin a video in every sink."""
        self.started = True
        for sink in self._sinks:
            sink.start(job)

    def take(self, result: Result) -> None:
        """Hand over a result."""
        with self._timings.stage("write"):
            for sink in self._sinks:
                if isinstance(result, FrameResult):
                    sink.frame(result)
                elif isinstance(result, TrackResult):
                    sink.track(result)
                elif isinstance(result, Rejection):
                    sink.rejection(result)
                else:
                    sink.segment(result)

    def commit(self, summary: Summary) -> None:
        """Finish the video in every sink."""
        for sink in self._sinks:
            sink.commit(summary)

    def published(self, folder: Path) -> None:
        """Tell every sink where the results stand."""
        for sink in self._sinks:
            sink.published(folder)

    def abort(self) -> None:
        """Abort in every sink that may have begun, also where one fails to: a full disk fails again on closing."""
        for sink in self._sinks if self.started else ():
            try:
                sink.abort()
            except Exception as error:
                log.warning("the sink %s failed to let go of its files: %s", sink.name, error, exc_info=True)
