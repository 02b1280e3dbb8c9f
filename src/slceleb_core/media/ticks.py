"""The clock of what is written: pictures begin and end on whole ticks, so that no two of them can meet on one.

Times are floats, whose differences round; a tick is an integer. So all that decides whether, when and for how long a
picture is shown is decided between ticks, and a duration is the difference of two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

CLOCK = Fraction(1, 60_000)
"""Length of a tick in seconds. 24, 25, 30, 50, 60 and 120 frames a second, and these over 1.001 up to 60, are whole
numbers of it; every other time is held to within 9 microseconds. A finer one gains nothing: pictures that are nearer
than a tick come from time stamps that were mended, never from a camera. MPEG-4 Part 2, whose time base has 16 bits,
can have it too."""

PictureT = TypeVar("PictureT")


@dataclass(frozen=True, slots=True)
class Placed(Generic[PictureT]):
    """A picture on the clock of what is written.

    Attributes
    ----------
    begin, end
        Ticks from its origin; the end is behind the beginning, and is where the next picture begins.
    picture
        What is shown.
    """

    begin: int
    end: int
    picture: PictureT

    @property
    def ticks(self) -> int:
        """How long it is shown."""
        return self.end - self.begin


def tick_of(time: float, origin: float) -> int:
    """Return the tick nearest to a PTS second, counted from another one. It never falls while the time rises."""
    return round((Fraction(time) - Fraction(origin)) / CLOCK)


def on_ticks(timed: Iterable[tuple[float, PictureT]], origin: float, period: float) -> Iterator[Placed[PictureT]]:
    """Yield pictures on the clock that is 0 at `origin`, each until the next one begins, the last one for `period`.

    Of those that fall on one tick only the last is left: it is the one that is seen.

    Parameters
    ----------
    timed
        PTS seconds, in order, and what is shown from then on.
    origin
        PTS seconds of tick 0.
    period
        Seconds; at least a tick is taken.
    """
    last: tuple[int, PictureT] | None = None
    for time, picture in timed:
        tick = tick_of(time, origin)
        if last is not None and tick > last[0]:
            yield Placed(last[0], tick, last[1])
        last = (tick, picture)
    if last is not None:
        yield Placed(last[0], last[0] + max(tick_of(period, 0.0), 1), last[1])


def within(placed: Iterable[Placed[PictureT]], length: int) -> Iterator[Placed[PictureT]]:
    """Yield what is on display within ticks 0 to `length`, cut to that; the first picture is shown from 0 on."""
    begun = False
    for shown in placed:
        if shown.begin >= length:
            return
        if shown.end > 0:
            yield Placed(shown.begin if begun else 0, min(shown.end, length), shown.picture)
            begun = True
