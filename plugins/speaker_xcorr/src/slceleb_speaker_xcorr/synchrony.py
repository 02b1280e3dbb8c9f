"""How far lips and sound move together, and with what delay.

A correlation says little by itself: that of two rhythms that have nothing to do with each other scatters widely, the
more so the more regular they are. So each is judged against those of the same lips with the same sound at other times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array
from slceleb_speaker_xcorr.filters import triangle_sum, window_sum
from slceleb_speaker_xcorr.hearing import Heard
from slceleb_speaker_xcorr.lips import Lips
from slceleb_speaker_xcorr.timeline import HOPS, STEP, Grid, samples

LIP_FLOOR, SOUND_FLOOR = 0.006, 0.3
"""Deviations, in eye distances and in those of the sound, that are added to every window's: without them the jitter of
a still mouth would correlate as well as speech does (the project's study on 692 composed clips)."""

LAG_COST = 0.5
"""Correlation that a lag must gain for each second of its size (the same study)."""

LAG_WINDOW = 10.0
"""Seconds over which the lag is sought. The study took the whole clip, of a few seconds."""

STRAY = 0.04
"""Seconds by which the local correlation may stray from the shared lag (the same study)."""

STILL = 0.01
"""Deviation of the lip signal, in eye distances, at which a face has half the say on the shared lag (the same
study)."""

FULL_EVIDENCE = 3.0
"""Seconds of a face from which on it is taken at face value. Of shorter tracks the study told speech with an average
precision of .63 (0.6 s), .75 (1 s) and .80 (2 s), against .90 at 3 s."""

FAR_FROM, FAR_STEP, FAR_COUNT = 0.4, 0.16, 14
"""Seconds beyond the largest lag at which comparison with other times begins, from one to the next, and how many there
are on either side: up to 2.7 s away, so that the correlations have little to do with each other."""

CHANCE, CHANCE_COUNT = 0.18, 6
"""Deviation of the correlation of unrelated lips and sound, as found on the composed clips, and for how many
comparisons that experience counts where the video itself offers few."""

FAR_PRESENT = 0.7
"""Share of a window that must have sound for a comparison."""

CHANCE_SHARE, SURPRISE = 0.75, (-3.0, 6.0)
"""Share of the judgement against chance, in deviations that are held between those, in the value; the rest is the
correlation itself, which also counts how far lips and sound move."""


@dataclass(frozen=True, slots=True, eq=False)
class Delayed:
    """The sound's signals on a grid, at various delays.

    Attributes
    ----------
    lags
        float64 [m]: seconds by which the sound comes after the picture; zero is in the middle.
    near
        float64 [m, cutoffs, n]: the signals at those.
    far
        float64 [f, cutoffs, n]: at delays that cannot be.
    far_present
        float64 [f, n]: 1 where the file has sound that far off.
    """

    lags: Array
    near: Array
    far: Array
    far_present: Array

    def part(self, moments: slice) -> Delayed:
        """Return the same for a part of the grid."""
        return Delayed(self.lags, self.near[..., moments], self.far[..., moments], self.far_present[..., moments])


def delayed(heard: Heard, grid: Grid, interval: float, max_lag: float) -> Delayed:
    """Return what is heard, for pictures `interval` seconds apart, at delays up to `max_lag` seconds and far off."""
    signals = heard.signals(interval)
    present = np.ones(signals.shape[-1])
    reach = int(np.floor(max_lag / STEP + 1e-9))
    near = range(-reach, reach + 1)
    off = reach + samples(FAR_FROM) + samples(FAR_STEP) * np.arange(FAR_COUNT)
    far = [*-off[::-1], *off]
    return Delayed(
        np.array(near) * STEP,
        np.stack([heard.at(signals, grid, lag * HOPS) for lag in near]),
        np.stack([heard.at(signals, grid, int(lag) * HOPS) for lag in far]),
        np.stack([heard.at(present, grid, int(lag) * HOPS) for lag in far]),
    )


def correlation(lip: Array, sound: Array, both: Array, count: Array) -> Array:
    """Return the correlation with variance floors, given the sums of squares, of products, and their number."""
    powers = (lip + count * LIP_FLOOR**2) * (sound + count * SOUND_FLOOR**2)
    return np.asarray(both / np.sqrt(np.maximum(powers, 1e-12)))


def evidence(seen: Array) -> Array:
    """Return how far what is known of a face is to be believed at each moment: float64 [n], 0..1.

    Without any relation, a correlation over n independent samples scatters as 1/√n. Scaled by the root of its length, a
    short track's is as seldom high by chance as a long one's. `seen`: bool [n].
    """
    seconds = window_sum(seen, 2 * samples(FULL_EVIDENCE)) * STEP
    return np.asarray(np.sqrt(np.minimum(seconds / FULL_EVIDENCE, 1.0)))


def shared_lag(faces: Sequence[Lips], sound: Delayed) -> Array:
    """Return the index of the lag, the same for all faces as they share one sound, at which one fits best.

    Parameters
    ----------
    faces
        The lips of each.
    sound
        On the whole grid of n moments.

    Returns
    -------
    int64 [n]: sought around each moment.
    """
    best = np.full((len(sound.lags), sound.near.shape[-1]), -np.inf)
    for lips in faces:
        there = best[:, lips.part]
        np.maximum(there, fit(lips, sound.part(lips.part)), out=there)
    # the smallest of equal lags: silence has no preference
    by_size = np.argsort(np.abs(sound.lags), kind="stable")
    return np.asarray(by_size[np.argmax(best[by_size], axis=0)])


def fit(lips: Lips, sound: Delayed) -> Array:
    """Return how well each lag fits one face around each moment: float64 [m, n]; of all of `CUTOFFS` the lowest."""
    width = samples(LAG_WINDOW)
    lip, signals = lips.signals[0], sound.near[:, 0]
    power, count = window_sum(lip**2, width), window_sum(lips.seen, width)
    gained = correlation(power, window_sum(signals**2 * lips.seen, width), window_sum(signals * lip, width), count)
    spread = np.sqrt(np.maximum(power, 0.0) / np.maximum(count, 1.0))
    say = spread / (spread + STILL) * evidence(lips.seen)
    return np.asarray(say * (gained - LAG_COST * np.abs(sound.lags)[:, None]))


def synchrony(lips: Lips, sound: Delayed, lag: Array, width: int) -> Array:
    """Return how far lips and sound move together around each moment.

    Parameters
    ----------
    lips
        Of one track, n moments.
    sound
        On the track's part of the grid.
    lag
        int64 [n]: index of the shared lag; those up to `STRAY` away are tried as well.
    width
        Moments in the base of the triangular window.

    Returns
    -------
    float64 [n]: about -1..1; unrelated lips and sound have a mean of 0 and a deviation of `CHANCE`.
    """
    values = [one_band(lip, lips.seen, sound, band, lag, width) for band, lip in enumerate(lips.signals)]
    return np.asarray(np.mean(values, axis=0))


def one_band(lip: Array, seen: Array, sound: Delayed, band: int, lag: Array, width: int) -> Array:
    """Return the same for the signals above one of `CUTOFFS`."""
    power, count = triangle_sum(lip**2, width), triangle_sum(seen, width)

    def local(signals: Array) -> Array:
        return correlation(power, triangle_sum(signals**2 * seen, width), triangle_sum(signals * lip, width), count)

    near = local(sound.near[:, band])
    stray = samples(STRAY)
    tried = np.clip(lag + np.arange(-stray, stray + 1)[:, None], 0, len(near) - 1)
    found = near[tried, np.arange(len(lag))].max(axis=0)
    enough = triangle_sum(sound.far_present * seen, width) >= FAR_PRESENT * np.maximum(count, 1e-9)
    return np.asarray(
        (1.0 - CHANCE_SHARE) * found + CHANCE_SHARE * CHANCE * surprise(found, local(sound.far[:, band]), enough)
    )


def surprise(found: Array, elsewhere: Array, enough: Array) -> Array:
    """Return by how many deviations a correlation is above what it is at other times.

    Parameters
    ----------
    found
        float64 [n].
    elsewhere
        float64 [f, n].
    enough
        bool [f, n]: where that can be compared.

    Returns
    -------
    float64 [n], within `SURPRISE`.
    """
    count = enough.sum(axis=0)
    mean = np.where(enough, elsewhere, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(enough, elsewhere - mean, 0.0) ** 2
    total = count + CHANCE_COUNT
    deviation = np.sqrt((squares.sum(axis=0) + CHANCE_COUNT * CHANCE**2) / total)
    return np.asarray(np.clip((found - mean * count / total) / deviation, *SURPRISE))
