"""Exact arithmetic on stretches of time: no sampling, no grid.

A set of times is a tuple of half-open stretches ``[start, end)`` in seconds, in order, none touching the next.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

import numpy as np

from slceleb_core.types import Array

Span: TypeAlias = "tuple[float, float]"
Intervals: TypeAlias = "tuple[Span, ...]"
Key = TypeVar("Key", bound=Hashable)


def union(spans: Iterable[Span]) -> Intervals:
    """Return the times that lie in any of the spans, which may overlap, be empty, and come in any order."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def intersect(one: Intervals, other: Intervals) -> Intervals:
    """Return the times that lie in both."""
    common: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            common.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(common)


def length(times: Intervals) -> float:
    """Return how many seconds a set of times holds."""
    return math.fsum(end - start for start, end in times)


def contains(times: Intervals, moments: Array) -> Array:
    """Return which moments lie in a set of times.

    Parameters
    ----------
    times
        The set.
    moments
        float64 [n]: seconds.

    Returns
    -------
    bool [n]
    """
    if not times:
        return np.zeros(len(moments), dtype=bool)
    starts, ends = np.array(times).T
    place = np.searchsorted(starts, moments, side="right") - 1
    return np.asarray((place >= 0) & (moments < ends[np.maximum(place, 0)]))


def sweep(tracks: Mapping[Key, Intervals]) -> Iterator[tuple[float, frozenset[Key]]]:
    """Yield the stretches between the boundaries of all tracks, in order: how long each lasts and who is in it.

    Parameters
    ----------
    tracks
        Sets of times, by name; stretches in which there is nobody are left out.
    """
    events = sorted(
        ((time, order, key) for key, times in tracks.items() for span in times for order, time in enumerate(span)),
        key=lambda event: event[0],
    )
    active: set[Key] = set()
    before = 0.0
    for time, order, key in events:
        if active and time > before:
            yield time - before, frozenset(active)
        before = time
        (active.discard if order else active.add)(key)


def pieces(times: Intervals, count: int) -> list[Intervals]:
    """Return a set of times cut into `count` sets of equal length, in order."""
    bounds = np.linspace(0.0, length(times), count + 1)
    cut: list[Intervals] = []
    for low, high in itertools.pairwise(bounds.tolist()):
        part: list[Span] = []
        passed = 0.0
        for start, end in times:
            inside = (start + max(low - passed, 0.0), start + min(high - passed, end - start))
            if inside[1] > inside[0]:
                part.append(inside)
            passed += end - start
        cut.append(tuple(part))
    return cut
