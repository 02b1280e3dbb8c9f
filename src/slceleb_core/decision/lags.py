"""By how much the sound of a video is early or late, told from what its faces show: arithmetic of evidence.

Three things can be: one lag that holds all through, one that grows by the same amount every second (two clocks), and
one that changes from one moment on (a reel that was joined badly). And none: a dub, a voice over faces that are silent.
How likely each makes what is seen follows from how likely each lag is beforehand and from what every stretch of every
face shows at it (``LagEvidence.ratio``); the one that makes it likeliest is taken, if it does so beyond chance.

Most lags are small. So the larger ones are believed together as much as a third of the small ones, each by itself forty
times less: whoever looks far finds something by chance, and has to find more of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp
from scipy.stats import t as student

from slceleb_core.decision.lag_board import Board
from slceleb_core.decision.lag_findings import Estimate, Finding, Jump, ShotLag
from slceleb_core.types import Array, LagEvidence

BEYOND_CHANCE = 8.0
"""The log ratio of some lag to none from which on one is believed. Chance gives as much once in three thousand videos
at most, where stretches are independent, as the mean of such a ratio over sounds that do not belong to the lips is 1
(Markov's inequality). Where they are not, it gives more: six people who say sentences of one rhythm, all with the same
three seconds of another's voice, came to 7.9 (``docs/resync.md``)."""

AGREED = 3.0
"""The log ratio that all stretches but the best one must add up to, at the lag that is found: one stretch of five
seconds goes now and then with a wrong sound (``docs/resync.md``)."""

ALIKE, CERTAIN = 0.06, 0.95
"""Seconds around the likeliest lag, and how likely the lag must lie there: syllables follow each other every 0.2 s, so
that a weak talker seems to fit a syllable too early, too."""

SURE_SECONDS = 12.0
"""Seconds of lips beside a voice from which on it means something that no lag fits."""

TELLING = 1.0
"""The log ratio from which on a stretch has a lag of its own."""

SCATTER, SCATTER_COUNT = 0.015, 4
"""Seconds by which the lags of stretches scatter as a rule, and for how many of them that counts."""

INTERVAL = 0.95
"""What intervals hold the true value for."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What one face shows of the lag within a few seconds of a shot.

    Attributes
    ----------
    shot
        Number of the shot.
    evidence
        What is seen.
    """

    shot: int
    evidence: LagEvidence


def measure(stretches: Sequence[Stretch]) -> Finding:
    """Return what stretches of a video show of the lag of its sound.

    Parameters
    ----------
    stretches
        In any order, all with the same lags.

    Raises
    ------
    ValueError
        Their lags differ.
    """
    seen = sorted(stretches, key=lambda stretch: stretch.evidence.middle)
    if not seen:
        return Finding("unknown")
    board = Board.of([stretch.evidence for stretch in seen])
    weighed = board.weighed()
    seconds = float(sum(stretch.evidence.seconds for stretch in seen))
    evidence = float(logsumexp(list(weighed.values())))
    nothing = Finding("dub" if seconds >= SURE_SECONDS and evidence < 0.0 else "unknown")
    found = nothing if evidence < BEYOND_CHANCE else believed(board, weighed) or nothing
    return replace(found, seconds=seconds, evidence=evidence, shots=tuple(of_shots(seen)))


def believed(board: Board, weighed: Mapping[str, float]) -> Finding | None:
    """Return which lag fits beyond chance; None: none does, or it cannot be told which.

    Parameters
    ----------
    board
        The stretches.
    weighed
        As of ``Board.weighed``.
    """
    kind = max(weighed, key=lambda name: weighed[name])
    found = {"constant": _constant, "drift": _drift, "jump": _jump}[kind](board)
    if found is None and weighed[kind] < weighed["constant"] + AGREED:
        return _constant(board)  # which fits about as well, and asks for less
    return found


def _constant(board: Board) -> Finding | None:
    lag = lag_of(board, board.posterior(), np.zeros(len(board)))
    return None if lag is None else Finding("constant", lag=lag)


def _drift(board: Board) -> Finding | None:
    """Return a drift, if its interval does not hold 0."""
    changes = board.drifts()
    change = float(changes[np.argmax([logsumexp(board.along(change)) for change in changes])])
    length = max(float(board.times[-1] - board.times[0]), 1e-9)
    middle = float(board.times[0] + board.times[-1]) / 2
    off = change * (board.times - middle) / length
    rough = lag_of(board, board.along(change), off, AGREED + float(np.log(len(changes))))
    if rough is None:
        return None
    told, lags = own_lags(board, rough.value + off)
    slope, spread, lag = line(board.times[told] - middle, lags)
    reach = spread * float(student.ppf((1 + INTERVAL) / 2, len(lags) - 2 + SCATTER_COUNT))
    drift = Estimate(1e6 * slope, 1e6 * (slope - reach), 1e6 * (slope + reach))
    half = (rough.high - rough.low) / 2
    return Finding("drift", lag=Estimate(lag, lag - half, lag + half), drift=drift) if drift.beyond(0.0, 0.0) else None


def _jump(board: Board) -> Finding | None:
    """Return a jump, if either side has a lag of its own, and they are not the same."""
    before, behind = board.steps()
    place = int(np.argmax(logsumexp(before, axis=1) + logsumexp(behind, axis=1))) + 1
    sides = [board.part(slice(None, place)), board.part(slice(place, None))]
    lags = [lag_of(side, side.posterior(), np.zeros(len(side))) for side in sides]
    if lags[0] is None or lags[1] is None or not lags[0].beyond(lags[1].low, lags[1].high):
        return None
    time = float(board.times[place - 1] + board.times[place]) / 2
    return Finding("jump", jump=Jump(time, lags[0], lags[1]))


def lag_of(board: Board, posterior: Array, off: Array, agreed: float = AGREED) -> Estimate | None:
    """Return a lag that fits beyond chance; None where none does.

    Parameters
    ----------
    board
        The stretches.
    posterior
        float64 [m]: log of how likely each lag and what is seen are together, beside no lag.
    off
        float64 [n]: by how much each stretch's own lag is off that, seconds.
    agreed
        The log ratio that all stretches but the best one must add up to: more, where `off` was chosen among many.
    """
    best = int(np.argmax(posterior))
    likely = np.exp(posterior - logsumexp(posterior))
    near = np.abs(board.lags - board.lags[best]) <= ALIKE + 1e-9
    ratios = ratios_at(board, board.lags[best] + off)
    others = ratios.sum() - ratios.max()
    if logsumexp(posterior) < BEYOND_CHANCE or likely[near].sum() < CERTAIN or others < agreed:
        return None
    told, lags = own_lags(board, board.lags[best] + off)
    return mean_of(lags - off[told])


def ratios_at(board: Board, lags: Array) -> Array:
    """Return what each stretch shows at a lag of its own, float64 [n] seconds: float64 [n]."""
    step = board.lags[1] - board.lags[0]
    places = np.clip(np.rint((lags - board.lags[0]) / step).astype(int), 0, len(board.lags) - 1)
    return np.asarray(board.logs[np.arange(len(board)), places])


def own_lags(board: Board, around: Array) -> tuple[Array, Array]:
    """Return which stretches tell a lag near one that is expected, and those lags.

    Parameters
    ----------
    board
        The stretches.
    around
        float64 [n]: what is expected of each, seconds.

    Returns
    -------
    int64 [k] and float64 [k], k > 0: the mean of the lags up to `ALIKE` around what is expected, each by how likely it
    is; of the stretch that tells most where none tells much.
    """
    near = np.abs(board.lags - around[:, None]) <= ALIKE + 1e-9
    logs = np.where(near, board.logs, -np.inf)
    highest = logs.max(axis=1)
    told = np.flatnonzero(highest >= min(TELLING, float(highest.max())))
    likely = np.exp(logs[told] - highest[told, None])
    return told, np.asarray((likely * board.lags).sum(axis=1) / likely.sum(axis=1))


def mean_of(lags: Array) -> Estimate:
    """Return the median of lags, float64 [n] seconds, and how sure their mean is; n > 0."""
    middle = float(np.median(lags))
    squares = float(((lags - middle) ** 2).sum()) + SCATTER_COUNT * SCATTER**2
    freedom = len(lags) - 1 + SCATTER_COUNT
    reach = float(student.ppf((1 + INTERVAL) / 2, freedom)) * np.sqrt(squares / freedom / len(lags))
    return Estimate(middle, middle - float(reach), middle + float(reach))


def line(times: Array, lags: Array) -> tuple[float, float, float]:
    """Return slope, its standard error, and the lag at time 0 of the line through lags, by least squares."""
    design = np.stack([times, np.ones(len(times))], axis=1)
    (slope, lag), *_ = np.linalg.lstsq(design, lags, rcond=None)
    left = lags - design @ (slope, lag)
    variance = (float(left @ left) + SCATTER_COUNT * SCATTER**2) / max(len(lags) - 2 + SCATTER_COUNT, 1)
    spread = float(((times - times.mean()) ** 2).sum())
    return float(slope), float(np.sqrt(variance / max(spread, 1e-12))), float(lag)


def of_shots(stretches: Sequence[Stretch]) -> list[ShotLag]:
    """Return what each shot shows by itself, in order."""
    found = []
    for shot in sorted({stretch.shot for stretch in stretches}):
        seen = [stretch.evidence for stretch in stretches if stretch.shot == shot]
        logs = Board.of(seen).logs.sum(axis=0)
        best = int(np.argmax(logs))
        start, end = min(one.start for one in seen), max(one.end for one in seen)
        seconds = float(sum(one.seconds for one in seen))
        found.append(ShotLag(shot, start, end, seconds, float(seen[0].lags[best]), float(logs[best])))
    return found
