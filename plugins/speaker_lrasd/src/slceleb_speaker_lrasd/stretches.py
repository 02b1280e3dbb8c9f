"""In which stretches the recurrent layers go along a track, so that a score rests on what is near it.

They have no end to their memory: on a voice that is not the face's own a score moved by .04 with what was shown 25 s
away. So they are run anew for each cell of a clock, with as much on either side as the tracks had, at the longest, that
they were trained on (AVA: 10 s). A track of no more than that is gone through in one pass, whichever cell is asked for;
and how a longer one is divided into spans does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from slceleb_core.types import Array

CELL = 5.0
"""Seconds of the video's clock that are scored in one go; each costs the recurrent layers five times as long a stretch,
which is a fiftieth of what it takes to encode it."""

AROUND = 10.0
"""Seconds that the recurrent layers go through before a cell and behind it."""

ENCODED = 3.0
"""Seconds beyond that on which what is encoded of a moment may rest: twelve pictures and the pace around them."""

REACH = CELL + AROUND + ENCODED
"""Seconds away from a moment beyond which nothing counts for its score."""


def stretches(times: Array) -> Iterator[tuple[slice, slice]]:
    """Yield, for each cell, which moments are gone through, and which of those are the cell's own.

    Parameters
    ----------
    times
        float64 [t]: PTS seconds, rising.
    """
    cells = np.floor(times / CELL).astype(np.int64)
    for cell in np.unique(cells):
        begin, end = np.searchsorted(times, [cell * CELL - AROUND, (cell + 1) * CELL + AROUND])
        first, last = np.searchsorted(cells, [cell, cell + 1])
        yield slice(int(begin), int(end)), slice(int(first - begin), int(last - begin))
