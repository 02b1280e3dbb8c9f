"""The arithmetic of a clip's clock: over all starts, rates and containers no two pictures meet on one tick."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.media.ticks import CLOCK, on_ticks, tick_of, within

NTSC = Fraction(1000, 1001)
RATES = {
    **{str(rate): Fraction(rate) for rate in (10, 12, 15, 24, 25, 30, 48, 50, 60, 120)},
    "23.976": 24 * NTSC,
    "29.97": 30 * NTSC,
    "59.94": 60 * NTSC,
    "119.88": 120 * NTSC,
}
CLOCKS = {
    "mp4 12800": Fraction(1, 12_800),
    "mp4 15360": Fraction(1, 15_360),
    "mp4 30000": Fraction(1, 30_000),
    "mp4 90000": Fraction(1, 90_000),
    "mov 600": Fraction(1, 600),
    "matroska": Fraction(1, 1000),
    "mpeg-ts": Fraction(1, 90_000),
    "flv": Fraction(1, 1000),
    "avi": None,  # counts pictures
}
SECONDS = 4
"""How long the stretch of pictures is that every start is tried on: all fractions of a rate and a clock come by."""


def stamps(rate, clock, begin=0):
    """The times of a container whose pictures come at a rate, as floats, as a reader gives them."""
    clock = clock or 1 / rate
    due = (Fraction(index) / rate for index in range(begin, begin + round(SECONDS * rate)))
    return [float(round(time / clock) * clock) for time in due]


def starts(times):
    """All that a segment can begin at in practice: milliseconds, and each picture's time, plain and as sums give it."""
    for millisecond in range((SECONDS - 1) * 1000):
        yield times[0] + millisecond / 1000
    for time in times[: len(times) // 2]:
        yield from (time, np.nextafter(time, -1), np.nextafter(time, 9e9), (time + 0.1) - 0.1, (time - 0.25) + 0.25)


def neighbours(times, start):
    """Enough of the pictures around a start; the rest do not decide anything."""
    first = max(int(np.searchsorted(times, start)) - 3, 0)
    return list(zip(times[first : first + 8], range(first, first + 8), strict=False))


def check(shown, length):
    """One clip's pictures: from 0 on, without a hole, each at a tick of its own and for at least one, to the end."""
    assert shown[0].begin == 0
    assert all(picture.ticks >= 1 for picture in shown)
    assert all(picture.end == other.begin for picture, other in itertools.pairwise(shown))
    assert sum(picture.ticks for picture in shown) == shown[-1].end <= length


@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
@pytest.mark.parametrize("hour", [0, 3])
def test_no_start_makes_two_pictures_meet(rate, clock, hour):
    times = stamps(rate, clock, begin=round(hour * 3600 * rate))
    length = tick_of(2.5 / rate, 0.0)
    for start in itertools.islice(starts(times), hour, None, 17):
        placed = on_ticks(neighbours(times, start), start, float(1 / rate))
        shown = list(within(placed, length))
        check(shown, length)
        assert shown[-1].end == length
        # What is on display at the start is the last picture that begins no later than half a tick behind it.
        limit = Fraction(start) + CLOCK / 2
        due = max(index for time, index in neighbours(times, start) if Fraction(time) <= limit or index == 0)
        assert shown[0].picture == due


@given(
    gaps=st.lists(st.sampled_from([1, 1, 2, 3, 90, 1500, 3003, 90_000]), min_size=1, max_size=30),
    start=st.floats(-1.0, 4.0),
    length=st.floats(1e-6, 5.0),
)
def test_any_time_stamps_of_90_khz_make_a_clip_without_a_hole(gaps, start, length):
    times = [total / 90_000 for total in itertools.accumulate(gaps, initial=0)]
    ticks = max(tick_of(start + length, start), 1)
    shown = list(within(on_ticks(zip(times, itertools.count(), strict=False), start, 0.04), ticks))
    if shown:
        check(shown, ticks)
        assert [picture.picture for picture in shown] == sorted({picture.picture for picture in shown})
    else:
        assert start >= times[-1] + 0.04 - float(CLOCK) or start + length <= times[0] + float(CLOCK)


def test_of_pictures_on_one_tick_the_last_is_seen():
    placed = list(on_ticks([(0.0, "a"), (1e-6, "b"), (2e-6, "c"), (1.0, "d")], 0.0, 0.04))
    assert [(picture.begin, picture.end, picture.picture) for picture in placed] == [
        (0, 60_000, "c"),
        (60_000, 62_400, "d"),
    ]


def test_ticks_never_fall_while_time_rises():
    times = sorted(np.random.default_rng(0).uniform(0, 1e-3, 500))
    ticks = [tick_of(time, 5e-4) for time in times]
    assert ticks == sorted(ticks)
