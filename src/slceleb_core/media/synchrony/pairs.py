"""Two recordings: the clock on which most windows of their sound agree, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.agreement import LEAST_WINDOWS, Points, agreeing, fits_as_well, line_of, on_line
from slceleb_core.media.synchrony.breaks import found_in, last_heard, pieces_of
from slceleb_core.media.synchrony.coarse import candidates
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.lines import scatter
from slceleb_core.media.synchrony.model import Alignment, Refusal
from slceleb_core.media.synchrony.phat import (
    MOST_FINE_WINDOWS,
    MOST_WINDOWS,
    Lags,
    followed,
    measure,
    overlap,
    window_seconds,
)

FASTEST = 500e-6
"""Drift of two clocks that are of one event: quartzes of cameras are within 100 ppm."""

OUTSTANDING = 8.0
"""Standard deviations by which short windows, added up, must stand out for a guess to be looked at closely. Sounds that
have nothing in common reach 4 to 7, and seven of 152 pairs more; those that have reach 20 and more."""

SAME_PLACE = 0.05
"""Seconds within which two guesses are one."""

LEAST_SHARE = 0.4
"""Part of the windows in which both hear something that must agree. Two that have only a jingle in common do not."""

SHORT_SECONDS, SHORT_SHARE = 30.0, 1.0 / 3.0
"""What both have heard is refused where it is shorter than that, and a smaller part of the shorter recording than that:
a broadcast that ends with a jingle and another that begins with it share as much, all of it."""

LEAST_SECONDS = 2.0
"""Sound that both must have: three windows of a second, half over each other."""

FINE = 3.0
"""By what the windows are shorter with which pieces are sought that the long ones pass over."""

GIVE = "give the offset, if it is known"
OTHERWISE = f"leave out what is of another event; where they are of one, {GIVE}"


def compare_heard(first: Heard, second: Heard) -> Alignment | Refusal:
    """Return the second recording's clock, told by the first, or why there is none."""
    if min(first.seconds, second.seconds) < LEAST_SECONDS:
        return Refusal(f"less than {LEAST_SECONDS:g} s of sound", GIVE)
    if first.silent or second.silent:
        return Refusal("nothing is heard in one of them", GIVE)
    guesses = close_guesses(first, second)
    if not guesses:
        return Refusal("they share no sound", OTHERWISE)
    measured = [closely(first, second, guess) for guess in guesses]
    points = Points.of(measured)
    lines = agreeing(points)
    if not lines:
        return too_few(points)
    main = lines[0]
    nearest = min(range(len(guesses)), key=lambda number: main.distance(guesses[number]))
    again = [other for other in lines[1:] if fits_as_well(main, other, measured[nearest].seconds)]
    if again:
        return several_fit([main, *again])
    ordered = [guesses[nearest], *guesses[:nearest], *guesses[nearest + 1 :]]
    return settled(first, second, ordered, measured[nearest], main)


def close_guesses(first: Heard, second: Heard) -> list[Clock]:
    """Return the places that stand out in short windows, likeliest first, each once."""
    found: list[tuple[float, Clock]] = []
    for candidate in candidates(first, second):
        begin, end = overlap(first, second, candidate.clock)
        if end - begin < LEAST_SECONDS:
            continue
        clock, height = followed(first, second, candidate.clock)
        if height >= OUTSTANDING:
            found.append((height, clock))
    kept: list[Clock] = []
    for _, clock in sorted(found, key=lambda each: -each[0]):
        begin, end = overlap(first, second, clock)
        middle = (begin + end) / 2.0
        if end - begin >= LEAST_SECONDS and all(
            abs(clock.other(middle) - other.other(middle)) > SAME_PLACE for other in kept
        ):
            kept.append(clock)
    return kept


def closely(first: Heard, second: Heard, guess: Clock, parts: float = 1.0) -> Lags:
    """Return what windows say of a guess: they are as long as the sound that is shared lets them be, over `parts`."""
    begin, end = overlap(first, second, guess)
    seconds = window_seconds(end - begin)
    if parts == 1.0:
        return measure(first, second, guess, seconds, MOST_WINDOWS)
    shorter = max(seconds / parts, min(seconds, LEAST_SECONDS / LEAST_WINDOWS))
    return measure(first, second, guess, shorter, MOST_FINE_WINDOWS)


def too_few(points: Points) -> Refusal:
    """Return what is said where no three windows agree."""
    if len(points) < LEAST_WINDOWS:
        return Refusal(f"only {len(points)} windows of sound agree, where {LEAST_WINDOWS} are asked for", OTHERWISE)
    return Refusal(f"{len(points)} windows of sound fit, each at another offset", OTHERWISE)


def several_fit(lines: Sequence[Points]) -> Refusal:
    """Return what is said where a sound repeats itself."""
    offsets = ", ".join(f"{float(np.median(line.lags)):.2f}" for line in lines[:4])
    return Refusal(f"several offsets fit as well ({offsets} s): a sound that repeats itself", GIVE)


def settled(first: Heard, second: Heard, guesses: Sequence[Clock], lags: Lags, main: Points) -> Alignment | Refusal:
    """Return the alignment of the windows that agree, where it holds.

    Parameters
    ----------
    first, second
        The recordings.
    guesses
        The one that the windows are of, then all others.
    lags
        The windows of the first guess.
    main
        Those that agree.
    """
    line, known = line_of(main)
    clock = Clock(line.level - line.slope * line.centre, line.slope)
    if abs(clock.drift) > FASTEST:
        return Refusal(
            f"their clocks drift by {clock.drift * 1e6:.0f} ppm, more than {FASTEST * 1e6:.0f}",
            "was one of them slowed down or sped up?",
        )
    fine = [closely(first, second, guess, FINE) for guess in guesses]
    pieces = pieces_of(line, main, fine, lags.seconds)
    valid, breaks = found_in(first, second, pieces, line)
    counted = lags.heard & valid.holds(lags.times)
    agree = counted & on_line(lags, line)
    if agree.sum() < LEAST_SHARE * counted.sum():
        return Refusal(
            f"only {agree.sum()} of {counted.sum()} windows of sound agree",
            f"do they have no more than a melody in common? where they are of one event, {GIVE}",
        )
    begin, end = overlap(first, second, clock)
    if end - begin < min(SHORT_SECONDS, SHORT_SHARE * min(first.seconds, second.seconds)):
        return Refusal(
            f"they share the last {end - begin:.1f} s of one and the first of the other, which may be a jingle",
            f"where they are of one event, {GIVE}",
        )
    valid = last_heard(valid, fine[0], line)
    begin = begin if valid.start is None else max(begin, valid.start)
    end = end if valid.end is None else min(end, valid.end)
    spread = scatter(line, main.times, main.lags)
    return Alignment(clock, valid, float(np.median(main.ratios)), len(main), spread, (begin, end), known, breaks)
