"""Chains and triangles of clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony import Alignment, Placement, Refusal
from slceleb_core.media.synchrony.links import Links, disagreements
from slceleb_core.types import WHOLE, TimeRange

clocks = st.builds(Clock, st.floats(-3600, 3600), st.floats(-500e-6, 500e-6))
moments = st.floats(-100, 7200)


def link(clock, overlap=(10.0, 50.0), **changes):
    return Alignment(**{"clock": clock, "valid": WHOLE, "confidence": 5.0, "windows": 9, "residual": 1e-4,
                        "overlap": overlap, **changes})  # fmt: skip


@given(clocks, moments)
def test_a_link_can_be_turned_round(clock, moment):
    turned = link(clock, valid=TimeRange(5.0, None)).inverse()
    assert turned.clock.other(clock.other(moment)) == pytest.approx(moment, abs=1e-6)
    assert turned.valid.start == pytest.approx(clock.other(5.0))
    assert turned.shared == pytest.approx(40.0, rel=1e-3)
    assert turned.inverse().overlap == pytest.approx((10.0, 50.0), abs=1e-6)


@given(clocks, clocks)
def test_a_triangle_that_closes_is_no_matter(one, other):
    placed = {
        "a": Placement("a", None, source="reference"),
        "b": Placement("b", None, one),
        "c": Placement("c", None, other),
    }
    links = Links({("a", "b"): link(one), ("a", "c"): link(other), ("b", "c"): link(other.then(one.inverse()))})
    assert list(disagreements(placed, links, 1e-6)) == []


@given(clocks, clocks, st.floats(0.03, 10.0), st.booleans())
def test_one_that_does_not_is_found_whichever_way_the_pair_is_named(one, other, apart, turned):
    placed = {"b": Placement("b", None, one), "c": Placement("c", None, other)}
    own = other.then(one.inverse())
    wrong = link(Clock(own.offset - apart, own.drift))
    links = Links({("c", "b"): wrong.inverse()} if turned else {("b", "c"): wrong})
    (found,) = disagreements(placed, links, 0.02)
    assert found.seconds == pytest.approx(apart, rel=2e-3)


def test_only_where_all_hold():
    placed = {"b": Placement("b", None, Clock(1.0)), "c": Placement("c", None, Clock(9.0), TimeRange(40.0, None))}
    links = Links({("b", "c"): link(Clock(0.0))})
    assert list(disagreements(placed, links, 0.02)) == []


def test_pairs_that_were_refused_or_not_compared_are_no_links():
    links = Links({("a", "b"): Refusal("they share no sound")})
    assert links.aligned("b", "a") is None
    assert links.of("b", "a") == Refusal("they share no sound")
    assert links.of("a", "c") is None


def test_an_alignment_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no alignment rests on"):
        link(Clock(), windows=0)
