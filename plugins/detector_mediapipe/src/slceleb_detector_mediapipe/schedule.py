"""When a picture is searched: seldom while all is well, soon after somebody was lost, less often if in vain."""

from __future__ import annotations

HURRY = 0.2
"""Seconds from a shot's first search, or from the loss of a face, to the next search, where nobody is seen."""

PATIENT = 0.4
"""Most seconds between searches for large faces while nobody is seen; all faces are searched for as an option says."""


class Schedule:
    """Says what is to be searched for in a shot.

    Parameters
    ----------
    interval
        Seconds between searches for all faces while all are seen, and most while none is.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self.begin()

    def begin(self) -> None:
        """Begin a shot."""
        self._large = self._all = float("-inf")
        self._wait = min(HURRY, self._interval)

    def lose(self) -> None:
        """Take note that somebody who was seen on the frame before is not seen any more."""
        self._wait = min(HURRY, self._interval)

    def due(self, time: float, *, calm: bool) -> str | None:
        """Return ``"all"`` faces or the ``"large"`` ones, which are to be searched for now; None: none.

        Parameters
        ----------
        time
            PTS seconds of the frame.
        calm
            Whether somebody is seen, and nobody is missed.
        """
        if calm:
            return "all" if time - self._all >= self._interval else None
        if time - self._all >= self._wait:
            return "all"
        return "large" if time - self._large >= min(self._wait, PATIENT) else None

    def searched(self, time: float, what: str, *, calm: bool) -> None:
        """Take note of a search; the wait for the next grows while it is in vain."""
        self._large = time
        if what == "all":
            self._all = time
            self._wait = min(HURRY if calm else 2 * self._wait, self._interval)
