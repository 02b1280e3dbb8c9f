"""Where one recording may lie on another's clock: by how loud they are, in pieces that vote.

Whoever is far off, in noise, or runs at another speed still gets loud when the other one does. Each piece of the
shorter recording is laid over all of the longer one, and names the few places where it fits best; places that lie on
one line are one candidate. What is right is settled by :mod:`phat`, which looks closely at each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.hearing import ENVELOPE_RATE, Heard
from slceleb_core.types import Array

RISE_SECONDS = 2.0
"""What is slower than that in a level is no mark of a moment: how near somebody stands, a gain that follows."""

LONGEST_PIECE = 30.0
"""Seconds of a piece. A drift of 500 ppm moves sound by 15 ms in it: a frame of the levels and a half."""

SHORTEST_PIECE = 4.0
"""The same, of short recordings: some words."""

MOST_PIECES = 120
"""Of longer recordings so many are laid, evenly spread: an hour is covered without a gap."""

PLACES = 4
"""How many places a piece names."""

CANDIDATES = 5
"""How many lines are looked at closely."""

APART = 0.25
"""Seconds by which two places differ at least; the close look reaches half a second to either side."""

STEEPEST = 1500e-6
"""Drift that is looked for: a pull-down of 1000 ppm is to be told as such, and not as two that share nothing."""

LEAST_OVERLAP = 3.0
"""Seconds of a piece that must lie on the other recording."""

BLOCK_ROWS = 1 << 17
"""Rows of the longer recording that are gone through at a time: 22 minutes, and 25 MB of spectra."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where one recording may lie on the other.

    Attributes
    ----------
    clock
        The second recording's clock, told by the first.
    score
        How well the pieces that vote for it fit, added up.
    """

    clock: Clock
    score: float


@dataclass(frozen=True, slots=True)
class Votes:
    """Where pieces would lie.

    Attributes
    ----------
    times
        float64 [n], seconds: the middle of each piece on the shorter one's clock.
    lags
        float64 [n], seconds: what has to be added for the longer one's clock.
    weights
        float64 [n]: how far above chance it fits there, in standard deviations.
    """

    times: Array
    lags: Array
    weights: Array


def candidates(first: Heard, second: Heard) -> list[Candidate]:
    """Return where the second recording may lie on the first one's clock, likeliest first."""
    if len(second.levels) > len(first.levels):
        return [Candidate(found.clock.inverse(), found.score) for found in candidates(second, first)]
    votes = vote(first, second)
    length = max(second.seconds, 1.0)
    return [Candidate(Clock(lag, drift), score) for lag, drift, score in lines_of(votes, length)]


def shape(levels: Array) -> Array:
    """Return levels float32 [n, bands] without what is slow in them, each band as loud as the others."""
    quick = levels - uniform_filter1d(levels, round(RISE_SECONDS * ENVELOPE_RATE) + 1, axis=0, mode="nearest")
    deviation = quick.std(0)
    return np.asarray(np.clip(quick / np.where(deviation > 0, deviation, np.inf), -3.0, 3.0), np.float32)


def pieces(rows: int) -> list[slice]:
    """Return into which pieces so many rows are cut: half over each other, and a short one as a whole."""
    size = min(max(rows // 3, round(SHORTEST_PIECE * ENVELOPE_RATE)), round(LONGEST_PIECE * ENVELOPE_RATE), rows)
    if not size:
        return []
    count = min(max(math.ceil((rows - size) / (size / 2)) + 1, 1), MOST_PIECES)
    cut = [slice(round(begin), round(begin) + size) for begin in np.linspace(0, rows - size, count)]
    whole = [slice(0, rows)] if size < rows <= 2 * LONGEST_PIECE * ENVELOPE_RATE else []
    return whole + cut


def vote(longer: Heard, shorter: Heard) -> Votes:
    """Return where each piece of the shorter recording fits best on the longer one."""
    over, under = shape(longer.levels), shape(shorter.levels)
    cut = pieces(len(under))
    found = [_Best() for _ in cut]
    reach = max((part.stop - part.start for part in cut), default=0)
    for begin in range(-reach, len(over), BLOCK_ROWS):
        block = over[max(begin, 0) : begin + BLOCK_ROWS + reach]
        if len(block):
            _lay(block, max(begin, 0), (begin, begin + BLOCK_ROWS), under, cut, found)
    times, lags, weights = [], [], []
    for part, best in zip(cut, found, strict=True):
        middle = shorter.start + (part.start + part.stop) / 2.0 / ENVELOPE_RATE
        for row, weight in best.places():
            times.append(middle)
            lags.append(longer.start - shorter.start + (row - part.start) / ENVELOPE_RATE)
            weights.append(weight)
    return Votes(np.array(times), np.array(lags), np.array(weights))


class _Best:
    """The few best places of a piece, none near another."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, int]] = []

    def add(self, rows: Array, weights: Array) -> None:
        """Offer places: the rows int64 [n] at which a piece would begin, and how well it fits."""
        self._kept = _thinned([*self._kept, *zip(weights.tolist(), rows.tolist(), strict=True)])

    def places(self) -> list[tuple[int, float]]:
        """Return row and weight of the best places."""
        return [(row, weight) for weight, row in self._kept if weight > 0]


def _thinned(places: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    kept: list[tuple[float, int]] = []
    for weight, row in sorted(places, reverse=True):
        if all(abs(row - other) > APART * ENVELOPE_RATE for _, other in kept):
            kept.append((weight, row))
        if len(kept) == PLACES:
            break
    return kept


def _lay(
    block: Array, first: int, rows: tuple[int, int], under: Array, cut: Sequence[slice], found: Sequence[_Best]
) -> None:
    """Lay all pieces over one block of the longer recording, at the places that begin in `rows`.

    Parameters
    ----------
    block
        float32 [n, bands].
    first
        Which row of the recording the block begins with.
    rows
        Of the recording: the first place, and the one behind the last.
    under
        The shorter recording, float32 [m, bands].
    cut, found
        Its pieces, and what has been found for each.
    """
    longest = max(part.stop - part.start for part in cut)
    size = next_fast_len(len(block) + 2 * longest, real=True)
    spectra = rfft(block, size, axis=0)
    energy = np.concatenate([[0.0], np.cumsum((block.astype(np.float64) ** 2).sum(1))])
    for part, best in zip(cut, found, strict=True):
        piece = under[part]
        length = len(piece)
        cross = irfft((spectra * np.conj(rfft(piece, size, axis=0))).sum(1), size)
        places = np.arange(max(rows[0], first - length + 1), min(rows[1], first + len(block)))
        starts = places - first  # may be negative: the piece hangs over the block's beginning
        begin, end = np.clip(starts, 0, len(block)), np.clip(starts + length, 0, len(block))
        own = np.concatenate([[0.0], np.cumsum((piece.astype(np.float64) ** 2).sum(1))])
        norm = np.sqrt((energy[end] - energy[begin]) * (own[end - starts] - own[begin - starts]))
        fit = np.where(norm > 0, cross[starts % size] / np.where(norm > 0, norm, 1.0), 0.0)
        shared = end - begin
        weights = np.where(shared >= min(LEAST_OVERLAP * ENVELOPE_RATE, length), fit * np.sqrt(shared), 0.0)
        tops = _peaks(weights)
        best.add(places[tops], weights[tops])


def _peaks(weights: Array) -> Array:
    """Return which places are the best of their neighbourhood, a bounded number of them."""
    top = np.flatnonzero((weights > 0) & (weights >= maximum_filter1d(weights, 2 * round(APART * ENVELOPE_RATE) + 1)))
    return top[np.argsort(-weights[top], kind="stable")[: 2 * PLACES]]


def lines_of(votes: Votes, length: float) -> list[tuple[float, float, float]]:
    """Return lag at time 0, drift and score of the lines on which most votes lie, best first.

    Parameters
    ----------
    votes
        The pieces' places.
    length
        Seconds of the recording that was cut: it says how finely drifts are tried.
    """
    weights = np.maximum(votes.weights, 0.0) ** 2
    step = min(2.0 * APART / 4 / length, 2 * STEEPEST)
    drifts = np.arange(-math.floor(STEEPEST / step), math.floor(STEEPEST / step) + 1) * step
    found: list[tuple[float, float, float]] = []
    left = weights.copy()
    for _ in range(CANDIDATES):
        if not left.any():
            break
        best = max((_fullest(votes, left, float(drift)) for drift in drifts), key=lambda line: (line[2], -abs(line[1])))
        found.append(best)
        left = np.where(np.abs(votes.lags - best[1] * votes.times - best[0]) <= APART / 2, 0.0, left)
    return found


def _fullest(votes: Votes, weights: Array, drift: float) -> tuple[float, float, float]:
    """Return the line of one drift round which the weights are largest."""
    levels = votes.lags - drift * votes.times
    order = np.argsort(levels)
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    ends = np.searchsorted(levels[order], levels[order] + APART / 2, side="right")
    sums = total[ends] - total[:-1]
    place = int(np.argmax(sums))
    within = order[place : ends[place]]
    level = float(np.average(levels[within], weights=weights[within])) if weights[within].any() else 0.0
    return level, drift, float(sums[place])
