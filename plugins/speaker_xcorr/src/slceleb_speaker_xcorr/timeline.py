"""One uniform grid in time for all faces, whatever the frame rate and however uneven the frames.

It is anchored at PTS 0, so that a moment is the same one in whatever span it is handed over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.media.speech import HOP
from slceleb_core.types import SAMPLE_RATE, Array, Track

HOPS = 2
"""Features of the sound from one moment of the grid to the next."""

STEP = HOPS * HOP / SAMPLE_RATE
"""Seconds from one moment to the next: 20 ms. On composed clips of 12 to 30 frames a second 20, 30 and 40 ms gave the
same average precision within .002; a fine grid needs no knowledge of the frame rate."""

FALLBACK_INTERVAL = 0.04
"""Seconds between frames, taken for granted where no two consecutive frames show a face: 25 frames a second."""

VOICE_BASE, OWN_BASE, TURN_BASE, RIVAL_BASE, BOTH_BASE = 8.0, 4.0 / 3.0, 1.5, 2.0 / 3.0, 1.0
"""Bases of the triangular windows, in lengths of the option's (3 s): of whether this voice is this face's at all, of
whether the face speaks now, the two over which faces are compared, and that of whether two speak at once. Three seconds
say too little of a face by itself and much of who of two it is (see the README)."""

USUAL_WINDOW = 10.0
"""Seconds over which is measured what lips usually do: many phrases, and so pauses, whatever the option's window."""

BRIDGED = 0.25
"""Seconds between two rows up to which the face counts as seen in between."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Evenly spaced moments.

    Attributes
    ----------
    first
        Number of the first, counted from PTS 0.
    count
        How many.
    """

    first: int
    count: int

    @property
    def times(self) -> Array:
        """float64 [count]: PTS seconds."""
        return STEP * np.arange(self.first, self.first + self.count)

    def part(self, first: float, last: float) -> slice:
        """Return the moments that enclose PTS `first` to `last`, which lie within the grid."""
        return slice(math.floor(first / STEP) - self.first, math.ceil(last / STEP) + 1 - self.first)


def samples(seconds: float) -> int:
    """Return the number of moments, one or more, that make up that time."""
    return max(1, round(seconds / STEP))


def frame_interval(tracks: Sequence[Track]) -> float:
    """Return the seconds between the video's frames: the median, so that dropped frames do not matter."""
    pairs = [np.diff(track.times)[np.diff(track.frames) == 1] for track in tracks]
    intervals = np.concatenate(pairs) if pairs else np.zeros(0)
    return float(np.median(intervals)) if len(intervals) else FALLBACK_INTERVAL


def grid_of(tracks: Sequence[Track]) -> Grid:
    """Return the grid that encloses the tracks, of which at least one has a row."""
    first = math.floor(min(track.times[0] for track in tracks if len(track)) / STEP)
    last = math.ceil(max(track.times[-1] for track in tracks if len(track)) / STEP)
    return Grid(first, last - first + 1)


def seen_at(times: Array, rows: Array) -> Array:
    """Tell at which moments a face was seen.

    Parameters
    ----------
    times
        float64 [m], PTS seconds, rising: the moments.
    rows
        float64 [n], PTS seconds, rising, n > 0: when the face was found.

    Returns
    -------
    bool [m]: whether the face was found at that moment, or before and after it less than `BRIDGED` seconds apart.
    """
    after = np.searchsorted(rows, times)
    before, after = np.maximum(after - 1, 0), np.minimum(after, len(rows) - 1)
    near = np.minimum(np.abs(times - rows[before]), np.abs(rows[after] - times)) < STEP
    return np.asarray(near | ((rows[after] - rows[before] <= BRIDGED) & (after > before)))
