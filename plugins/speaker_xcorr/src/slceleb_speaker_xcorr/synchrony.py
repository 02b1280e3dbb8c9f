"""How far lips and sound move together, and with what delay.

A correlation says little by itself: that of two rhythms that have nothing to do with each other scatters widely, the
more so the more regular they are. So each is judged against those of the same lips with the same sound at other times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array
from slceleb_speaker_xcorr.filters import CUTOFFS, triangle_sum, window_sum
from slceleb_speaker_xcorr.hearing import AudioFeatures
from slceleb_speaker_xcorr.lips import Lips
from slceleb_speaker_xcorr.timeline import HOPS, STEP, Grid, samples

LIP_FLOOR, SOUND_FLOOR = 0.006, 0.3
"""Deviations, in eye distances and in those of the sound, that are added to every window's: without them the jitter of
a still mouth would correlate as well as speech does (the project's study on 692 composed clips)."""

LAG_COST = 0.5
"""Correlation that a lag must gain for each second of its size (the same study)."""

LAG_DOUBT = 1.0
"""Correlation that is taken off, once a lag is chosen, for each second of its size beyond `STRAY`. Where the lag was
sought, the correlation is the largest of several, which that of a wrong voice is as well; most videos are in sync, so a
wrong voice seems to be out of it. Without this a fifth of the frames of a dub reach the onset, with it none."""

LAG_WINDOW = 10.0
"""Seconds over which the lag is sought. The study took the whole clip, of a few seconds."""

LAG_CHANCE = 0.085
"""Deviation of the correlation of unrelated lips and sound over that time, as found on the composed clips."""

OWN_LAG = 2.58
"""By how many deviations of chance a face's own lag must fit it better than the shared one, to be believed: what chance
exceeds, up or down, once in a hundred times. People in a call, or put side by side, come over lines of different
delay."""

STRAY = 0.04
"""Seconds by which the local correlation may stray from the lag (the same study)."""

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


def delayed(heard: AudioFeatures, grid: Grid, interval: float, max_lag: float) -> Delayed:
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


def correlations(lips: Lips, signals: Array, total: Callable[[Array], Array], cutoffs: Sequence[int]) -> Array:
    """Return the correlation, with variance floors, of each measure of the lips with the sound at each delay.

    Parameters
    ----------
    lips
        Of one track, n moments.
    signals
        float64 [m, cutoffs, n]: the sound at m delays.
    total
        Sums over a window around each moment.
    cutoffs
        Numbers of `CUTOFFS`; the mean over those is returned.

    Returns
    -------
    float64 [measures, m, n].
    """
    found = np.zeros((len(lips.signals), len(signals), signals.shape[-1]))
    count = total(lips.seen)
    for cutoff in cutoffs:
        sound = signals[:, cutoff]
        loud = np.maximum(total(sound**2 * lips.seen), 0.0) + count * SOUND_FLOOR**2
        for of_measure, lip in zip(found, lips.signals[:, cutoff], strict=True):
            moved = np.maximum(total(lip**2), 0.0) + count * LIP_FLOOR**2
            of_measure += total(sound * lip) / np.sqrt(np.maximum(moved * loud, 1e-12))
    return found / len(cutoffs)


def evidence(seen: Array) -> Array:
    """Return how far what is known of a face is to be believed at each moment: float64 [n], 0..1.

    Without any relation, a correlation over n independent samples scatters as 1/√n. Scaled by the root of its length, a
    short track's is as seldom high by chance as a long one's. `seen`: bool [n].
    """
    seconds = window_sum(seen, 2 * samples(FULL_EVIDENCE)) * STEP
    return np.asarray(np.sqrt(np.minimum(seconds / FULL_EVIDENCE, 1.0)))


def lags(faces: Sequence[Lips], sound: Delayed) -> list[Array]:
    """Return the index of the lag of each face at each of its moments.

    One sound, one lag: it is that at which, of all faces, one fits best; but where a face fits clearly better at a lag
    of its own, it has that.

    Parameters
    ----------
    faces
        The lips of each.
    sound
        On the whole grid of n moments.

    Returns
    -------
    For each face int64 [its moments]: sought around each.
    """
    fits = [lag_fit(lips, sound.part(lips.part)) for lips in faces]
    best = np.full((len(sound.lags), sound.near.shape[-1]), -np.inf)
    for lips, (fit, _) in zip(faces, fits, strict=True):
        there = best[:, lips.part]
        np.maximum(there, say(lips) * fit, out=there)
    shared = smallest_best(best, sound.lags)
    return [
        own_or_shared(fit, scatter, shared[lips.part], sound.lags)
        for lips, (fit, scatter) in zip(faces, fits, strict=True)
    ]


def lag_fit(lips: Lips, sound: Delayed) -> tuple[Array, Array]:
    """Return how well each lag fits one face around each moment, [m, n], and how far that scatters by chance, [n].

    Above the lowest of `CUTOFFS`, which tells most of the lag, and as the mean of all measures.
    """
    width = samples(LAG_WINDOW)

    def total(values: Array) -> Array:
        return window_sum(values, width)

    near, far = (correlations(lips, signals, total, (0,)).mean(axis=0) for signals in (sound.near, sound.far))
    enough = total(sound.far_present * lips.seen) >= FAR_PRESENT * np.maximum(total(lips.seen), 1e-9)
    _, scatter = by_chance(far, enough, LAG_CHANCE)
    return near - LAG_COST * np.abs(sound.lags)[:, None], scatter


def say(lips: Lips) -> Array:
    """Return how much say a face has on the shared lag: float64 [n], 0..1; little where it is still or seen shortly."""
    width = samples(LAG_WINDOW)
    power, count = window_sum(lips.signals[0, 0] ** 2, width), window_sum(lips.seen, width)
    moves = np.sqrt(np.maximum(power, 0.0) / np.maximum(count, 1.0))
    return np.asarray(moves / (moves + STILL) * evidence(lips.seen))


def smallest_best(fit: Array, lags: Array) -> Array:
    """Return the index of the best lag, int64 [n], of equal ones the smallest: silence has no preference."""
    by_size = np.argsort(np.abs(lags), kind="stable")
    return np.asarray(by_size[np.argmax(fit[by_size], axis=0)])


def own_or_shared(fit: Array, scatter: Array, shared: Array, lags: Array) -> Array:
    """Return the index of a face's own best lag where it is better than the shared one beyond chance, else of that."""
    own, moments = smallest_best(fit, lags), np.arange(len(shared))
    gain = fit[own, moments] - fit[shared, moments]
    # a difference of two scatters by the root of two more than one
    return np.asarray(np.where(gain >= OWN_LAG * np.sqrt(2.0) * scatter, own, shared))


def synchrony(lips: Lips, sound: Delayed, lag: Array, width: int) -> Array:
    """Return how far lips and sound move together around each moment, by the measure that shows it best.

    Parameters
    ----------
    lips
        Of one track, n moments.
    sound
        On the track's part of the grid.
    lag
        int64 [n]: index of the face's lag; those up to `STRAY` away are tried as well.
    width
        Moments in the base of the triangular window.

    Returns
    -------
    float64 [n]: about -1..1; unrelated lips and sound have a deviation of `CHANCE`.
    """

    def total(values: Array) -> Array:
        return triangle_sum(values, width)

    every = range(len(CUTOFFS))
    stray = samples(STRAY)
    tried = np.clip(lag + np.arange(-stray, stray + 1)[:, None], 0, len(sound.lags) - 1)
    needed, place = np.unique(tried, return_inverse=True)
    near = correlations(lips, sound.near[needed], total, every)
    far = correlations(lips, sound.far, total, every)
    found = near[:, place.reshape(tried.shape), np.arange(len(lag))].max(axis=1)
    found -= LAG_DOUBT * np.maximum(np.abs(sound.lags[lag]) - STRAY, 0.0)
    enough = total(sound.far_present * lips.seen) >= FAR_PRESENT * np.maximum(total(lips.seen), 1e-9)
    judged = [surprise(here, elsewhere, enough) for here, elsewhere in zip(found, far, strict=True)]
    return np.asarray(((1.0 - CHANCE_SHARE) * found + CHANCE_SHARE * CHANCE * np.array(judged)).max(axis=0))


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
    mean, deviation = by_chance(elsewhere, enough, CHANCE)
    return np.asarray(np.clip((found - mean) / deviation, *SURPRISE))


def by_chance(elsewhere: Array, enough: Array, usual: float) -> tuple[Array, Array]:
    """Return mean and deviation of correlations at other times, [n] each.

    Parameters
    ----------
    elsewhere
        float64 [f, n].
    enough
        bool [f, n]: which of them count.
    usual
        The deviation as a rule, which counts as `CHANCE_COUNT` of them, all around 0.
    """
    count = enough.sum(axis=0)
    mean = np.where(enough, elsewhere, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(enough, elsewhere - mean, 0.0) ** 2
    total = count + CHANCE_COUNT
    deviation = np.sqrt((squares.sum(axis=0) + CHANCE_COUNT * usual**2) / total)
    return mean * count / total, deviation
