"""A track as the networks take it: pictures at an even pace, and four windows of sound to each.

The authors evaluate tracks of a film, a picture for each of its frames, and windows of sound that are a quarter of a
frame apart from the first picture on. Here a window belongs to the time of its picture, so that sound and pictures stay
together where the rate is not a whole number of samples: at 25 frames a second that is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from slceleb_core.media.mfcc import COEFFICIENTS, amplitudes, coefficients, emphasised
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, Track
from slceleb_speaker_lrasd import stretches

WINDOWS = 4
"""Windows of sound to a picture."""

WINDOW = 0.625
"""Of the time from one picture to the next that a window takes: 25 ms at 25 frames a second."""

GAP = 0.5
"""Seconds without a picture that are bridged by those before and behind; beyond that another pass begins."""

PACE = 2.0
"""Seconds on either side over which the time from one picture to the next is taken to be even."""

STEPS = 25
"""Of how many steps around one the usual one is the median: a second at 25 frames a second."""

USUAL = 1.5
"""Times that median above which a step is a gap."""

ALONE = 0.04
"""Seconds for which a picture is taken to be shown that is alone: 25 frames a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """What is shown and heard of a face without a gap.

    Attributes
    ----------
    rows
        int64 [t]: which row of the track each picture is.
    own
        int64 [m]: which of the pictures are rows of the track, in order; the others bridge gaps.
    first
        The first of those rows.
    times, steps
        float64 [t]: PTS seconds of each picture, and seconds until the next one.
    """

    rows: Array
    own: Array
    first: int
    times: Array
    steps: Array

    @property
    def end(self) -> float:
        """PTS seconds until which it is shown."""
        return float(self.times[-1] + self.steps[-1])


def sequences(track: Track) -> Iterator[Sequence]:
    """Yield the parts of a track."""
    if not len(track):
        return
    seams = np.flatnonzero(np.diff(track.times) > GAP) + 1
    for part in np.split(np.arange(len(track)), seams):
        yield _sequence(track.times[part], int(part[0]))


def _sequence(times: Array, first: int) -> Sequence:
    """Return the pictures of rows that have no gap in between that is too long."""
    count, pace = _paced(times)
    own = np.concatenate([[0], np.cumsum(count)[:-1]])
    row = np.repeat(np.arange(len(times)), count)
    part = (np.arange(len(row)) - own[row]) / count[row]
    following = np.minimum(row + 1, len(times) - 1)
    shown = times[row] + part * (times[following] - times[row])
    return Sequence(first + np.where(part > 0.5, following, row), own, first, shown, pace[row])


def _paced(times: Array) -> tuple[Array, Array]:
    """Return how many pictures there are from each row to the next, and the mean time between two around it.

    What is usual, and what is a gap, is told by the steps around: a phone films slower in the dark.
    """
    count = np.ones(len(times), np.int64)
    if len(times) == 1:
        return count, np.array([ALONE])
    between = np.diff(times)
    typical = median_filter(between, STEPS, mode="nearest")
    usual = between < USUAL * typical
    count[:-1] = np.where(usual, 1, np.rint(between / typical))
    total, many = (np.concatenate([[0.0], np.cumsum(np.where(usual, values, 0.0))]) for values in (between, usual))
    begin, end = (np.searchsorted(times, times - PACE), np.searchsorted(times, times + PACE, "right") - 1)
    counted = many[end] - many[begin]
    mean = np.divide(total[end] - total[begin], counted, out=np.append(typical, typical[-1]), where=counted > 0)
    return count, np.asarray(mean)


def heard(sequence: Sequence, audio: AudioSpan) -> tuple[Array, Array]:
    """Return what is heard with the pictures of a sequence.

    A window that begins behind the last one that the sound fills is that many from the start, as the authors have it.
    Where the sequence is longer than theirs are, what is at its start must not count for its end
    (:mod:`slceleb_speaker_lrasd.stretches`), and it is the last one again.

    Returns
    -------
    float32 [4 t, 13]; and bool [t]: with which pictures there is any sound at all.
    """
    steps, quarter = np.repeat(sequence.steps, WINDOWS), np.tile(np.arange(WINDOWS) / WINDOWS, len(sequence.times))
    sound = amplitudes(audio.span(sequence.times[0], sequence.end).samples)
    # counted on the sound's own clock: where a sequence begins must not move a window by a sample
    places = _whole((np.repeat(sequence.times, WINDOWS) - audio.start + quarter * steps) * SAMPLE_RATE)
    begins = places - places[0]
    lengths = _whole(WINDOW * steps * SAMPLE_RATE)
    room = int((begins + lengths).max())
    loud = np.append(emphasised(sound), np.zeros(max(room - len(sound), 0)))
    features = np.zeros((len(begins), COEFFICIENTS))
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        features[chosen] = coefficients(loud[begins[chosen, None] + np.arange(length)])
    filled = 1 + int(np.searchsorted(begins[:-1] + lengths[:-1], len(sound)))
    place = np.arange(len(begins))
    short = sequence.end - sequence.times[0] <= stretches.AROUND
    wrapped = features[place % filled if short else np.minimum(place, filled - 1)]
    ends = np.cumsum(np.append(0, sound != 0))
    edges = np.minimum(np.append(begins[::WINDOWS], len(sound)), len(sound))
    return wrapped.astype(np.float32), np.diff(ends[edges]) > 0


def _whole(values: Array) -> Array:
    """Return int64 [n]: rounded, halves up."""
    return np.floor(values + 0.5).astype(np.int64)
