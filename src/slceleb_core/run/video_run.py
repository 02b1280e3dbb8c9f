"""The run over one video: a lazy result, drawn through the pipeline by whoever iterates it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from slceleb_core.artefacts.shelf import Shelf
from slceleb_core.decision.identity import Gallery
from slceleb_core.decision.judge import Judge, Result, Rules
from slceleb_core.decision.spans import FrameRows, divide
from slceleb_core.disk.naming import readable
from slceleb_core.media.audio import AudioTrack
from slceleb_core.perception.photos.doubles import one_face
from slceleb_core.profile import Profile
from slceleb_core.results import Segment, Summary
from slceleb_core.run._selection import StageProvider, VideoSelection
from slceleb_core.run._statistics import RunStatistics
from slceleb_core.run._steps import VideoSteps
from slceleb_core.stages import Detector, Recognizer, Speaker
from slceleb_core.timing import Timings
from slceleb_core.types import WHOLE, JsonValue, TimeRange, VideoInfo

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
    """

    video: VideoInfo
    frames: int
    time: float
    stages: dict[str, float]


Observer = Callable[[Progress], None]
"""Told of each frame perceived; it must return quickly."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenStages:
    """The stages of a pipeline that has been entered.

    Attributes
    ----------
    detector, speaker
        Open.
    recognizer
        Open, or None when no gallery asks for it.
    """

    detector: Detector
    speaker: Speaker
    recognizer: Recognizer | None


class VideoRun:
    """What the pipeline finds in one video. It can be gone through once; what has passed is not kept.

    Iterating yields the segments. :meth:`results` yields frames, tracks and segments; :attr:`summary` and
    :attr:`audio` serve whoever writes them down.

    Attributes
    ----------
    video
        The file.
    name
        Prefix of segment ids.
    timings
        Seconds spent, by stage.
    """

    def __init__(
        self,
        video: Path,
        stages: StageProvider,
        profile: Profile,
        gallery: Gallery | None,
        provenance: Callable[[Mapping[str, Mapping[str, JsonValue]]], dict[str, JsonValue]],
        *,
        part: TimeRange = WHOLE,
        max_frames: int | None = None,
        audio_track: str = "",
        observer: Observer | None = None,
        name: str | None = None,
        shelf: Callable[[], Shelf] = NO_SHELF,
    ) -> None:
        self.video = video
        self.name = name or video.stem
        self._task = VideoSelection(video, part, max_frames, audio_track)
        self._stages = stages
        self._profile = profile
        self._gallery = gallery
        self._provenance = provenance
        self._observer = observer
        self._shelf = shelf
        self.timings = Timings()
        self._counts = RunStatistics(None if gallery is None else gallery.wanted)
        self._course: VideoSteps | None = None
        self._summary: Summary | None = None
        self._begun = False

    def __iter__(self) -> Iterator[Segment]:
        return (result for result in self.results() if isinstance(result, Segment))

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

    def results(self) -> Iterator[Result]:
        """Yield everything found, in order: each frame; after a shot's last frame its segments, then its tracks.

        Raises
        ------
        VideoError
            The video cannot be read.
        RuntimeError
            The run has been gone through already.
        """
        if self._begun:
            raise RuntimeError("a run can be iterated once; call Pipeline.run again")
        self._begun = True
        begin = time.perf_counter()
        with (
            self._shelf() as shelf,
            VideoSteps(self._task, self._stages, self._profile, self._gallery, shelf, self.timings) as course,
        ):
            self._course = course
            for result in self._judged(course):
                self._counts.take(result)
                yield result
            course.keep()
            self._finish(course, time.perf_counter() - begin)
        self._course = None

    @property
    def going_on(self) -> bool:
        """Whether it has begun and not come to its end."""
        return self._course is not None

    @property
    def info(self) -> VideoInfo:
        """The video's facts, while the run is going on; RuntimeError before and after."""
        if self._course is None:
            raise RuntimeError("the video's facts are known while the run is going on")
        return self._course.info

    @property
    def audio(self) -> AudioTrack | None:
        """The video's sound, while the run is going on, decoded if need be; None before, after, and without sound."""
        return None if self._course is None else self._course.sound.track

    def _judged(self, course: VideoSteps) -> Iterator[Result]:
        profile = self._profile
        rules = Rules(course.threshold, profile.identity, profile.segments, profile.gates)
        judge = Judge(course.scoring(), self._gallery, rules)
        for span in divide(self._observed(course), profile.spans, course.context):
            yield from judge.judge(span, self.name, readable(self.video))

    def _observed(self, course: VideoSteps) -> Iterator[FrameRows]:
        for count, row in enumerate(course.rows(), start=1):
            self._counts.shots = row.shot + 1
            if self._observer is not None:
                self._observer(Progress(course.info, count, row.time, self.timings.seconds))
            yield row

    def _finish(self, course: VideoSteps, wall: float) -> None:
        counts, seconds = self._counts, dict(self.timings.seconds)
        if "shots" in seconds:
            seconds["shots"] = max(seconds["shots"] - seconds.get("decode", 0.0), 0.0)  # it pulls the decoder
        seen = counts.seconds_seen()
        statistics: dict[str, JsonValue] = {
            **counts.statistics(),
            "wall_seconds": round(wall, 3),
            "frames_per_second": round(counts.frames / wall, 2) if wall else None,
            "real_time_factor": round(wall / seen, 3) if seen else None,
            "stage_seconds": {name: round(value, 3) for name, value in seconds.items()},
            "cache": course.replayed(),
        }
        warnings = [*course.warnings, *_of_doubles(self._gallery)]
        if counts.frames == self._task.max_frames:
            warnings.append(f"only the first {counts.frames} frames were looked at, as asked")
        provenance = {**self._provenance(course.reports()), "audio": course.heard()}
        self._summary = Summary(course.info, tuple(warnings), statistics, provenance)


def _of_doubles(gallery: Gallery | None) -> list[str]:
    """Return what is to be said of people who are looked for and cannot be found, as their face has two names."""
    if gallery is None:
        return []
    sought = {person: other for person, other in gallery.doubles.items() if {person, other} & gallery.wanted}
    return list(one_face(sought).values())
