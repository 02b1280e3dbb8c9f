"""How likely each lag makes what is seen, stretch by stretch: for one lag, one that drifts, and one that jumps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from slceleb_core.types import Array, LagEvidence

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
        return np.asarray(np.log(NEAR_SHARE * near / max(near.sum(), 1) + (1.0 - NEAR_SHARE) / len(self.lags)))

    def __len__(self) -> int:
        return len(self.times)

    def part(self, chosen: slice | Array) -> Board:
        """Return some of the stretches."""
        return Board(self.lags, self.times[chosen], self.logs[chosen])

    def posterior(self) -> Array:
        """Return the log of how likely each lag and what is seen are together, beside no lag: float64 [m]."""
        return np.asarray(self.expected + self.logs.sum(axis=0))

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
        return np.asarray(self.expected + np.where(inside, rows, np.log(1.0 - OWN_VOICE)).sum(axis=0))

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
        if len(self) < 2:
            return -np.inf
        before, behind = self.steps()
        every = logsumexp(before, axis=1) + logsumexp(behind, axis=1)
        return float(logsumexp(every) - np.log(len(every)))

    def weighed(self) -> dict[str, float]:
        """Return the log ratio of each kind of lag to none, times how often it is that one."""
        found = {"constant": self.constant(), "drift": self.drifting(), "jump": self.jumping()}
        return {kind: float(np.log(SHARES[kind])) + ratio for kind, ratio in found.items()}
