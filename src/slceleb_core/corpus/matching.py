"""Which recordings share sound, by their landmarks: the same hashes at the same distance in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from slceleb_core.corpus.landmarks import FRAMES_PER_SECOND, Landmarks
from slceleb_core.types import Array

MATCHES = 12
"""Landmarks that must agree; two clips of different speech, of 3 to 10 s, were seen to agree by chance in 3 at most."""

BEYOND_CHANCE = 10.0
"""How many standard deviations above chance they must be; it counts for recordings of hours."""

AROUND = 1250
"""Frames on either side of a distance, 20 s, in which the other distances tell what is chance."""

COMMON = 64
"""Recordings that share a hash from which on it says nothing of any of them."""

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


@dataclass(frozen=True, slots=True, eq=False)
class _Index:
    """All landmarks, in order of hash, then of recording."""

    hashes: Array
    places: Array
    frames: Array


def shared_sound(prints: Sequence[Landmarks]) -> Iterator[Shared]:
    """Yield which recordings share sound; at most one stretch a pair: the one with most landmarks."""
    index = _indexed(prints)
    firsts, seconds = _coincidences(index)
    one, other = index.places[firsts], index.places[seconds]
    apart = index.frames[seconds] - index.frames[firsts]
    order = np.lexsort((apart, other, one))
    one, other, apart, firsts = one[order], other[order], apart[order], firsts[order]
    ends = np.flatnonzero(np.diff(one * len(prints) + other)) + 1
    for group in np.split(np.arange(len(one)), ends) if len(one) else ():
        found = _best(apart[group], index.frames[firsts[group]])
        if found is not None:
            yield Shared(int(one[group[0]]), int(other[group[0]]), *found)


def _indexed(prints: Sequence[Landmarks]) -> _Index:
    hashes = np.concatenate([one.hashes for one in prints] or [np.zeros(0, np.int64)])
    frames = np.concatenate([one.frames for one in prints] or [np.zeros(0, np.int64)])
    places = np.repeat(np.arange(len(prints)), [len(one) for one in prints])
    order = np.lexsort((places, hashes))
    return _Index(hashes[order], places[order], frames[order])


def _coincidences(index: _Index) -> tuple[Array, Array]:
    """Return the rows of every two landmarks of the same hash in different recordings."""
    firsts, seconds = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    size = len(index.hashes)
    for step in range(1, COMMON):
        rows = np.arange(max(size - step, 0))
        same = index.hashes[rows] == index.hashes[rows + step]
        if not same.any():
            break
        rows = rows[same & (index.places[rows] != index.places[rows + step])]
        firsts.append(rows)
        seconds.append(rows + step)
    return np.concatenate(firsts), np.concatenate(seconds)


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
