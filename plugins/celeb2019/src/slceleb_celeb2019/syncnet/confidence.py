"""How sure it is that lips and sound belong together: the arithmetic of SyncNet's authors, and of 2019.

The lips of each window are compared with the sound at 31 shifts. Over a track there is one best shift; a window is as
sure as its distance there is below the median, over shifts, of the mean distance (J. S. Chung, A. Zisserman, "Out of
time: automated lip sync in the wild", 2016). That is a number of SyncNet's own scale and no probability: 0 is chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.signal import medfilt

from slceleb_core.types import Array

SHIFTS = 15
"""Steps of .04 s by which the sound is shifted either way."""

SMOOTH = 9
"""Windows over which the median of what is said of each is taken."""

SILENT = 3.0
"""What silence may reach: where lips go with no sound at all better than that, nothing is said of them."""

CELL, AROUND = 5.0, 5.0
"""Seconds of the video's clock for which one best shift is found, and seconds on either side that it is found with. A
track that lasts no longer than the second is taken as a whole, as in 2019; else what is said of a moment would depend
on how a shot is divided into spans."""


def confidences(distances: Array, silent: Array, times: Array) -> tuple[Array, Array]:
    """Return what is said of each window.

    Parameters
    ----------
    distances
        float64 [w, 31]: of lips and sound, at each shift.
    silent
        float64 [w, 31]: of the same lips and silence.
    times
        float64 [w]: PTS seconds of the windows, rising.

    Returns
    -------
    float64 [w]: the confidence, 0 where silence would do; and [w]: by how many steps the sound is behind.
    """
    sure, quiet, steps = np.zeros(len(times)), np.zeros(len(times)), np.zeros(len(times))
    for along, own in stretches(times):
        sure[along][own], steps[along][own] = _of_stretch(distances[along], own)
        quiet[along][own], _ = _of_stretch(silent[along], own)
    sure, quiet = _smoothed(sure), _smoothed(quiet)
    return np.where(quiet > SILENT, 0.0, sure), steps


def _of_stretch(distances: Array, own: slice) -> tuple[Array, int]:
    """Return float64: how far below the median each window is at the best shift; and that shift, in steps."""
    mean = distances.mean(axis=0)
    best = int(np.argmin(mean))
    return np.median(mean) - distances[own, best], best - SHIFTS


def stretches(times: Array) -> Iterator[tuple[slice, slice]]:
    """Yield, for each cell of the clock, which windows are looked at, and which of those are the cell's own."""
    cells = np.floor(times / CELL).astype(np.int64)
    for cell in np.unique(cells):
        begin, end = np.searchsorted(times, [cell * CELL - AROUND, (cell + 1) * CELL + AROUND])
        first, last = np.searchsorted(cells, [cell, cell + 1])
        yield slice(int(begin), int(end)), slice(int(first - begin), int(last - begin))


def _smoothed(values: Array) -> Array:
    """Return the running median, with zeros beyond the ends."""
    return np.asarray(medfilt(values, SMOOTH)) if len(values) >= SMOOTH else _short(values)


def _short(values: Array) -> Array:
    """Return the same of few values: SciPy warns of a window that is longer than they are."""
    wide = np.pad(values, SMOOTH // 2)
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(wide, SMOOTH), axis=1))
