"""Figures of all videos together, of everybody and by person, with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from slceleb_core.evaluation.intervals import Intervals, intersect, length, pieces
from slceleb_core.evaluation.matching import Scored
from slceleb_core.evaluation.segment_matching import segment_tally
from slceleb_core.evaluation.tallies import Intervals95, Tally, bootstrap

BLOCK_SECONDS, MOST_BLOCKS = 2.0, 50
"""A single video is resampled in blocks of equal length: of at least so many seconds, longer than most pauses, and at
most so many."""


@dataclass(frozen=True, slots=True)
class Units:
    """What the bootstrap draws.

    Attributes
    ----------
    kind
        Whole videos, or blocks of time of the only one.
    count
        How many.
    blocks
        The blocks; None for videos.
    """

    kind: Literal["videos", "blocks"]
    count: int
    blocks: Sequence[Intervals] | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What is right, of everybody and by person.

    Attributes
    ----------
    overall
        Summed over videos and people (micro average).
    people
        Summed over videos.
    interval, intervals
        Confidence intervals of both; None where there are none.
    """

    overall: Tally
    people: Mapping[str, Tally]
    interval: Intervals95 | None
    intervals: Mapping[str, Intervals95 | None]


def resampled(videos: Sequence[Scored]) -> Units:
    """Return what the bootstrap draws: the videos, or blocks of time where there is only one."""
    if len(videos) > 1:
        return Units("videos", len(videos), None)
    regions = videos[0].regions
    count = max(min(int(length(regions) / BLOCK_SECONDS), MOST_BLOCKS), 1)
    return Units("blocks", count, pieces(regions, count))


def measure_time(videos: Sequence[Scored], units: Units) -> Measured:
    """Return how many seconds are right, were found, and are true."""
    if units.blocks is None:
        return _measured([_by_person(video, time_tally) for video in videos], resample=True)
    within = [_by_person(videos[0], _inside(block)) for block in units.blocks]
    return _measured(within, resample=True)


def measure_segments(videos: Sequence[Scored], units: Units) -> Measured:
    """Return how many segments are right, were found, and are true; intervals only where videos are drawn.

    A block of time would cut segments in two.
    """
    tallies = [_by_person(video, segment_tally) for video in videos]
    return _measured(tallies, resample=units.blocks is None)


def time_tally(reference: Intervals, found: Intervals) -> Tally:
    """Return how many seconds of one person in one video are right, were found, and are true."""
    return Tally(length(intersect(reference, found)), length(found), length(reference))


def _inside(block: Intervals) -> Callable[[Intervals, Intervals], Tally]:
    return lambda reference, found: time_tally(intersect(reference, block), intersect(found, block))


def _by_person(video: Scored, tally: Callable[[Intervals, Intervals], Tally]) -> dict[str, Tally]:
    people = sorted({*video.reference, *video.found})
    return {person: tally(video.reference.get(person, ()), video.found.get(person, ())) for person in people}


def _measured(units: Sequence[Mapping[str, Tally]], *, resample: bool) -> Measured:
    people = sorted({person for unit in units for person in unit})
    rows = {person: [unit.get(person, Tally()) for unit in units] for person in people}
    sums = [sum(unit.values(), Tally()) for unit in units]
    return Measured(
        sum(sums, Tally()),
        {person: sum(row, Tally()) for person, row in rows.items()},
        bootstrap(sums) if resample else None,
        {person: bootstrap(row) if resample else None for person, row in rows.items()},
    )
