"""Which recordings share sound, by their landmarks: the same hashes at the same distance in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from slceleb_core.corpus.landmarks import FRAMES_PER_SECOND, Landmarks, together
from slceleb_core.types import Array

MATCHES = 8
"""Landmarks that must agree; two clips of different speech, of 3 to 10 s, were seen to agree by chance in 2 at most."""

BEYOND_CHANCE = 10.0
"""How many standard deviations above chance they must be; it counts for recordings of hours."""

AROUND = 1250
"""Frames on either side of a distance, 20 s, in which the other distances tell what is chance."""

COMMON = 256
"""Landmarks of the same hash from which on it says nothing: a jingle, a hum."""

JITTER = 1
"""Frames by which the distance may be off, as cuts do not begin on a frame."""


class Shared(NamedTuple):
    """Sound that two recordings share.

    Attributes
    ----------
    one, other
        Their places.
    offset
        Seconds that are to be added to a time in the first to have the time in the other.
    start, end
        Where it lies in the first, seconds.
    matches
        Landmarks that agree.
    """

    one: int
    other: int
    offset: float
    start: float
    end: float
    matches: int


def shared_sound(prints: Sequence[Landmarks]) -> Iterator[Shared]:
    """Yield which recordings share sound; at most one stretch a pair: the one with most landmarks."""
    index = _Index(prints)
    for place, own in enumerate(prints):
        other, there, here = index.look_up(place, own)
        order = np.argsort(other, kind="stable")
        other, there, here = other[order], there[order], here[order]
        bounds = np.flatnonzero(np.diff(other, prepend=-1, append=len(prints)))
        for begin, end in pairwise(bounds):
            found = _best(there[begin:end] - here[begin:end], here[begin:end])
            if found is not None:
                yield Shared(place, int(other[begin]), *found)


class _Index:
    """All landmarks, in order of hash; those of a recording are looked up in those that come after it."""

    def __init__(self, prints: Sequence[Landmarks]) -> None:
        whole = together(prints)
        places = np.repeat(np.arange(len(prints), dtype=np.int32), [len(marks) for marks in prints])
        order = np.argsort(whole.hashes, kind="stable")
        self._hashes, self._frames, self._places = whole.hashes[order], whole.frames[order], places[order]

    def look_up(self, place: int, own: Landmarks) -> tuple[Array, Array, Array]:
        """Return, for each landmark found, in which recording, when there, and when in one's own; int64 [n]."""
        first = np.searchsorted(self._hashes, own.hashes, "left")
        counts = np.searchsorted(self._hashes, own.hashes, "right") - first
        counts[counts > COMMON] = 0
        ends = np.cumsum(counts)
        rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - counts), counts)
        here = np.repeat(own.frames, counts).astype(np.int64)
        later = self._places[rows] > place
        rows = rows[later]
        return self._places[rows].astype(np.int64), self._frames[rows].astype(np.int64), here[later]


def _best(apart: Array, frames: Array) -> tuple[float, float, float, int] | None:
    """Return offset, start, end and landmarks of what most agree on; None where that may be chance."""
    distances, counts = np.unique(apart, return_counts=True)
    sums = _summed(distances, counts)
    best = int(sums.argmax())
    around = int((abs(apart - distances[best]) <= AROUND).sum()) - int(sums[best])
    chance = around * (2 * JITTER + 1) / (2 * AROUND)
    if sums[best] < max(MATCHES, chance + BEYOND_CHANCE * chance**0.5):
        return None
    agreeing = frames[abs(apart - distances[best]) <= JITTER]
    start, end = agreeing.min() / FRAMES_PER_SECOND, (agreeing.max() + 1) / FRAMES_PER_SECOND
    return float(distances[best] / FRAMES_PER_SECOND), float(start), float(end), int(sums[best])


def _summed(distances: Array, counts: Array) -> Array:
    """Return, for each distance, how many landmarks are within :data:`JITTER` of it."""
    total = np.concatenate([[0], np.cumsum(counts)])
    first = np.searchsorted(distances, distances - JITTER, "left")
    last = np.searchsorted(distances, distances + JITTER, "right")
    return np.asarray(total[last] - total[first])
