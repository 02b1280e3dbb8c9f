"""A track in windows of five pictures, and the sound of each.

The network was trained on 25 pictures a second. So a window has the five pictures nearest to moments that are .04 s
apart, and the sound from the first of them on: at 25 frames a second, five frames in a row and 20 rows of coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from slceleb_core.media.mfcc import COEFFICIENTS, amplitudes, coefficients, emphasised
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, Track

STEP = 0.04
"""Seconds from one picture to the next."""

PICTURES = 5
"""Of a window."""

HALF = STEP * (PICTURES // 2)
"""Seconds from a window's first picture to its middle one."""

SLACK = 0.25 * STEP
"""Seconds by which frame times are off their grid."""

GAP = 0.2
"""Seconds from one picture to the next that are bridged by both: after five frames without a face a track of 2019 was
closed."""

ROWS, HOP, WINDOW = 20, SAMPLE_RATE // 100, SAMPLE_RATE // 40
"""Rows of coefficients that a window has, and samples from one to the next, and of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The windows of a part of a track without a gap.

    Attributes
    ----------
    rows
        Which rows of the track the part has.
    pictures
        int64 [w, 5]: which rows of the track each window shows.
    nearest
        int64 [rows]: which window is nearest to each row.
    ticks
        int64 [w]: when each begins, in hundredths of a second of the video's clock: the grid of coefficients.
    """

    rows: slice
    pictures: Array
    nearest: Array
    ticks: Array

    @property
    def times(self) -> Array:
        """float64 [w]: PTS seconds at which they begin."""
        return self.ticks / 100.0


def windows_of(track: Track) -> Iterator[Windows]:
    """Yield the windows of each part of a track; a part that is too short for one has none."""
    seams = np.flatnonzero(np.diff(track.times) > GAP + SLACK) + 1
    for part in np.split(np.arange(len(track)), seams):
        if not len(part):
            continue
        times = track.times[part]
        whole = (times >= times[0] + HALF - SLACK) & (times <= times[-1] - HALF + SLACK)
        middles = np.flatnonzero(whole)
        if not len(middles):
            continue
        moments = times[middles, None] + STEP * (np.arange(PICTURES) - PICTURES // 2)
        nearest = np.clip(np.arange(len(part)), middles[0], middles[-1]) - middles[0]
        ticks = np.rint((times[middles] - HALF) * 100).astype(np.int64)
        yield Windows(slice(int(part[0]), int(part[-1]) + 1), part[_nearest(times, moments)], nearest, ticks)


def _nearest(times: Array, moments: Array) -> Array:
    """Return int64: which of rising `times` is nearest to each moment."""
    behind = np.clip(np.searchsorted(times, moments), 1, max(len(times) - 1, 1)) if len(times) > 1 else None
    if behind is None:
        return np.zeros(np.shape(moments), np.int64)
    return np.asarray(behind - (moments - times[behind - 1] <= times[behind] - moments))


def sounds(ticks: Array, audio: AudioSpan) -> Array:
    """Return float32 [n, 1, 13, 20]: what is heard in windows that begin at hundredths of a second."""
    if not len(ticks):
        return np.zeros((0, 1, COEFFICIENTS, ROWS), np.float32)
    first, last = int(ticks.min()), int(ticks.max())
    begin = round((first / 100 - audio.start) * SAMPLE_RATE)
    count = last - first + ROWS
    length = (count - 1) * HOP + WINDOW
    loud = _between(emphasised(amplitudes(audio.samples)), begin, length)
    stretches = np.lib.stride_tricks.sliding_window_view(loud, WINDOW)[::HOP]
    heard = coefficients(stretches)
    chosen = heard[(ticks - first)[:, None] + np.arange(ROWS)]
    return np.ascontiguousarray(chosen.transpose(0, 2, 1)[:, None]).astype(np.float32)


def silence() -> Array:
    """Return float32 [1, 1, 13, 20]: the sound of a window in which nothing is heard."""
    return sounds(np.zeros(1, np.int64), AudioSpan(np.zeros(0, np.float32), 0.0))


def _between(sound: Array, begin: int, length: int) -> Array:
    """Return a stretch of a sound, zeros beyond its ends."""
    stretch = np.zeros(length)
    low, high = max(begin, 0), min(begin + length, len(sound))
    if low < high:
        stretch[low - begin : high - begin] = sound[low:high]
    return stretch
