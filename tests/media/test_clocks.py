"""One clock told by another."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.media.clocks import SAME, Clock

CLOCKS = st.builds(Clock, st.floats(-1e4, 1e4), st.floats(-1e-3, 1e-3))
TIMES = st.floats(-1e5, 1e5)


def near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6)


@given(CLOCKS, TIMES)
def test_there_and_back(clock: Clock, time: float) -> None:
    assert near(clock.own(clock.other(time)), time)
    assert near(clock.inverse().other(time), clock.own(time))


@given(CLOCKS, CLOCKS, TIMES)
def test_one_after_the_other(first: Clock, second: Clock, time: float) -> None:
    assert near(first.then(second).other(time), second.other(first.other(time)))


@given(TIMES)
def test_the_same_clock(time: float) -> None:
    assert SAME.other(time) == time == SAME.own(time)


def test_a_gain_of_80_ppm_is_288_ms_an_hour() -> None:
    assert near(Clock(2.0, 80e-6).other(3600.0), 3602.288)


@pytest.mark.parametrize(("offset", "drift"), [(math.nan, 0.0), (0.0, math.inf), (0.0, -1.0)])
def test_what_is_no_clock(offset: float, drift: float) -> None:
    with pytest.raises(ValueError, match="no clock runs"):
        Clock(offset, drift)


@given(CLOCKS, TIMES, st.floats(0, 60))
def test_a_stretch_keeps_its_length_and_agrees_in_the_middle(clock: Clock, start: float, length: float) -> None:
    begin, end = clock.stretch(start, start + length)
    assert near(end - begin, length)
    assert near((begin + end) / 2, clock.other(start + length / 2))


def test_a_stretch_on_the_same_clock_is_the_same_to_the_bit() -> None:
    assert SAME.stretch(0.1, 0.30000000000000004) == (0.1, 0.30000000000000004)
