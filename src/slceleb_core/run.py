"""The run over one video: a lazy result, drawn through the pipeline by whoever iterates it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slceleb_core.identity import Gallery
from slceleb_core.judgement import Judge, Result, Rules
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.video import VideoReader
from slceleb_core.naming import readable
from slceleb_core.perception import Perception
from slceleb_core.profile import Profile
from slceleb_core.shots import mark_shots
from slceleb_core.spans import FrameRows, divide
from slceleb_core.stages import Detector, Recognizer, Speaker
from slceleb_core.timing import Timings
from slceleb_core.types import FrameResult, JsonValue, Segment, Summary, TrackResult, VideoInfo


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


@dataclass(slots=True)
class _Counts:
    frames: int = 0
    with_face: int = 0
    faces: int = 0
    shots: int = 0
    tracks: int = 0
    identified: int = 0
    segments: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    offsets: list[tuple[float, float]] = field(default_factory=list)

    def take(self, result: Result) -> None:
        if isinstance(result, FrameResult):
            self.frames += 1
            self.with_face += bool(result.faces)
            self.faces += len(result.faces)
        elif isinstance(result, TrackResult):
            self.tracks += 1
            self.identified += result.person is not None
        else:
            self.segments[result.person] += 1
            self.seconds[result.person] = self.seconds.get(result.person, 0.0) + result.duration
            if result.av_offset_ms is not None:
                self.offsets.append((result.av_offset_ms, result.duration))

    def offset(self) -> float | None:
        """Return the median of the segments' offsets, in ms, each counted by its length; None without any."""
        half, passed = sum(duration for _, duration in self.offsets) / 2, 0.0
        for offset, duration in sorted(self.offsets):
            passed += duration
            if passed >= half:
                return offset
        return None


class VideoRun:
    """What the pipeline finds in one video. It can be gone through once; what has passed is not kept.

    Iterating yields the segments. :meth:`results` yields frames, tracks and segments; :attr:`summary` and
    :attr:`audio` serve whoever writes them down.

    Attributes
    ----------
    audio
        The video's sound, while the run is going on; None before, after, and where there is none.
    """

    def __init__(
        self,
        video: Path,
        stages: OpenStages,
        profile: Profile,
        gallery: Gallery | None,
        provenance: Callable[[], dict[str, JsonValue]],
        *,
        max_frames: int | None = None,
        observer: Observer | None = None,
        name: str | None = None,
    ) -> None:
        self.video = video
        self.name = name or video.stem
        self.audio: AudioTrack | None = None
        self._stages = stages
        self._profile = profile
        self._gallery = gallery
        self._provenance = provenance
        self._max_frames = max_frames
        self._observer = observer
        self.timings = Timings()
        self._counts = _Counts()
        self._warnings: list[str] = []
        self._summary: Summary | None = None
        self._begun = False

    def __iter__(self) -> Iterator[Segment]:
        return (result for result in self.results() if isinstance(result, Segment))

    def table(self) -> list[dict[str, Any]]:
        """Run to the end and return the segments as rows, ready for ``pandas.DataFrame``."""
        names = Segment.__dataclass_fields__
        return [{**{n: getattr(segment, n) for n in names}, "duration": segment.duration} for segment in self]

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
        with ExitStack() as stack:
            reader = stack.enter_context(VideoReader(self.video))
            self._open_audio(stack, reader.info)
            for result in self._judged(reader):
                self._counts.take(result)
                yield result
            self._warnings.extend(reader.warnings)
            if self._counts.frames == self._max_frames:
                self._warnings.append(f"only the first {self._max_frames} frames were looked at, as asked")
            self._finish(reader.info, time.perf_counter() - begin)
            self.audio = None

    def _open_audio(self, stack: ExitStack, info: VideoInfo) -> None:
        with self.timings.stage("audio"):
            audio = AudioTrack.decode(self.video) if info.has_audio else None
        if audio is None:
            self._warnings.append("no sound: faces and identities are reported, but no speech can be found")
            return
        self.audio = stack.enter_context(audio)
        self._warnings.extend(audio.warnings)

    def _judged(self, reader: VideoReader) -> Iterator[Result]:
        stages, profile = self._stages, self._profile
        self._start_stages(reader.info)
        if self.audio is not None:
            with self.timings.stage("listen"):
                stages.speaker.listen(self.audio)
        perception = Perception(
            stages.detector, stages.speaker, stages.recognizer, self._gallery, profile.tracking, self.timings
        )
        judge = Judge(stages.speaker, self.audio, self._gallery, self._rules(), self.timings)
        decoded = self.timings.pulling("decode", reader.frames(self._max_frames))
        frames = self.timings.pulling("shots", mark_shots(decoded, profile.shots))
        rows = self._observed(perception.perceive(frames), reader.info)
        for span in divide(rows, profile.spans, stages.speaker.context_seconds):
            yield from judge.judge(span, self.name, readable(self.video))

    def _start_stages(self, info: VideoInfo) -> None:
        self._stages.detector.start(info)
        self._stages.speaker.start(info)
        if self._stages.recognizer is not None:
            self._stages.recognizer.start(info)

    def _rules(self) -> Rules:
        threshold = self._profile.identity.threshold
        if threshold is None:
            recognizer = self._stages.recognizer
            threshold = 0.0 if recognizer is None else recognizer.threshold
        return Rules(threshold, self._profile.identity, self._profile.segments)

    def _observed(self, rows: Iterable[FrameRows], info: VideoInfo) -> Iterator[FrameRows]:
        for count, row in enumerate(rows, start=1):
            self._counts.shots = row.shot + 1
            if self._observer is not None:
                self._observer(Progress(info, count, row.time, self.timings.seconds))
            yield row

    def _finish(self, info: VideoInfo, wall: float) -> None:
        counts, seconds = self._counts, dict(self.timings.seconds)
        seconds["shots"] = max(seconds.get("shots", 0.0) - seconds.get("decode", 0.0), 0.0)  # it pulls the decoder
        duration = info.duration or 0.0
        statistics: dict[str, JsonValue] = {
            "frames": counts.frames,
            "frames_with_face": counts.with_face,
            "faces": counts.faces,
            "shots": counts.shots,
            "tracks": counts.tracks,
            "tracks_identified": counts.identified,
            "segments": sum(counts.segments.values()),
            "segment_seconds": round(sum(counts.seconds.values()), 3),
            "av_offset_ms": counts.offset(),
            "persons": {
                person: {"segments": count, "seconds": round(counts.seconds[person], 3)}
                for person, count in sorted(counts.segments.items())
            },
            "wall_seconds": round(wall, 3),
            "frames_per_second": round(counts.frames / wall, 2) if wall else None,
            "real_time_factor": round(wall / duration, 3) if duration else None,
            "stage_seconds": {name: round(value, 3) for name, value in seconds.items()},
        }
        self._summary = Summary(info, tuple(self._warnings), statistics, self._provenance())
