"""When the same sound is heard in two recordings, to a part of a sample: cross-correlation of phases, in windows.

Generalized cross-correlation with the phase transform (Knapp and Carter, IEEE Transactions on Acoustics, Speech, and
Signal Processing 24 (4), 1976): of the cross-spectrum only the phase counts, so what is heard by both is a sharp peak
at their lag, whatever each microphone and each room makes of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import maximum_filter1d

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.coarse import STEEPEST
from slceleb_core.media.synchrony.hearing import Heard, is_silent
from slceleb_core.types import SAMPLE_RATE, Array

REACH = 0.5
"""Seconds to either side of a guess in which the lag is sought."""

LONGEST_WINDOW = 20.0
"""Seconds of a window."""

SHORTEST_WINDOW = 1.5
"""The same, of recordings of less than ten seconds: what is shorter holds too few words."""

MOST_WINDOWS = 180
"""So many at most: an hour of windows side by side. Of what is longer they are spread evenly."""

MOST_FINE_WINDOWS = 3 * MOST_WINDOWS
"""The same of windows a third as long."""

LOBE = 0.005
"""Seconds to either side of the peak that belong to it: early echoes of a room, and what a drift blurs."""

NEXT_TO_NONE = 0.1
"""Samples by which a drift may shift the ends of a window that is taken as it is."""

FADE = 0.2
"""Seconds in which a window rises and falls."""

LOWEST, HIGHEST = 100.0, 7000.0
"""Hz: what is compared. Below there is wind and hum, above that nothing after most encoders."""

GLANCE = 3.0
"""Seconds of the windows that a drift is first told by: one of 1500 ppm blurs them by 4.5 ms."""

MOST_GLANCES = 40
"""So many of them, spread evenly."""

COARSE_LAG = 0.001
"""Seconds to which a first drift is told."""


@dataclass(frozen=True, slots=True)
class Lags:
    """What windows of sound say of a candidate.

    Attributes
    ----------
    times
        float64 [n], PTS seconds of the second recording: the middle of each window.
    others
        float64 [n], PTS seconds of the first one at that moment.
    ratios
        float64 [n]: how far the peak stands above the highest other one, within the reach; 0 where nothing is heard.
    seconds
        How long each window is.
    heard
        bool [n]: in which windows something is heard in both.
    """

    times: Array
    others: Array
    ratios: Array
    seconds: float
    heard: Array


def phases(first: Array, second: Array) -> Array:
    """Return float64 [n]: by how much two sounds agree in phase at each lag.

    Parameters
    ----------
    first
        float32 [a]; the longer one.
    second
        float32 [b], b <= a.

    Returns
    -------
    Array
        [a - b + 1]: value i is of the second sound laid over the first from sample i on. Either sign counts: a
        microphone may be wired the other way round.
    """
    size = next_fast_len(len(first), real=True)  # within the lags that are looked at, nothing comes round
    cross = rfft(faded(first), size) * np.conj(rfft(faded(second), size))
    strength = np.abs(cross)
    frequencies = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    heard = (strength > 0) & (frequencies >= LOWEST) & (frequencies <= HIGHEST)
    cross = np.where(heard, cross / np.where(heard, strength, 1.0), 0.0)
    return np.asarray(np.abs(irfft(cross, size)[: len(first) - len(second) + 1]))


def faded(samples: Array) -> Array:
    """Return samples float32 [n] that begin and end in silence.

    Where they break off, a tone sounds at all frequencies, and by their phases two cuts are the same sound.
    """
    edge = min(round(FADE * SAMPLE_RATE), len(samples) // 4)
    rise = np.sin(np.linspace(0.0, np.pi / 2.0, edge, endpoint=False, dtype=np.float32)) ** 2
    shaped = samples.astype(np.float32)
    shaped[:edge] *= rise
    shaped[len(shaped) - edge :] *= rise[::-1]
    return shaped


def peak_of(values: Array) -> tuple[float, float]:
    """Return where the highest value lies, to a part of a sample, and how far it stands above the highest other one.

    What lies within :data:`LOBE` of it is no other. The place is that of the parabola through the highest value and its
    neighbours.
    """
    top = int(np.argmax(values))
    lobe = round(LOBE * SAMPLE_RATE)
    rest = max(values[: max(top - lobe, 0)].max(initial=0.0), values[top + lobe + 1 :].max(initial=0.0))
    ratio = float(values[top] / rest) if rest > 0 else 0.0
    if not 0 < top < len(values) - 1:
        return float(top), 0.0  # what rises to the edge of the search has its peak elsewhere
    before, here, behind = values[top - 1 : top + 2]
    bend = before - 2.0 * here + behind
    return top + (0.5 * float((before - behind) / bend) if bend < 0 else 0.0), ratio


def overlap(first: Heard, second: Heard, clock: Clock) -> tuple[float, float]:
    """Return from when to when both have sound, PTS seconds of the second; empty where the end is not behind."""
    return max(second.start, clock.own(first.start)), min(second.end, clock.own(first.end))


def window_seconds(shared: float) -> float:
    """Return how long windows are, where so many seconds are shared: a sixth of it, so that there are eleven.

    They overlap by half. Of short recordings they are a third, so that there are three that do not overlap.
    """
    return min(max(shared / 6.0, min(SHORTEST_WINDOW, shared / 3.0)), LONGEST_WINDOW)


def middles(begin: float, end: float, seconds: float, most: int) -> Array:
    """Return the middles of windows that overlap by half, or lie further apart where there would be too many."""
    room = end - begin - seconds
    if room < 0:
        return np.zeros(0)
    count = min(math.floor(room / (seconds / 2.0)) + 1, most)
    return (
        np.linspace(begin + seconds / 2.0, end - seconds / 2.0, count) if count > 1 else np.array([(begin + end) / 2])
    )


def measure(first: Heard, second: Heard, guess: Clock, seconds: float, most: int) -> Lags:
    """Return what windows say of a guess, whose drift they follow.

    Parameters
    ----------
    first, second
        The recordings.
    guess
        The second one's clock, told by the first.
    seconds
        How long windows are.
    most
        How many there are at most.
    """
    times = middles(*overlap(first, second, guess), seconds, most)
    others, ratios, heard = np.zeros(len(times)), np.zeros(len(times)), np.zeros(len(times), bool)
    for place, time in enumerate(times):
        values, origin = correlated(first, second, guess, float(time), seconds)
        if values is not None:
            lag, ratio = peak_of(values)
            others[place], ratios[place], heard[place] = origin + lag / SAMPLE_RATE, ratio, True
    return Lags(times, others, ratios, seconds, heard)


def correlated(
    first: Heard, second: Heard, guess: Clock, time: float, seconds: float, reach: float = REACH
) -> tuple[Array | None, float]:
    """Return how well a window fits at each lag within reach of a guess, and which time the first value is of.

    Parameters
    ----------
    first, second
        The recordings.
    guess
        The second one's clock, told by the first.
    time
        PTS seconds of the second: the middle of the window.
    seconds
        How long it is, on the first one's clock.
    reach
        Seconds to either side.

    Returns
    -------
    values
        float64 [n], a sample apart; None where nothing is heard in one of them.
    origin
        PTS seconds of the first recording at which the middle of the window is heard, were the first value the peak.
    """
    under, middle = _stretched(second, time, seconds, guess.drift)
    if is_silent(under):
        return None, 0.0
    wanted = guess.other(time) - seconds / 2.0 - reach
    over, begin = first.samples(wanted, seconds + 2.0 * reach)
    if is_silent(over):
        return None, 0.0
    return phases(over, under), begin + len(under) / 2.0 / SAMPLE_RATE + (time - middle) * (1.0 + guess.drift)


def _stretched(heard: Heard, time: float, seconds: float, drift: float) -> tuple[Array, float]:
    """Return float32 [n], so many seconds of another clock around a moment, and which time the middle of them is of.

    That clock gains `drift` seconds a second. Between samples lies a straight line: it takes from the strength of high
    tones, which do not count, and next to nothing from their phases.
    """
    count = round(seconds * SAMPLE_RATE)
    if abs(drift) * count / 2.0 < NEXT_TO_NONE:
        samples, begin = heard.samples(time - seconds / 2.0, seconds)
        return samples, begin + len(samples) / 2.0 / SAMPLE_RATE
    places = time + (np.arange(count) - count / 2.0) / SAMPLE_RATE / (1.0 + drift)
    samples, begin = heard.samples(places[0] - 0.001, places[-1] - places[0] + 0.002)
    return np.interp((places - begin) * SAMPLE_RATE, np.arange(len(samples)), samples).astype(np.float32), time


def followed(first: Heard, second: Heard, guess: Clock) -> tuple[Clock, float]:
    """Return a guess whose drift and place were told by short windows, and how far it stands above chance.

    Short windows are blurred little by a drift; their values, a millisecond apart, are added up along lines of every
    drift that can be. The sharpest sum is the guess; its height is given in standard deviations of all others.
    """
    begin, end = overlap(first, second, guess)
    seconds = min(GLANCE, (end - begin) / 3.0)
    rows, times = [], []
    for time, values in _glances(first, second, guess, middles(begin, end, seconds, MOST_GLANCES), seconds):
        rows.append(values)
        times.append(time)
    if len(rows) < 2:
        return guess, 0.0
    table, moments = np.array(rows), np.array(times)
    middle = (moments[0] + moments[-1]) / 2.0
    length = max(moments[-1] - moments[0], seconds)
    most = math.floor(min(STEEPEST, REACH / length) / (COARSE_LAG / length))
    best = (-math.inf, 0.0, 0)
    for number in range(-most, most + 1):
        drift = number * COARSE_LAG / length
        total = _shifted_sum(table, np.rint((moments - middle) * drift / COARSE_LAG).astype(int))
        place = int(np.argmax(total))
        best = max(best, (float(total[place]), -abs(drift), place if drift >= 0 else -place - 1))
    height, steep, place = best
    drift, place = (-steep, place) if place >= 0 else (steep, -place - 1)
    lag = place * COARSE_LAG - REACH
    level = guess.other(middle) + lag
    whole = guess.drift + drift
    return Clock(float(level - (1.0 + whole) * middle), float(whole)), height / math.sqrt(len(rows))


def _glances(first: Heard, second: Heard, guess: Clock, times: Array, seconds: float) -> Iterator[tuple[float, Array]]:
    """Yield time and values, a millisecond apart and in standard deviations, of the windows that are heard."""
    step = round(COARSE_LAG * SAMPLE_RATE)
    for time in times:
        values, _ = correlated(first, second, guess, float(time), seconds)
        if values is None:
            continue
        energy = maximum_filter1d(values, step)[::step]
        energy = energy[: round(2.0 * REACH / COARSE_LAG) + 1]
        spread = energy.std()
        if spread > 0:
            yield float(time), (energy - energy.mean()) / spread


def _shifted_sum(table: Array, shifts: Array) -> Array:
    """Return float64 [n], the sum of the rows of a table [m, n], each moved by so many places to the left."""
    total = np.zeros(table.shape[1])
    for row, shift in zip(table, shifts, strict=True):
        if abs(shift) >= len(total):
            continue
        if shift >= 0:
            total[: len(total) - shift] += row[shift:]
        else:
            total[-shift:] += row[:shift]
    return total
