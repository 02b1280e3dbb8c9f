"""The lag of a video: by how much its sound comes after its pictures, as far as all that is seen in it tells.

Whoever searches a lag finds one, for a wrong voice as well. So what a face shows at a lag is worth as much as that lag
is to be expected: from what videos are like, and from what the rest of this video shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

import numpy as np

from slceleb_core.types import Array
from slceleb_speaker_xcorr.comparison import Comparison
from slceleb_speaker_xcorr.evidence import log_ratio

USUAL, SPREAD, SHARE = 0.05, 0.09, 0.75
"""Seconds around which the lag of most videos lies, their deviation, and how many are such; of the others any is as
likely. Of ten talkers from the web six were 100 to 120 ms late, twelve clips at hand lie between -80 and 120 ms."""

OWN_VOICE = 0.5
"""How often a stretch of a face shows it with its own voice. Where it does not, nothing is told of the lag."""

CHUNK = 15.0
"""Seconds of a stretch, from PTS 0: as long as a wrong voice can be told by itself."""

STRAY = 1.0
"""Moments of the grid by which the lag at one time deviates from that of the video."""

ELSEWHERE = 0.03
"""Share of faces whose sound came over another line than that of the others, with a lag of its own."""

KNOWN, CERTAIN, NEIGHBOURS = 3.0, 0.9, 2
"""The lag of a video is said where some stretch favours it by so much (a log ratio), and the lags up to so many steps
from it are so likely, taken together."""


def usual_lags(lags: Array) -> Array:
    """Return how likely each of the lags, float64 [m] seconds, is for a video of which nothing is known: [m]."""
    near = np.exp(-0.5 * ((lags - USUAL) / SPREAD) ** 2)
    return np.asarray(SHARE * near / near.sum() + (1.0 - SHARE) / len(lags))


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """What one face shows in one stretch, or in a part of it.

    Attributes
    ----------
    compared
        Sums over the moments there, with n = 1.
    moment
        The weighted sum of the moments, PTS seconds.
    """

    compared: Comparison
    moment: float

    def __add__(self, other: Chunk) -> Chunk:
        return Chunk(self.compared + other.compared, self.moment + other.moment)

    @property
    def weight(self) -> float:
        """That of all moments."""
        return float(self.compared.near.count[0])

    @property
    def middle(self) -> float:
        """PTS seconds around which it was seen."""
        return self.moment / max(self.weight, 1e-9)

    def evidence(self) -> Array:
        """Return, for each lag, the log ratio of what is seen with it and without any: float64 [m]."""
        near = self.compared.near
        ratio = log_ratio(near.correlations(), *self.compared.by_chance(), near.clear)[:, 0]
        return np.asarray(np.logaddexp(np.log(1.0 - OWN_VOICE), np.log(OWN_VOICE) + ratio))


@dataclass(frozen=True, eq=False)
class LagBelief:
    """What is known of the lag. What holds for the whole video is worked out once, and looked up for each span.

    Attributes
    ----------
    lags
        float64 [m]: seconds.
    middles
        float64 [c]: PTS seconds of the stretches, rising.
    evidence
        float64 [c, m]: the log ratio of each.
    """

    lags: Array
    middles: Array
    evidence: Array

    @cached_property
    def known(self) -> float | None:
        """The lag of the video in seconds; None where it cannot be told."""
        if not len(self.middles):
            return None
        likely = self._likely(self.evidence.sum(axis=0)[:, None])[:, 0]
        best = int(np.argmax(likely))
        near = slice(max(best - NEIGHBOURS, 0), best + NEIGHBOURS + 1)
        sure = likely[near].sum() >= CERTAIN and self.evidence[:, near].max() >= KNOWN
        return float(self.lags[best]) if sure else None

    def expected(self, times: Array, reach: float) -> Array:
        """Return how likely each lag is, to somebody who has not looked at what is around.

        Parameters
        ----------
        times
            float64 [n], PTS seconds.
        reach
            Seconds on either side that are weighed by themselves, and so must not count here.

        Returns
        -------
        float64 [m, n], of sum 1.
        """
        total = self._running_total
        first, last = (np.searchsorted(self.middles, times + side) for side in (-reach, reach))
        likely = self._likely((total[-1] - total[last] + total[first]).T)
        return np.asarray((1.0 - ELSEWHERE) * likely + ELSEWHERE * usual_lags(self.lags)[:, None])

    @cached_property
    def _running_total(self) -> Array:
        """float64 [c + 1, m]: the evidence of the first so many stretches."""
        return np.concatenate([np.zeros((1, len(self.lags))), np.cumsum(self.evidence, axis=0)])

    def _likely(self, evidence: Array) -> Array:
        """Return the lags' probabilities, [m, n], from evidence, [m, n]; a lag strays, so neighbours share theirs."""
        logs = np.log(usual_lags(self.lags))[:, None] + evidence
        likely = np.exp(logs - logs.max(axis=0))
        steps = np.arange(len(self.lags))
        kernel = np.exp(-0.5 * ((steps[:, None] - steps) / STRAY) ** 2)
        spread = kernel @ likely
        return np.asarray(spread / spread.sum(axis=0))


@dataclass(slots=True, eq=False)
class LagSurvey:
    """Collects what the faces of a video show of its lag.

    Attributes
    ----------
    running
        What is not complete: by track, and number of the stretch.
    settled
        Middle and evidence of what is: a few hundred bytes for a face and stretch.
    """

    running: dict[tuple[int, int], Chunk] = field(default_factory=dict)
    settled: list[tuple[float, Array]] = field(default_factory=list)

    def add(self, track: int, number: int, chunk: Chunk) -> None:
        """Take what a track, by its id, shows in a part of a stretch, by its number: in `CHUNK` from PTS 0."""
        known = self.running.get((track, number))
        self.running[track, number] = chunk if known is None else known + chunk

    def settle(self, until: float) -> None:
        """Make evidence of the stretches that end by PTS `until`: nothing comes before it any more."""
        for track, number in [place for place in self.running if (place[1] + 1) * CHUNK <= until]:
            self.settled.extend(_told_by([self.running.pop((track, number))]))

    def forget(self) -> None:
        """Let go of everything."""
        self.running.clear()
        self.settled.clear()

    def belief(self, lags: Array) -> LagBelief:
        """Return what all of it says."""
        told = sorted([*self.settled, *_told_by(self.running.values())], key=itemgetter(0))
        evidence = np.array([evidence for _, evidence in told]).reshape(len(told), len(lags))
        return LagBelief(lags, np.array([middle for middle, _ in told]), evidence)


def _told_by(chunks: Iterable[Chunk]) -> list[tuple[float, Array]]:
    """Return middle and evidence of those that hold anything."""
    return [(chunk.middle, chunk.evidence()) for chunk in chunks if chunk.weight > 0]
