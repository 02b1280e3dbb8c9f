"""The run over one video: a lazy result, drawn through the pipeline by whoever iterates it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from slceleb_core.artefacts.promises import other_models
from slceleb_core.artefacts.shelf import Shelf
from slceleb_core.decision.census import Census
from slceleb_core.decision.judge import Judge
from slceleb_core.decision.rules import Rules
from slceleb_core.decision.spans import FrameRows, divide
from slceleb_core.disk.naming import readable
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.generated import refuse_generated
from slceleb_core.media.heap import give_back
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.profile import Profile
from slceleb_core.results import Result, Segment, Summary
from slceleb_core.run._provider import StageProvider
from slceleb_core.run._row_spool import RowSpool
from slceleb_core.run._statistics import RunStatistics
from slceleb_core.run._steps import VideoSteps
from slceleb_core.run._summing import figures, notes
from slceleb_core.timing import Timings
from slceleb_core.types import JsonValue, VideoInfo

NO_SHELF = partial(Shelf, None, {})
"""Nothing is known of any video, and nothing is kept."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    video
        The video's facts.
    frames
        Frames perceived.
    time
        PTS seconds reached.
    stages
        Seconds spent, by stage.
    judged
        Frames that have become results; 0 until all have been perceived.
    """

    video: VideoInfo
    frames: int
    time: float
    stages: dict[str, float]
    judged: int = 0


Observer = Callable[[Progress], None]
"""Told of each frame when it is perceived, and once more when it is judged; it must return quickly."""


def _nothing() -> None:
    """Do nothing: nobody waits for the run to begin, or to end."""


class VideoRun:
    """What the pipeline finds in one video. It can be gone through once; what has passed is not kept.

    The first result comes when all of the video has been perceived: what holds for all of it, such as a constant lag of
    the sound, is known before anything is scored or decided.

    Iterating yields the segments. :meth:`results` yields frames, tracks and segments; :attr:`summary` and
    :attr:`audio` serve whoever writes them down.

    Attributes
    ----------
    video
        The file.
    name
        Prefix of segment ids.
    """

    def __init__(
        self,
        selection: VideoSelection,
        stages: StageProvider,
        profile: Profile,
        provenance: Callable[[Mapping[str, Mapping[str, JsonValue]]], dict[str, JsonValue]],
        *,
        observer: Observer | None = None,
        name: str | None = None,
        shelf: Callable[[], Shelf] = NO_SHELF,
    ) -> None:
        self.video = selection.video
        self.name = name or selection.video.stem
        self._selection = selection
        self._stages = stages
        self._profile = profile
        self._provenance = provenance
        self._observer = observer
        self._shelf = shelf
        self._statistics = RunStatistics(None if selection.gallery is None else selection.gallery.wanted)
        self._steps: VideoSteps | None = None
        self._summary: Summary | None = None
        self._begun = False
        self._perceived: Progress | None = None
        self._census = Census(None, 0.0)

    def __iter__(self) -> Generator[Segment, None, None]:
        with closing(self.results()) as results:
            yield from (result for result in results if isinstance(result, Segment))

    def table(self) -> list[dict[str, Any]]:
        """Run to the end and return the segments as rows, ready for ``pandas.DataFrame``."""
        return [segment.to_json() for segment in self]

    @property
    def summary(self) -> Summary:
        """Warnings, statistics and provenance.

        Raises
        ------
        RuntimeError
            The run has not been gone through to its end.
        """
        if self._summary is None:
            raise RuntimeError("the summary exists once the run has been iterated to its end")
        return self._summary

    def results(
        self, begun: Callable[[], None] = _nothing, ended: Callable[[], None] = _nothing
    ) -> Generator[Result, None, None]:
        """Yield everything found, in order: each frame; after a shot's last frame its segments, then its tracks.

        Whoever does not go through it to its end closes it (``contextlib.closing``), and so lets go of the video.

        Parameters
        ----------
        begun
            Called once the video's facts are known, before the first frame is looked at.
        ended
            Called once every result has been taken, while the video is still open.

        Raises
        ------
        OneVideoError
            The video states that a trained model made it, or part of it.
        VideoError
            The video cannot be read.
        RuntimeError
            The run has been gone through already.
        """
        if self._begun:
            raise RuntimeError("a run can be iterated once; call Pipeline.run again")
        self._begun = True
        refuse_generated(self.video)
        begin = time.perf_counter()
        with (
            self._shelf() as shelf,
            VideoSteps(self._selection, self._stages, self._profile, shelf) as steps,
        ):
            self._steps = steps
            try:
                begun()
                for result in self._judged(steps):
                    self._statistics.take(result)
                    self._tell_judged()
                    yield result
                ended()
                steps.keep_scores()
                self._finish(steps, time.perf_counter() - begin)
            finally:
                self._steps = None

    @property
    def camera(self) -> str:
        """There is but one, and it has no name."""
        return ""

    @property
    def timings(self) -> Timings:
        """Seconds spent, by stage."""
        return self._selection.timings

    @property
    def going_on(self) -> bool:
        """Whether it has begun, and neither come to its end nor been broken off."""
        return self._steps is not None

    @property
    def info(self) -> VideoInfo:
        """The video's facts, while the run is going on; RuntimeError before and after."""
        if self._steps is None:
            raise RuntimeError("the video's facts are known while the run is going on")
        return self._steps.info

    @property
    def audio(self) -> AudioTrack | None:
        """The video's sound, while the run is going on, decoded if need be; None before, after, and without sound."""
        return None if self._steps is None else self._steps.sound.track

    @property
    def moved_by(self) -> float:
        """Seconds by which its sound is heard later than in the file, while the run is going on."""
        return 0.0 if self._steps is None else self._steps.sound.moved_by

    def _judged(self, steps: VideoSteps) -> Generator[Result, None, None]:
        profile = self._profile
        rules = Rules(steps.point, profile.identity, profile.segments, profile.gates)
        with RowSpool(self.video, self.timings) as spool:
            rows = steps.in_step(self._observed(steps), spool)
            judge = Judge(steps.scoring(), self._selection.gallery, rules)
            self._census = judge.census
            for span in divide(rows, profile.spans, steps.context):
                judge.survey(span)
            steps.keep_perceived()
            give_back()  # clips are cut from here on, and pictures are no more at hand
            for span in divide(spool.read(), profile.spans, steps.context):
                yield from judge.judge(span, self.name, readable(self.video))

    def _observed(self, steps: VideoSteps) -> Generator[FrameRows, None, None]:
        for count, row in enumerate(steps.rows(), start=1):
            self._statistics.shots = row.shot + 1
            self._perceived = Progress(steps.info, count, row.time, self.timings.seconds)
            if self._observer is not None:
                self._observer(self._perceived)
            yield row

    def _tell_judged(self) -> None:
        """Tell of a frame that has become a result, if that is what the last one was."""
        told, judged = self._perceived, self._statistics.frames
        if self._observer is not None and told is not None and told.judged < judged:
            self._perceived = replace(told, judged=judged, stages=self.timings.seconds)
            self._observer(self._perceived)

    def _finish(self, steps: VideoSteps, wall: float) -> None:
        counted = self._statistics
        statistics = figures(counted, self._census, self.timings, wall, steps.replayed())
        warnings = [*steps.warnings, *notes(counted, self._census, self._selection.gallery)]
        if steps.goes_on:
            warnings.append(f"only the first {counted.frames} frames were looked at, as asked")
        reports = steps.reports()
        warnings += other_models(self._profile.evidence, reports)
        resynced = {} if steps.resynced is None else {"resync": steps.resynced}
        provenance = {**self._provenance(reports), "audio": steps.heard(), **resynced}
        self._summary = Summary(steps.info, tuple(warnings), statistics, provenance)
