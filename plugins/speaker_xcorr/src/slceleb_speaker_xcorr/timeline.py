"""One uniform grid in time for all faces of a span, whatever the frame rate and however uneven the frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array, Track

FALLBACK_INTERVAL = 0.04
"""Seconds between frames, taken for granted where no two consecutive frames show a face: 25 frames a second."""

STEP_MIN, STEP_MAX = 0.01, 0.1
"""Bounds of the grid's step, in seconds: finer than the sound's own features has no use, and coarser would leave the
filter, whose cut-off is 1.8 Hz, nothing to pass."""

BRIDGED = 0.25
"""Seconds between two rows up to which the face counts as seen in between."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Evenly spaced moments.

    Attributes
    ----------
    start
        PTS seconds of the first.
    step
        Seconds from one to the next.
    count
        How many.
    interval
        Seconds between the video's own frames; `step` unless that was out of bounds.
    """

    start: float
    step: float
    count: int
    interval: float

    @property
    def times(self) -> Array:
        """float64 [count]: PTS seconds."""
        return self.start + self.step * np.arange(self.count)

    @property
    def end(self) -> float:
        """PTS seconds at which the last moment's frame ends."""
        return self.start + self.step * self.count

    def samples(self, seconds: float) -> int:
        """Return the number of moments, one or more, that make up that time."""
        return max(1, round(seconds / self.step))

    def between(self, first: float, last: float) -> slice:
        """Return the moments from PTS `first` to PTS `last`, those nearest to either included."""
        begin, end = (round((time - self.start) / self.step) for time in (first, last))
        return slice(max(begin, 0), min(end + 1, self.count))


def frame_interval(tracks: Sequence[Track]) -> float:
    """Return the seconds between the video's frames.

    The mean of the intervals near their median: the median alone would be off where a container rounds times to
    milliseconds (33, 33, 34), the mean alone where a frame was dropped.
    """
    pairs = [np.diff(track.times)[np.diff(track.frames) == 1] for track in tracks]
    intervals = np.concatenate(pairs) if pairs else np.zeros(0)
    if not len(intervals):
        return FALLBACK_INTERVAL
    median = np.median(intervals)
    return float(intervals[np.abs(intervals - median) <= 0.5 * median].mean())


def grid_of(tracks: Sequence[Track]) -> Grid:
    """Return the grid that spans the tracks, of which at least one has a row."""
    first = min(track.times[0] for track in tracks if len(track))
    last = max(track.times[-1] for track in tracks if len(track))
    interval = frame_interval(tracks)
    step = min(max(interval, STEP_MIN), STEP_MAX)
    return Grid(float(first), step, int(np.ceil((last - first) / step - 0.5)) + 1, interval)


def seen_at(times: Array, rows: Array, step: float) -> Array:
    """Tell at which moments a face was seen.

    Parameters
    ----------
    times
        float64 [m], PTS seconds, rising: the moments.
    rows
        float64 [n], PTS seconds, rising, n > 0: when the face was found.
    step
        Seconds from one moment to the next.

    Returns
    -------
    bool [m]: whether the face was found at that moment, or before and after it less than `BRIDGED` seconds apart.
    """
    after = np.searchsorted(rows, times)
    before, after = np.maximum(after - 1, 0), np.minimum(after, len(rows) - 1)
    near = np.minimum(np.abs(times - rows[before]), np.abs(rows[after] - times)) <= 0.75 * step
    return np.asarray(near | ((rows[after] - rows[before] <= BRIDGED) & (after > before)))
