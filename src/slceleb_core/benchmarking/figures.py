"""Figures of what was measured: medians over the rounds, how far they scatter, and ratios within a round."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slceleb_core.benchmarking.bench import Measured
from slceleb_core.benchmarking.candidates import DECODE
from slceleb_core.benchmarking.findings import Difference, Findings, agree, difference
from slceleb_core.benchmarking.measuring import Measurement
from slceleb_core.benchmarking.trend import Trend, trend

LEAST, LEAST_WORK = 0.001, 1.0
"""Seconds without a start's, by the clock and of the processors, of which no ratio is taken: a start scatters more."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several rounds.

    Attributes
    ----------
    median, low, high
        Of all rounds.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a candidate costs on a video.

    Attributes
    ----------
    video, candidate
        Which.
    rounds
        How often it was measured.
    wall, cpu
        Seconds of the process: by the clock, and of all processors.
    start
        Seconds that go by before the video.
    rate, rate_started
        Frames a second, of the whole process and without its start.
    real_time
        Seconds of work to a second of video; None where the video's length is not known.
    peak
        Bytes of memory at most.
    speed
        Its frames a second against the first candidate's, both without their start; None without the latter.
    thrift
        The first candidate's processor time against its own, both without their start: less moved than `speed` by
        whatever else the machine does; None without the former.
    decoding
        Its time against that of decoding only, both without their start; None without the latter.
    findings
        What it found, in the first round.
    steady
        Whether all rounds found the same.
    differing
        From the first candidate's findings.
    """

    video: str
    candidate: str
    rounds: int
    wall: Spread
    cpu: Spread
    start: float
    rate: Spread
    rate_started: Spread
    real_time: Spread | None
    peak: Spread
    speed: Spread | None
    thrift: Spread | None
    decoding: Spread | None
    findings: Findings
    steady: bool
    differing: Difference

    def as_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "findings": self.findings.as_json(), "differing": self.differing.as_json()}


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """How a candidate's memory goes over a long video.

    Attributes
    ----------
    video, candidate
        Which.
    seconds
        Of video that went through.
    peak
        Bytes at most.
    trend
        How it grows.
    samples
        Seconds since the start, and bytes.
    """

    video: str
    candidate: str
    seconds: float
    peak: int
    trend: Trend
    samples: tuple[tuple[float, int], ...]

    def as_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "trend": {**asdict(self.trend), "flat": self.trend.flat}}


def figures(measured: Measured) -> list[Figures]:
    """Return what every candidate costs on every video on which all of its rounds went well."""
    sets = _rounds(measured)
    first = measured.order.candidates[0].name
    return [
        _figures(rounds, sets.get((video, first)), sets.get((video, DECODE))) for (video, _), rounds in sets.items()
    ]


@dataclass(frozen=True, slots=True)
class _Rounds:
    """All rounds of a candidate on a video, none of which has failed, and its start."""

    runs: Sequence[Measurement]
    start: Measurement

    @property
    def first(self) -> Measurement:
        return self.runs[0]

    @property
    def decodes(self) -> bool:
        return self.first.candidate == DECODE

    @property
    def starting(self) -> float:
        """Seconds that go by before the video: of a run over one frame, whatever it does not spend on that."""
        return self.start.idle or self.start.wall

    def seconds(self) -> list[float]:
        """Return the seconds of each round without the start.

        The end counts, when clips are still cut. So it is not the time that a run itself states, which ends before;
        decoding has no such end.
        """
        starts = [run.idle if self.decodes else self.starting for run in self.runs]
        return [_positive(run.wall - start) for run, start in zip(self.runs, starts, strict=True)]

    def worked(self) -> list[float]:
        """Return the processors' seconds of each round without the start."""
        return [_positive(run.cpu - self.start.cpu) for run in self.runs]


def _positive(seconds: float) -> float:
    return max(seconds, LEAST)


def _rounds(measured: Measured) -> dict[tuple[str, str], _Rounds]:
    """Return the measurements of each video and candidate; those of which one has failed are left out."""
    starts = {start.candidate.name: start.measurement for start in measured.starts}
    made: dict[tuple[str, str], list[Measurement]] = {}
    for run in measured.runs:
        made.setdefault((run.video, run.candidate), []).append(run)
    sound = {key: runs for key, runs in made.items() if not any(run.error for run in runs)}
    return {key: _Rounds(runs, starts[key[1]]) for key, runs in sound.items()}


def _figures(own: _Rounds, first: _Rounds | None, decoding: _Rounds | None) -> Figures:
    found = [_found(run) for run in own.runs]
    seconds = own.seconds()
    lasting = found[0].seconds
    return Figures(
        own.first.video,
        own.first.candidate,
        len(own.runs),
        _spread(run.wall for run in own.runs),
        _spread(run.cpu for run in own.runs),
        own.starting,
        _spread(made.frames / run.wall for made, run in zip(found, own.runs, strict=True)),
        _spread(made.frames / spent for made, spent in zip(found, seconds, strict=True)),
        _spread(spent / lasting for spent in seconds) if lasting else None,
        _spread(run.peak for run in own.runs),
        None if first is None else _ratios(first.seconds(), seconds),
        None if first is None else _ratios(first.worked(), own.worked(), LEAST_WORK),
        None if decoding is None else _ratios(seconds, decoding.seconds()),
        found[0],
        agree(found),
        Difference() if first is None or own.decodes else difference(_found(first.first), found[0]),
    )


def _found(run: Measurement) -> Findings:
    assert run.findings is not None  # noqa: S101 - those that failed are left out
    return run.findings


def _spread(values: Iterable[float]) -> Spread:
    known = list(values)
    return Spread(statistics.median(known), min(known), max(known))


def _ratios(above: Sequence[float], below: Sequence[float], least: float = LEAST) -> Spread | None:
    """Return the ratios within each round; None where one has hardly outlasted its start."""
    if min(*above, *below) <= least:
        return None
    return _spread(upper / lower for upper, lower in zip(above, below, strict=True))


def memory(measured: Measured) -> list[MemoryFigures]:
    """Return how the memory of every candidate goes."""
    made = []
    for run in measured.runs:
        if run.findings is not None:
            seconds = run.findings.seconds
            going = trend(run.samples, seconds)
            made.append(MemoryFigures(run.video, run.candidate, seconds, run.peak, going, run.samples))
    return made
