"""By how much the sound of a video is early or late, told from what its faces show: arithmetic of evidence.

Three things can be: one lag that holds all through, one that grows by the same amount every second (two clocks), and
one that changes from one moment on (a reel that was joined badly). And none: a dub, a voice over faces that are silent.
How likely each makes what is seen follows from how likely each lag is beforehand and from what every stretch of every
face shows at it (``LagEvidence.ratio``); the one that makes it likeliest is taken, if it does so beyond chance.

Most lags are small. So the larger ones are believed together as much as a third of the small ones, each by itself forty
times less: whoever looks far finds something by chance, and has to find more of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import logsumexp
from scipy.stats import t as student

from slceleb_core.types import Array, JsonValue, LagEvidence

SEARCH = 1.2
"""Seconds by which a sound may be early or late to be found. What is further off is seen by anybody."""

NEAR, NEAR_SHARE = 0.2, 0.75
"""Seconds within which the lag of most videos lies, and how many are such: clips from the web are up to 0.13 s late or
0.1 s early, one of thirteen is 0.24 s late (``docs/resync.md``)."""

OWN_VOICE = 0.5
"""How often a stretch of a face that moves its lips beside a voice shows it with its own."""

STRAY = 0.02
"""Seconds by which the lag of a stretch deviates from that of the video: one step of the evidence."""

DRIFTS, DRIFT_STEP = 1.0, 0.04
"""Seconds by which a lag may grow or shrink over a video, and the steps that are tried."""

SHARES = {"constant": 0.9, "drift": 0.05, "jump": 0.05}
"""How often it is which, where any lag fits."""

BEYOND_CHANCE = 7.0
"""The log ratio of some lag to none from which on one is believed. Chance gives as much once in a thousand videos at
most, as the mean of such a ratio over sounds that do not belong to the lips is 1 (Markov's inequality)."""

AGREED = 3.0
"""The log ratio that all stretches but the best one must add up to, at the lag that is found: one stretch of five
seconds goes now and then with a wrong sound (``docs/resync.md``)."""

ALIKE, CERTAIN = 0.06, 0.95
"""Seconds around the likeliest lag, and how likely the lag must lie there: syllables follow each other every 0.2 s, so a
weak talker seems to fit a syllable too early, too."""

SURE_SECONDS = 12.0
"""Seconds of lips beside a voice from which on it means something that no lag fits."""

TELLING = 1.0
"""The log ratio from which on a stretch has a lag of its own."""

SCATTER, SCATTER_COUNT = 0.015, 4
"""Seconds by which the lags of stretches scatter as a rule, and for how many of them that counts."""

EARLY, LATE = 0.09, 0.185
"""Seconds by which a sound may come before its pictures, and after them, and still be acceptable (ITU-R BT.1359-1)."""

INTERVAL = 0.95
"""What intervals hold the true value for."""

Kind: TypeAlias = Literal["constant", "drift", "jump", "dub", "unknown"]


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


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the interval that holds the true one in 95 of 100 cases.

    Attributes
    ----------
    value, low, high
        All in one unit.
    """

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} does not lie between {self.low} and {self.high}")

    def to_json(self, unit: float = 1.0) -> dict[str, JsonValue]:
        """Return it JSON-ready, times `unit`."""
        return {name: round(unit * getattr(self, name), 1) for name in ("value", "low", "high")}

    def beyond(self, low: float, high: float) -> bool:
        """Tell whether all of the interval lies outside of `low` to `high`."""
        return self.high < low or self.low > high


@dataclass(frozen=True, slots=True)
class Jump:
    """A moment from which on another lag holds.

    Attributes
    ----------
    time
        PTS seconds: in the middle between the stretches before and behind.
    before, behind
        Lags, seconds.
    """

    time: float
    before: Estimate
    behind: Estimate


@dataclass(frozen=True, slots=True)
class ShotLag:
    """What one shot shows by itself.

    Attributes
    ----------
    shot
        Its number.
    start, end
        PTS seconds of what of it tells.
    seconds
        How much that is.
    lag
        The lag that fits it best, seconds.
    evidence
        The log ratio at that lag: below 0, it says nothing.
    """

    shot: int
    start: float
    end: float
    seconds: float
    lag: float
    evidence: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured.

    Attributes
    ----------
    kind
        ``constant``: one lag holds all through. ``drift``: it grows or shrinks. ``jump``: it changes at one moment.
        ``dub``: no lag fits, and there was enough to see. ``unknown``: there was not.
    seconds
        Of lips that move beside a voice.
    evidence
        The log ratio of some lag to none; -inf where there was nothing to see.
    lag
        Of ``constant``, and of ``drift`` in the middle of the video; seconds by which the sound is late.
    drift
        Of ``drift``: millionths by which the lag grows.
    jump
        Of ``jump``.
    shots
        What each shot shows by itself.
    """

    kind: Kind
    seconds: float
    evidence: float
    lag: Estimate | None = None
    drift: Estimate | None = None
    jump: Jump | None = None
    shots: tuple[ShotLag, ...] = ()

    def correction(self, early: float = EARLY, late: float = LATE) -> float | None:
        """Return the seconds by which the sound has to be heard earlier; None where nothing is to be done.

        That is where there is not one lag that holds all through, and where that may be acceptable: where its interval
        does not lie beyond what is.

        Parameters
        ----------
        early, late
            Seconds by which a sound may be early and late.
        """
        if self.kind != "constant" or self.lag is None or not self.lag.beyond(-early, late):
            return None
        return self.lag.value

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready; lags in milliseconds."""
        told: dict[str, JsonValue] = {"kind": self.kind, "seconds": round(self.seconds, 1)}
        told["evidence"] = round(self.evidence, 1) if math.isfinite(self.evidence) else None
        if self.lag is not None:
            told["lag_ms"] = self.lag.to_json(1000.0)
        if self.drift is not None:
            told["drift_ppm"] = self.drift.to_json()
        if self.jump is not None:
            sides = {"before_ms": self.jump.before.to_json(1000.0), "behind_ms": self.jump.behind.to_json(1000.0)}
            told["jump"] = {"time": round(self.jump.time, 2), **sides}
        return told


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
        return Finding("unknown", 0.0, -np.inf)
    board = Board.of([stretch.evidence for stretch in seen])
    seconds = float(sum(stretch.evidence.seconds for stretch in seen))
    shots = tuple(of_shots(seen))
    found = believed(board)
    evidence = board.believability()
    if found is not None:
        return Finding(found.kind, seconds, evidence, found.lag, found.drift, found.jump, shots)
    kind: Kind = "dub" if seconds >= SURE_SECONDS and evidence < 0.0 else "unknown"
    return Finding(kind, seconds, evidence, shots=shots)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """What is seen at each lag, stretch by stretch.

    Attributes
    ----------
    lags
        float64 [m]: seconds.
    times
        float64 [n]: PTS seconds of the middles, rising.
    logs
        float64 [n, m]: the log ratio that a stretch has its lag there, to its being no voice of its face.
    """

    lags: Array
    times: Array
    logs: Array

    @classmethod
    def of(cls, seen: Sequence[LagEvidence]) -> Board:
        """Return that of evidence in order of time."""
        lags = seen[0].lags
        if any(len(one.lags) != len(lags) or not np.allclose(one.lags, lags) for one in seen):
            raise ValueError("stretches were looked at with different lags")
        steps = (lags[:, None] - lags) / max(STRAY, seen[0].step / 2)
        kernel = np.exp(-0.5 * steps**2)
        kernel /= kernel.sum(axis=1, keepdims=True)
        ratios = np.array([one.ratio for one in seen])
        highest = ratios.max(axis=1, keepdims=True)
        strayed = highest + np.log(np.exp(ratios - highest) @ kernel.T)
        logs = np.logaddexp(np.log(1.0 - OWN_VOICE), np.log(OWN_VOICE) + strayed)
        return cls(lags, np.array([one.middle for one in seen]), logs)

    @property
    def expected(self) -> Array:
        """float64 [m]: the logarithm of how likely each lag is beforehand."""
        near = np.abs(self.lags) <= NEAR + 1e-9
        return np.log(NEAR_SHARE * near / max(near.sum(), 1) + (1.0 - NEAR_SHARE) / len(self.lags))

    def __len__(self) -> int:
        return len(self.times)

    def part(self, chosen: slice | Array) -> Board:
        """Return some of the stretches."""
        return Board(self.lags, self.times[chosen], self.logs[chosen])

    def posterior(self) -> Array:
        """Return the log of how likely each lag and what is seen are together, beside no lag: float64 [m]."""
        return self.expected + self.logs.sum(axis=0)

    def drifts(self) -> Array:
        """Return by how much a lag may have changed from the first stretch to the last, seconds: float64 [d]."""
        steps = np.arange(1, round(DRIFTS / DRIFT_STEP) + 1) * DRIFT_STEP
        return np.concatenate([-steps[::-1], steps])

    def along(self, change: float) -> Array:
        """Return what :meth:`posterior` does where the lag changes by so much: by the lag in the middle, [m]."""
        first, last = self.times[0], self.times[-1]
        off = change * ((self.times - (first + last) / 2) / max(last - first, 1e-9))
        step = self.lags[1] - self.lags[0]
        places = np.arange(len(self.lags)) + np.rint(off / step).astype(int)[:, None]
        inside = (places >= 0) & (places < len(self.lags))
        rows = np.take_along_axis(self.logs, np.clip(places, 0, len(self.lags) - 1), axis=1)
        return self.expected + np.where(inside, rows, np.log(1.0 - OWN_VOICE)).sum(axis=0)

    def steps(self) -> tuple[Array, Array]:
        """Return what :meth:`posterior` does before and behind each place between stretches: float64 [n - 1, m] each.

        Stretches of one moment are on one side.
        """
        running = np.cumsum(self.logs, axis=0)
        before = running[:-1]
        return self.expected + before, self.expected + running[-1] - before

    def constant(self) -> float:
        """Return the log ratio of one lag that holds all through to none."""
        return float(logsumexp(self.posterior()))

    def drifting(self) -> float:
        """Return that of one that grows or shrinks."""
        every = np.array([logsumexp(self.along(change)) for change in self.drifts()])
        return float(logsumexp(every) - np.log(len(every)))

    def jumping(self) -> float:
        """Return that of one that changes at one moment."""
        if len(self) < 2:  # noqa: PLR2004 - nothing lies between
            return -np.inf
        before, behind = self.steps()
        every = logsumexp(before, axis=1) + logsumexp(behind, axis=1)
        return float(logsumexp(every) - np.log(len(every)))

    def weighed(self) -> dict[str, float]:
        """Return the log ratio of each kind of lag to none, times how often it is that one."""
        found = {"constant": self.constant(), "drift": self.drifting(), "jump": self.jumping()}
        return {kind: float(np.log(SHARES[kind])) + ratio for kind, ratio in found.items()}

    def believability(self) -> float:
        """Return the log ratio of any lag to none."""
        return float(logsumexp(list(self.weighed().values())))


@dataclass(frozen=True, slots=True)
class Believed:
    """What is believed of a lag."""

    kind: Kind
    lag: Estimate | None = None
    drift: Estimate | None = None
    jump: Jump | None = None


def believed(board: Board) -> Believed | None:
    """Return which lag fits beyond chance; None: none does, or it cannot be told which."""
    weighed = board.weighed()
    if logsumexp(list(weighed.values())) < BEYOND_CHANCE:
        return None
    kind = max(weighed, key=lambda name: weighed[name])
    if kind == "jump":
        return _jump(board) or _constant(board)
    if kind == "drift":
        return _drift(board) or _constant(board)
    return _constant(board)


def _constant(board: Board) -> Believed | None:
    lag = lag_of(board, board.posterior(), np.zeros(len(board)))
    return None if lag is None else Believed("constant", lag)


def _drift(board: Board) -> Believed | None:
    """Return a drift, if its interval does not hold 0."""
    changes = board.drifts()
    change = float(changes[np.argmax([logsumexp(board.along(change)) for change in changes])])
    length = float(board.times[-1] - board.times[0])
    middle = float(board.times[0] + board.times[-1]) / 2
    rough = lag_of(board, board.along(change), change * (board.times - middle) / length)
    if rough is None:
        return None
    told, lags = own_lags(board, rough.value + change * (board.times - middle) / length)
    slope, spread, lag = line(board.times[told] - middle, lags)
    reach = spread * float(student.ppf((1 + INTERVAL) / 2, len(lags) - 2 + SCATTER_COUNT))
    drift = Estimate(1e6 * slope, 1e6 * (slope - reach), 1e6 * (slope + reach))
    half = (rough.high - rough.low) / 2
    return Believed("drift", Estimate(lag, lag - half, lag + half), drift) if drift.beyond(0.0, 0.0) else None


def _jump(board: Board) -> Believed | None:
    """Return a jump, if either side has a lag of its own, and they are not the same."""
    before, behind = board.steps()
    place = int(np.argmax(logsumexp(before, axis=1) + logsumexp(behind, axis=1))) + 1
    sides = [board.part(slice(None, place)), board.part(slice(place, None))]
    lags = [lag_of(side, side.posterior(), np.zeros(len(side))) for side in sides]
    if lags[0] is None or lags[1] is None or not lags[0].beyond(lags[1].low, lags[1].high):
        return None
    time = float(board.times[place - 1] + board.times[place]) / 2
    return Believed("jump", jump=Jump(time, lags[0], lags[1]))


def lag_of(board: Board, posterior: Array, off: Array) -> Estimate | None:
    """Return a lag that fits beyond chance; None where none does.

    Parameters
    ----------
    board
        The stretches.
    posterior
        float64 [m]: log of how likely each lag and what is seen are together, beside no lag.
    off
        float64 [n]: by how much each stretch's own lag is off that, seconds.
    """
    best = int(np.argmax(posterior))
    likely = np.exp(posterior - logsumexp(posterior))
    near = np.abs(board.lags - board.lags[best]) <= ALIKE + 1e-9
    ratios = ratios_at(board, board.lags[best] + off)
    agreed = ratios.sum() - ratios.max()
    if logsumexp(posterior) < BEYOND_CHANCE or likely[near].sum() < CERTAIN or agreed < AGREED:
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
