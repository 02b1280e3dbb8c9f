"""What can be found of the lag of a sound, and what is to be done about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slceleb_core.types import JsonValue

SEARCH = 1.2
"""Seconds by which a sound may be early or late to be found. What is further off is seen by anybody."""

EARLY, LATE = 0.09, 0.185
"""Seconds by which a sound may come before its pictures, and after them, and still be acceptable (ITU-R BT.1359-1)."""

Kind: TypeAlias = Literal["constant", "drift", "jump", "dub", "unknown"]


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
    seconds: float = 0.0
    evidence: float = -math.inf
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
