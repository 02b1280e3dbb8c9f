"""The arithmetic of `scripts/accuracy`: seconds accepted, found and wrong, over talkers."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.evaluation.compose.recipe import Face, Part, Recipe, Treatment
from slceleb_core.evaluation.compose.stretches import merged

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts" / "accuracy"
OWN = ("cases", "scores", "seconds")


@pytest.fixture(scope="module")
def seconds():
    """The script's module; its neighbours have plain names, which nobody else shall find."""
    pytest.importorskip("scipy")
    sys.path.insert(0, str(SCRIPTS))
    try:
        yield importlib.import_module("seconds")
    finally:
        sys.path.remove(str(SCRIPTS))
        for name in OWN:
            sys.modules.pop(name, None)


def recipe(case="single", lag=0.0, source="a.mp4"):
    faces = (Face("a", (Part(source, "play", 0.0, 10.0, 0.0, 10.0),)),)
    return Recipe(f"{case}-clean-000", case, "natural", "clean", "final", 0, 10.0, faces, (), Treatment(), lag)


def shown(seconds, spoken=(), accepted=(), *, talker="a", both=(), lags=(), **of):
    return seconds.Shown(recipe(**of), talker, False, spoken, both, accepted, lags)


def test_edges_and_bridged_pauses_are_no_wrong_labels(seconds):
    spoken = ((1.0, 3.0), (3.25, 5.0))
    assert shown(seconds, spoken, ((0.8, 5.2),)).wrong == pytest.approx(0.0)
    assert shown(seconds, spoken, ((0.3, 5.2),)).wrong == pytest.approx(0.5)
    assert shown(seconds, (), ((2.0, 4.0),)).wrong == pytest.approx(2.0)
    assert shown(seconds, spoken, ((2.0, 4.0),)).found == pytest.approx(1.75)
    assert shown(seconds, spoken, ((2.0, 4.0),), both=((3.5, 5.0),)).together == pytest.approx(0.5)


STRETCHES = st.lists(st.tuples(st.floats(0, 9), st.floats(0.01, 3)), max_size=6).map(
    lambda pairs: merged((a, min(a + length, 10.0)) for a, length in pairs)
)


@given(spoken=STRETCHES, accepted=STRETCHES)
def test_no_second_is_counted_twice(seconds, spoken, accepted):
    face = shown(seconds, spoken, accepted)
    assert -1e-9 <= face.found <= min(face.true, face.taken) + 1e-9
    assert -1e-9 <= face.wrong <= face.taken - face.found + 1e-9


def test_a_share_is_one_of_seconds_and_its_interval_one_over_talkers(seconds):
    faces = [
        shown(seconds, ((0.0, 4.0),), ((0.0, 4.0),), talker="a"),
        shown(seconds, ((0.0, 4.0),), (), talker="b"),
        shown(seconds, (), (), talker="c"),
    ]
    share = seconds.found_share(faces)
    assert share.value == pytest.approx(0.5)
    assert share.interval == (0.0, 1.0), "of two talkers, one may be drawn twice; the third never speaks"
    alone = seconds.found_share(faces[:1])
    assert alone.value == 1.0
    assert np.isnan(alone.interval).all(), "one talker tells nothing of others"
    assert np.isnan(seconds.found_share([]).value)


def test_a_lag_is_compared_with_that_before_the_sound_was_moved(seconds):
    before = shown(seconds, lags=(100.0,), case="long")
    moved = shown(seconds, lags=(340.0, 400.0), case="late240", lag=0.24)
    unknown = shown(seconds, lags=(240.0,), case="late240", lag=0.24, source="b.mp4")
    assert list(seconds.lag_errors([before, moved, unknown])) == pytest.approx([0.0, 60.0, 0.0])


def test_nobody_is_in_two_parts_and_whoever_is_in_none_has_one_of_its_own(seconds):
    cases = sys.modules["cases"]
    listed = [talker for talkers in cases.SPLITS.values() for talker in talkers]
    assert len(listed) == len(set(listed))
    assert all(cases.split_of(talker) == split for split, talkers in cases.SPLITS.items() for talker in talkers)
    assert cases.split_of("somebody new") == cases.split_of("somebody new")
    assert {cases.split_of(f"talker {number}") for number in range(30)} == set(cases.SPLITS)
