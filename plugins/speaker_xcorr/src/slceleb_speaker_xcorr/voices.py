"""Whether this voice is this face's at all: evidence over as long as a face is seen, seconds around each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from slceleb_core.types import Array
from slceleb_speaker_xcorr.comparison import compared
from slceleb_speaker_xcorr.confidence import best_other
from slceleb_speaker_xcorr.delays import Delayed
from slceleb_speaker_xcorr.evidence import log_ratio, p_value
from slceleb_speaker_xcorr.filters import triangle_sum, window_sum
from slceleb_speaker_xcorr.lag import CHUNK, Chunk, LagBelief, LagSurvey
from slceleb_speaker_xcorr.lips import Lips, motion, spread
from slceleb_speaker_xcorr.synchrony import around, best_near
from slceleb_speaker_xcorr.timeline import STEP, TURN_BASE, VOICE_BASE, Grid, samples

STILL = 0.012
"""Motion, in eye distances, at which a moment has half its weight: where lips rest, there is nothing to go with."""

UNVOICED = 0.02
"""Weight of a moment without a voice beside one with it: a mouth that moves in silence speaks against its face."""

STRAY = 2
"""Moments of the grid by which a local correlation may stray from the lag, either way (40 ms; the project's study on
692 composed clips)."""

CONTEST = 0.05
"""Lead in correlation over the best other face at which a moment has three quarters of its weight, and that much behind
a quarter: who takes turns is silent for half the time."""

FULL_SECONDS = 3.0
"""Seconds of a face from which on it counts as a rival in full."""

INDEPENDENT = 5.0
"""Neighbouring lags, of 20 ms each, that show the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """What is known of one face, on its part of the grid.

    Attributes
    ----------
    ratio
        float64 [n]: log ratio that the voice is its own, over all lags as they are to be expected.
    chance
        float64 [n], 0..1: how likely a wrong voice shows as much.
    lag
        int64 [n]: index of the likeliest lag.
    correlation
        float64 [n]: at that.
    clear
        float64 [n]: the share of the lips' motion that is not noise.
    """

    ratio: Array
    chance: Array
    lag: Array
    correlation: Array
    clear: Array


def weight_of(lips: Lips, gate: Array) -> Array:
    """Return how much each moment says of whose the voice is: float64 [n]; `gate`, [n]: how likely there is one."""
    moving = np.exp(2.0 * motion(lips))
    return np.asarray(lips.seen * (UNVOICED + gate) * moving / (moving + STILL**2))


def trust(lips: Lips) -> Array:
    """Return how much a face counts as a rival at each moment, 0..1: one seen shortly has had no time to move."""
    seconds = window_sum(lips.seen, 2 * samples(FULL_SECONDS)) * STEP
    return np.asarray(np.sqrt(np.minimum(seconds / FULL_SECONDS, 1.0)))


def survey(lips: Lips, sound: Delayed, weight: Array, times: Array, own: Array, track: int, into: LagSurvey) -> None:
    """Add what a face shows of the video's lag.

    Parameters
    ----------
    lips, sound, weight, times
        On the face's part of the grid, n moments; `times` in PTS seconds.
    own
        bool [n]: the moments that no other span adds.
    track
        Its id.
    into
        Where to.
    """
    numbers = np.floor(times / CHUNK).astype(np.int64)
    for number in np.unique(numbers[own & (weight > 0)]):
        there = own & (numbers == number)
        counted = np.where(there, weight, 0.0)
        found = compared(lips, sound, counted, lips.seen & there, total)
        into.add(track, int(number), Chunk(found, float(counted @ times)))


def total(values: Array) -> Array:
    """Return the sum over all moments: [..., 1]."""
    return np.asarray(values.sum(axis=-1, keepdims=True))


def voices(
    faces: Sequence[Lips], sound: Delayed, weights: Sequence[Array], belief: LagBelief, grid: Grid, window: float
) -> list[Voice]:
    """Return what is known of each face.

    Where there are several, each is judged by the moments that are its own rather than another's.

    Parameters
    ----------
    faces, weights
        Of each, on its part of the grid.
    sound
        On the whole grid.
    belief
        What is known of the lag.
    window
        Seconds of the option's window.
    """
    expected = belief.expected(grid.times, max(VOICE_BASE * window, CHUNK) / 2)
    parts = [(face, sound.part(face.part), expected[:, face.part]) for face in faces]
    found = [
        voice(face, near, weight, np.ones(len(weight)), likely, window)
        for (face, near, likely), weight in zip(parts, weights, strict=True)
    ]
    if len(faces) < 2:
        return found
    width = samples(TURN_BASE * window)
    fits = [locally(face, near, of.lag, width) for (face, near, _), of in zip(parts, found, strict=True)]
    shares = contest(fits, faces, grid)
    return [
        voice(face, near, weight, share, likely, window)
        for (face, near, likely), weight, share in zip(parts, weights, shares, strict=True)
    ]


def voice(lips: Lips, sound: Delayed, weight: Array, share: Array, expected: Array, window: float) -> Voice:
    """Return what is known of one face.

    Parameters
    ----------
    lips, sound
        On the face's part of the grid, n moments.
    weight, share
        float64 [n]: how much each moment says, and how far it is this face's rather than another's.
    expected
        float64 [m, n]: how likely each lag is.
    window
        Seconds of the option's window.
    """
    width, weight = samples(VOICE_BASE * window), weight * share

    def around_each(values: Array) -> Array:
        return triangle_sum(values, width)

    found = compared(lips, sound, weight, lips.seen * share, around_each)
    near, (mean, deviation) = found.near, found.by_chance()
    correlation = near.correlations()
    at_lags = np.log(expected) + log_ratio(correlation, mean, deviation, near.clear)
    lag = np.argmax(at_lags, axis=0)
    highest = np.take_along_axis(at_lags, lag[None], axis=0)[0]
    ratio = highest + np.log(np.exp(at_lags - highest).sum(axis=0))
    best = np.take_along_axis(correlation, lag[None], axis=0)[0]
    return Voice(ratio, p_value(best, mean, deviation, trials(expected)), lag, best, near.clear)


def trials(expected: Array) -> Array:
    """Return among how many independent lags one is sought, where some are likelier: float64 [n], 1 or more."""
    entropy = -(expected * np.log(expected)).sum(axis=0)
    return np.asarray(np.maximum(np.exp(entropy) / INDEPENDENT, 1.0))


def locally(lips: Lips, sound: Delayed, lag: Array, width: int) -> Array:
    """Return how well lips and sound go together around each moment, near the lag: float64 [n]."""
    tried = around(lag, STRAY, len(sound.lags))
    return best_near(lips, sound.near, tried, lambda values: triangle_sum(values, width))


def contest(fits: Sequence[Array], faces: Sequence[Lips], grid: Grid) -> list[Array]:
    """Return each face's share of each of its moments, 0..1, by how well it fits and the best other face does."""
    visible = spread([face.seen for face in faces], faces, grid) > 0
    others = best_other(spread(fits, faces, grid), visible)
    return [
        np.asarray(expit((fit - other[face.part]) / CONTEST))
        for face, fit, other in zip(faces, fits, others, strict=True)
    ]
