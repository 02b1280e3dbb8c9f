"""Long holes in a sound, folded away: what is done all through a sound costs by what is heard, not by what time passes.

A file whose clock jumps by twenty hours has twenty hours of nothing. Of a hole that is longer than
:data:`LONGEST_HOLE` only the first and last part are kept, as silence: more than any measure looks around, so that what
is on either side is judged as if all of it were there.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, SparseSound, WholeSound

LONGEST_HOLE = 120.0
"""Seconds without a sample up to which a hole is silence like any other: measures look half a minute around, and by
blocks of ten seconds."""

KEPT = 100.0
"""Seconds that are left of a longer hole, at the least; half of them on either side."""

GRID = 320_000
"""Samples (20 s) of which what is folded away is a multiple, so that every moment keeps its place on the grids that go
through a sound: of 160 samples in blocks of 1000, of 512 samples, and of 5 s. Folds begin on a grid of it, too."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch that is folded away.

    Attributes
    ----------
    first
        Its first sample, counted from PTS 0.
    count
        How many samples it has.
    """

    first: int
    count: int


class Folding:
    """The clock that is left when stretches are folded away, and back.

    Parameters
    ----------
    folds
        In order.
    """

    def __init__(self, folds: Sequence[Fold] = ()) -> None:
        self.folds = tuple(folds)
        lost = np.cumsum([0, *(fold.count for fold in self.folds)], dtype=np.int64)
        self._starts = np.array([fold.first for fold in self.folds], np.int64)
        self._ends = np.array([fold.first + fold.count for fold in self.folds], np.int64)
        self._lost = lost
        self._places = self._starts - lost[:-1]

    def fold(self, samples: Array) -> tuple[Array, Array]:
        """Return places on the folded clock, and which of them are there.

        Parameters
        ----------
        samples
            [n], whole or not, counted in samples from PTS 0.
        """
        number = np.searchsorted(self._ends, samples, side="right")
        inside = np.zeros(len(samples), dtype=bool)
        if self.folds:
            ahead = np.minimum(number, len(self.folds) - 1)
            inside = (number < len(self.folds)) & (samples >= self._starts[ahead])
        return samples - self._lost[number], ~inside

    def unfold(self, samples: Array) -> Array:
        """Return the places, counted in samples from PTS 0, of places on the folded clock."""
        return np.asarray(samples + self._lost[np.searchsorted(self._places, samples, side="right")])

    def folded(self, times: Array) -> tuple[Array, Array]:
        """Return PTS seconds, float64 [n], on the folded clock, and which are there; without folds just as they are."""
        if not self.folds:
            return times, np.ones(len(times), dtype=bool)
        samples, there = self.fold(times * SAMPLE_RATE)
        return samples / SAMPLE_RATE, there

    def unfolded(self, times: Array) -> Array:
        """Return the PTS seconds of times of the folded clock, float64 [n]."""
        return times if not self.folds else self.unfold(times * SAMPLE_RATE) / SAMPLE_RATE

    def within(self, first: float, last: float) -> list[tuple[float, float]]:
        """Return the stretches that a stretch of the folded clock is made of: PTS seconds."""
        borders = [place / SAMPLE_RATE for place in self._places if first < place / SAMPLE_RATE < last]
        edges = [first, *borders, last]
        found = []
        for begin, end in itertools.pairwise(edges):
            shift = self._lost[bisect_right(self._places.tolist(), round(begin * SAMPLE_RATE))] / SAMPLE_RATE
            found.append((begin + shift, end + shift))
        return found


UNFOLDED = Folding()
"""Nothing is folded away."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldedSound:
    """A sound on the folded clock.

    Attributes
    ----------
    sound
        It.
    folding
        What is folded away.
    """

    sound: WholeSound
    folding: Folding

    @property
    def start(self) -> float:
        """Second of the first sample."""
        return self.sound.start

    @property
    def end(self) -> float:
        """Second just behind the last sample."""
        return self.sound.end - sum(fold.count for fold in self.folding.folds) / SAMPLE_RATE

    def span(self, start: float, end: float) -> AudioSpan:
        """Return the sound from `start` to `end` of the folded clock; silence where there is none."""
        parts = self.folding.within(start, end)
        if len(parts) < 2:
            begin, until = parts[0]
            return self.sound.span(begin, until)
        spans = [self.sound.span(*part) for part in parts]
        count = round((end - start) * spans[0].rate)
        samples = np.concatenate([span.samples for span in spans], axis=-1)[..., :count]
        missing = [(0, 0)] * (samples.ndim - 1) + [(0, count - samples.shape[-1])]
        return replace(spans[0], samples=np.pad(samples, missing), start=start)


def folding_of(sound: WholeSound) -> Folding:
    """Return what is folded away of a sound: nothing, where it does not tell of holes, or they are short."""
    folds = []
    for begin, end in sound.holes if isinstance(sound, SparseSound) else ():
        first = -(-round((begin + KEPT / 2) * SAMPLE_RATE) // GRID) * GRID
        count = (round((end - KEPT / 2) * SAMPLE_RATE) - first) // GRID * GRID
        if end - begin > LONGEST_HOLE and count > 0:
            folds.append(Fold(first, count))
    return Folding(folds)


def folded(sound: WholeSound) -> WholeSound:
    """Return a sound on the folded clock of :func:`folding_of`; itself, where nothing is folded away."""
    folding = folding_of(sound)
    return FoldedSound(sound, folding) if folding.folds else sound
