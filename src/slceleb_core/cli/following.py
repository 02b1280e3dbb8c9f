"""How a batch stands: what is counted and measured of it while it goes on, for whoever shows it."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slceleb_core.batch.outcomes import Outcome
from slceleb_core.jobs import Began, Event, Progressed
from slceleb_core.pages.wording import clock

LEAST = 0.005
"""Part of the time that a stage must have taken to be named: less would read 0 %."""

WINDOW = 1.0
"""Seconds at least over which the pace of one video is measured."""

MARKS = 10
"""Windows over which the pace of the batch is measured: videos differ more than moments of one."""

SETTLED = 2.0
"""Seconds of work before which nothing is said of what is left."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast something goes.

    Attributes
    ----------
    frames
        Frames a second.
    times
        Seconds of video a second.
    """

    frames: float
    times: float

    def __str__(self) -> str:
        return f"{self.frames:.1f} frames/s, {self.times:.2f}x"


@dataclass(slots=True)
class Running:
    """A video that is being worked on.

    Attributes
    ----------
    name
        What it is called for people.
    at
        How far it has come; None: nothing has been heard of it.
    pace
        Its pace of late; None before the first window has passed, and once all of its frames have.
    """

    name: str
    at: Progressed | None = None
    pace: Pace | None = None
    _mark: tuple[float, Progressed] | None = None

    def move(self, at: Progressed, now: float) -> None:
        """Take note of how far it has come."""
        self.at = at
        then, before = self._mark or (now, at)
        if now - then >= WINDOW:
            past = now - then
            passed = at.frames - before.frames
            self.pace = Pace(passed / past, (at.position - before.position) / past) if passed else None
        if self._mark is None or now - then >= WINDOW:
            self._mark = (now, at)

    @property
    def part(self) -> float | None:
        """Part of it that is done, 0..1; None where its length is not known."""
        if self.at is None or not self.at.duration:
            return None
        return min(self.at.position / self.at.duration, 1.0)


@dataclass(slots=True)
class _Passed:
    """What this run has behind it of videos that have ended."""

    frames: int = 0
    seconds: float = 0.0
    lengths: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)


class Following:
    """How a batch stands.

    Attributes
    ----------
    total
        Number of videos.
    statuses
        How many videos have ended, by status.
    running
        Videos that are being worked on, by name, in the order in which they were begun.
    """

    def __init__(self) -> None:
        self.total = 0
        self.statuses: Counter[str] = Counter()
        self.running: dict[str, Running] = {}
        self._names: dict[str, str] = {}
        self._lengths: dict[str, float | None] = {}
        self._passed = _Passed()
        self._begin: float | None = None
        self._marks: deque[tuple[float, int, float]] = deque(maxlen=MARKS + 1)

    def planned(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of all videos."""
        self.total = len(outcomes)
        self.statuses = Counter(outcome.status for outcome in outcomes if outcome.status != "pending")
        self._names = {
            outcome.name: outcome.name if outcome.item.id else outcome.item.video.name for outcome in outcomes
        }
        self._lengths = {outcome.name: _length(outcome) for outcome in outcomes if outcome.status == "pending"}

    def happened(self, event: Event) -> None:
        """Take note of what a runner says."""
        if isinstance(event, Began):
            self._start(event.name)
        elif isinstance(event, Progressed):
            if event.name not in self.running:
                self._start(event.name)
            now = time.monotonic()
            self.running[event.name].move(event, now)
            self._mark(now)

    def ended(self, outcome: Outcome) -> None:
        """Take note that a video has ended, or is to be tried again."""
        was = self.running.pop(outcome.name, None)
        if outcome.status == "pending":
            return
        self.statuses[outcome.status] += 1
        self._lengths.pop(outcome.name, None)
        self._pass(outcome, None if was is None else was.at)

    def name(self, outcome: Outcome) -> str:
        """Return what a video is called for people."""
        return self._names.get(outcome.name, outcome.name)

    @property
    def over(self) -> int:
        """How many videos have ended, in earlier runs too."""
        return self.statuses.total()

    @property
    def done(self) -> float:
        """How many videos are behind us, parts counted."""
        return self.over + sum(running.part or 0.0 for running in self.running.values())

    @property
    def pace(self) -> Pace | None:
        """How fast the batch goes of late; None before that can be measured."""
        if len(self._marks) < 2:
            return None
        (then, frames, seconds), (now, frames_now, seconds_now) = self._marks[0], self._marks[-1]
        return Pace((frames_now - frames) / (now - then), (seconds_now - seconds) / (now - then))

    @property
    def left(self) -> float | None:
        """Seconds until the end, as far as can be told.

        By seconds of video, where lengths are known; a video of unknown length counts as those known do on average.
        Where none is known, by number.
        """
        past = 0.0 if self._begin is None else time.monotonic() - self._begin
        passed, ahead = self._behind_and_ahead()
        return past * ahead / passed if past >= SETTLED and passed > 0 else None

    @property
    def stages(self) -> Mapping[str, float]:
        """Seconds spent by stage, of all videos of this run."""
        return _added(
            [self._passed.stages, *(running.at.stages for running in self.running.values() if running.at is not None)]
        )

    def _start(self, name: str) -> None:
        self._begin = time.monotonic() if self._begin is None else self._begin
        self.running[name] = Running(self._names.get(name, name))

    def _pass(self, outcome: Outcome, at: Progressed | None) -> None:
        found: Mapping[str, Any] = {} if outcome.report is None else outcome.report.statistics
        length = at.duration if at is not None else None
        length = length or (None if outcome.report is None else outcome.report.duration)
        self._passed.frames += found.get("frames") or (0 if at is None else at.frames)
        self._passed.seconds += length or 0.0
        self._passed.lengths += length is not None
        spent = found.get("stage_seconds") or ({} if at is None else at.stages)
        self._passed.stages = _added([self._passed.stages, spent])

    def _mark(self, now: float) -> None:
        if not self._marks or now - self._marks[-1][0] >= WINDOW:
            under_way = [running.at for running in self.running.values() if running.at is not None]
            frames = self._passed.frames + sum(at.frames for at in under_way)
            self._marks.append((now, frames, self._passed.seconds + sum(at.position for at in under_way)))

    def _behind_and_ahead(self) -> tuple[float, float]:
        """Return how much has passed, and how much is to come: seconds of video, or numbers of videos."""
        timed = [running.at for running in self.running.values() if running.at is not None and running.at.duration]
        known = self._passed.lengths + len(timed)
        if not known:
            ended = sum(count for status, count in self.statuses.items() if status in ("done", "failed"))
            return float(ended), float(len(self._lengths))
        lengths = self._passed.seconds + sum(at.duration or 0.0 for at in timed)
        passed = self._passed.seconds + sum(min(at.position, at.duration or 0.0) for at in timed)
        named = {at.name for at in timed}
        ahead = [length or lengths / known for name, length in self._lengths.items() if name not in named]
        return passed, lengths - passed + sum(ahead)


def _length(outcome: Outcome) -> float | None:
    """Return the seconds of a video that are asked for, as far as that is known before it is opened."""
    item = outcome.item
    return item.end - (item.start or 0.0) if item.end is not None else None


def _added(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the seconds of all parts, by stage."""
    total: dict[str, float] = {}
    for part in parts:
        for stage, seconds in part.items():
            total[stage] = total.get(stage, 0.0) + seconds
    return total


def shares(stages: Mapping[str, float]) -> str:
    """Return where the time went, the greatest part first, in one line."""
    total = sum(stages.values()) or 1.0
    ordered = sorted(stages.items(), key=lambda item: -item[1])
    return ", ".join(
        f"{name} {seconds:.1f} s ({seconds / total:.0%})" for name, seconds in ordered if seconds >= LEAST * total
    )


def tally(following: Following) -> str:
    """Return how many videos have ended and how, in one line."""
    bad = [f"{count} {status}" for status in ("failed", "skipped") if (count := following.statuses[status])]
    noun = "video" if following.total == 1 else "videos"
    return ", ".join([f"{following.over} of {following.total} {noun}", *bad])


def prospect(following: Following) -> str:
    """Return the pace, and the time that is left, in one line; empty while neither is known."""
    pace = following.pace
    return ", ".join(filter(None, ["" if pace is None else str(pace), remainder(following)]))


def remainder(following: Following) -> str:
    """Return the time that is left; empty while it is not known."""
    left = following.left
    return f"{clock(left)} left" if left is not None and following.running else ""
