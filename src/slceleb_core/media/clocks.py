"""How one clock runs against another: two recordings of one moment, each with a clock of its own.

Quartzes differ by some parts in a million, and each recorder begins when it is switched on. So one clock is a straight
line of the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock, told by another one: ``other = offset + (1 + drift) * own``.

    Attributes
    ----------
    offset
        Seconds that the other clock shows when this one shows 0.
    drift
        By how many seconds the other clock gains in one second of this one: 80e-6 where it runs 80 ppm faster.

    Raises
    ------
    ValueError
        One of them is no number, or the other clock would not run forward.
    """

    offset: float = 0.0
    drift: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.offset) and math.isfinite(self.drift) and self.drift > -1.0):
            raise ValueError(f"no clock runs with an offset of {self.offset} s and a drift of {self.drift}")

    def other(self, own: float) -> float:
        """Return what the other clock shows when this one shows `own`, seconds."""
        return self.offset + (1.0 + self.drift) * own

    def own(self, other: float) -> float:
        """Return what this clock shows when the other one shows `other`, seconds."""
        return (other - self.offset) / (1.0 + self.drift)

    def stretch(self, start: float, end: float) -> tuple[float, float]:
        """Return a stretch as the other clock shows it, at its own length: the two agree in the middle of it."""
        if self == SAME:
            return start, end
        middle, half = self.other((start + end) / 2), (end - start) / 2
        return middle - half, middle + half

    def inverse(self) -> Clock:
        """Return the other clock, told by this one."""
        return Clock(-self.offset / (1.0 + self.drift), 1.0 / (1.0 + self.drift) - 1.0)

    def then(self, further: Clock) -> Clock:
        """Return this clock told by a third one, where `further` is the other one told by that."""
        return Clock(further.other(self.offset), (1.0 + self.drift) * (1.0 + further.drift) - 1.0)


SAME = Clock()
"""The clock itself."""
