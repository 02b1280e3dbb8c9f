"""What a run's statistics come to: the rates of one video and of many, and each person's speech, defined once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from slceleb_core.jobs import Report


@dataclass(frozen=True, slots=True)
class Rates:
    """Parts and paces; None where what they are a part of is nothing, or is not known.

    Attributes
    ----------
    detection_rate
        Part of the frames on which a face is followed.
    poi_rate
        Part of the frames on which somebody who is looked for is recognized; None without photos.
    speaking_rate
        Part of the frames on which somebody who is looked for is decided to speak.
    speech_share
        Seconds in segments to seconds of video; segments of two people at a time count twice, and padding counts.
    frames_per_second
        Frames to seconds of work.
    real_time_factor
        Seconds of work to seconds of video: below 1 is faster than the video plays.
    cache_hit_rate
        Part of the steps whose result was found among the artefacts; None where none are kept.
    """

    detection_rate: float | None
    poi_rate: float | None
    speaking_rate: float | None
    speech_share: float | None
    frames_per_second: float | None
    real_time_factor: float | None
    cache_hit_rate: float | None


@dataclass(slots=True)
class Totals:
    """Sums over videos.

    Attributes
    ----------
    videos
        How many.
    video_seconds
        Seconds of video that were looked at.
    frames, frames_with_face, frames_with_speech
        All frames; those on which a face is followed; those on which somebody who is looked for speaks.
    frames_compared, frames_with_person
        Frames of videos that were processed with photos; those of them on which somebody who is looked for is seen.
    faces, shots, tracks, tracks_identified
        How many were found; a face counts on each frame.
    segments, segment_seconds
        How many there are, and how long they are together.
    wall_seconds
        Seconds of work, as if one video had been worked on after the other.
    stage_seconds
        The same by stage.
    cache_steps, cache_hits
        Steps that could have been found among the artefacts, and that were.
    """

    videos: int = 0
    video_seconds: float = 0.0
    frames: int = 0
    frames_with_face: int = 0
    frames_with_speech: int = 0
    frames_compared: int = 0
    frames_with_person: int = 0
    faces: int = 0
    shots: int = 0
    tracks: int = 0
    tracks_identified: int = 0
    segments: int = 0
    segment_seconds: float = 0.0
    wall_seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=dict)
    cache_steps: int = 0
    cache_hits: int = 0

    def add(self, report: Report) -> None:
        """Add a video's; what its statistics do not tell, such as those of an older version, counts as nothing."""
        found: Mapping[str, Any] = report.statistics
        self.videos += 1
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + (found.get(name) or 0))
        self.video_seconds += found.get("video_seconds") or report.duration or 0.0
        if found.get("frames_with_person") is not None:
            self.frames_compared += found["frames"]
        for stage, seconds in (found.get("stage_seconds") or {}).items():
            self.stage_seconds[stage] = self.stage_seconds.get(stage, 0.0) + seconds
        steps = cache_steps(found)
        self.cache_steps += len(steps)
        self.cache_hits += sum(steps.values())

    def rates(self) -> Rates:
        """Return the rates of all of it: long videos count for more."""
        return Rates(
            detection_rate=_part(self.frames_with_face, self.frames),
            poi_rate=_part(self.frames_with_person, self.frames_compared),
            speaking_rate=_part(self.frames_with_speech, self.frames),
            speech_share=_part(self.segment_seconds, self.video_seconds),
            frames_per_second=_part(self.frames, self.wall_seconds, 2),
            real_time_factor=_part(self.wall_seconds, self.video_seconds),
            cache_hit_rate=_part(self.cache_hits, self.cache_steps),
        )


_APART = {"videos", "video_seconds", "frames_compared", "stage_seconds", "cache_steps", "cache_hits"}

_SUMMED = tuple(total.name for total in fields(Totals) if total.name not in _APART)
"""Sums of statistics that have the same name."""


@dataclass(slots=True)
class Speech:
    """What was found of one person.

    Attributes
    ----------
    seconds
        In segments, padding included.
    segments
        How many.
    videos
        In how many videos.
    """

    seconds: float = 0.0
    segments: int = 0
    videos: int = 0


def totals(reports: Iterable[Report]) -> Totals:
    """Return the sums over videos."""
    made = Totals()
    for report in reports:
        made.add(report)
    return made


def rates(report: Report) -> Rates:
    """Return the rates of one video."""
    return totals([report]).rates()


def cache_steps(statistics: Mapping[str, Any]) -> dict[str, bool]:
    """Return of each step of a video whether its result was found among the artefacts; empty where none are kept.

    Of a group of cameras the steps of each are told apart by its name.
    """
    steps: dict[str, bool] = {}
    for step, found in (statistics.get("cache") or {}).items():
        of_camera = {f"{step} {each}": bool(of) for each, of in found.items()} if isinstance(found, dict) else None
        steps |= {step: bool(found)} if of_camera is None else of_camera
    return steps


def speech(reports: Iterable[Report]) -> dict[str, Speech]:
    """Return what was found of each person, who speaks most first.

    Videos that were processed without photos are left out: a track's label means somebody else in each of them.
    """
    people: dict[str, Speech] = {}
    for report in reports:
        if report.provenance.get("gallery") is None:
            continue
        found: Mapping[str, Any] = report.statistics
        for person, part in (found.get("persons") or {}).items():
            spoken = people.setdefault(person, Speech())
            spoken.seconds += part["seconds"]
            spoken.segments += part["segments"]
            spoken.videos += 1
    return dict(sorted(people.items(), key=lambda item: (-item[1].seconds, item[0])))


def warnings(reports: Iterable[tuple[str, Report]]) -> dict[str, list[str]]:
    """Return which videos have which warning, the most frequent first; videos come with their names."""
    having: dict[str, list[str]] = {}
    for name, report in reports:
        for warning in dict.fromkeys(report.warnings):
            having.setdefault(warning, []).append(name)
    return dict(sorted(having.items(), key=lambda item: (-len(item[1]), item[0])))


def counts(words: Iterable[str]) -> dict[str, int]:
    """Return how often each word comes, the most frequent first."""
    return dict(sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])))


def _part(some: float, whole: float, digits: int = 4) -> float | None:
    return round(some / whole, digits) if whole else None
