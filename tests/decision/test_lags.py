"""When a lag is believed, and when not: by evidence that is drawn, of which the truth is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.decision.lag_findings import EARLY, LATE, SEARCH, Estimate, Finding
from slceleb_core.decision.lags import AGREED, Stretch, line, mean_of, measure
from slceleb_core.types import LagEvidence

LAGS = np.round(np.arange(-60, 61) * 0.02, 2)
SEEDS = st.integers(0, 2**32 - 1)


def chance(random):
    """Return a log ratio whose ratio has the mean 1 at each lag, as of a voice that is another's."""
    strength = 3.0
    wobbling = np.convolve(random.normal(size=len(LAGS) + 8), np.ones(9) / 3.0, mode="valid")
    return strength * wobbling - strength**2 / 2


def stretch(random, time, lag=None, *, height=12.0, shot=0, seconds=4.5, lags=LAGS):
    """Return what is seen of a face around a time; of one whose own voice is heard so late."""
    ratio = chance(random)
    if lag is not None:
        near = np.exp(-0.5 * ((lags - lag - random.normal(0, 0.008)) / 0.04) ** 2)
        ratio = ratio * (1 - near) + height * near
    return Stretch(shot, LagEvidence(0, time, time + 5.0, seconds, lags, np.tanh(ratio / 20), ratio))


def of_lags(seed, lags, **options):
    """Return a finding of stretches five seconds apart, each with a lag of its own."""
    random = np.random.default_rng(seed)
    return measure([stretch(random, 5.0 * number, lag, **options) for number, lag in enumerate(lags)])


@settings(max_examples=15, derandomize=True)  # what is drawn errs now and then
@given(SEEDS, st.floats(-1.0, 1.0), st.integers(4, 30))
def test_one_lag_that_holds_all_through_is_found(seed, lag, count):
    found = of_lags(seed, [lag] * count)
    assert found.kind == "constant"
    assert found.lag.value == pytest.approx(lag, abs=0.02)
    assert found.lag.low < lag + 0.015
    assert found.lag.high > lag - 0.015


@settings(max_examples=15, derandomize=True)  # what is drawn errs now and then
@given(SEEDS, st.integers(0, 40))
def test_of_voices_that_belong_to_nobody_no_lag_is_believed(seed, count):
    found = of_lags(seed, [None] * count)
    assert found.kind in ("unknown", "dub")
    assert found.lag is None
    assert found.correction() is None


def test_that_no_lag_fits_is_said_where_enough_was_seen():
    assert of_lags(1, [None] * 12).kind == "dub"
    assert of_lags(1, [None] * 2).kind == "unknown"
    assert measure([]).kind == "unknown"


@settings(max_examples=25, derandomize=True)  # what is drawn errs now and then
@given(SEEDS)
def test_one_stretch_alone_is_never_believed(seed):
    """However well it fits: a wrong sound does so now and then."""
    assert of_lags(seed, [0.3], height=40.0).lag is None


def test_one_stretch_among_others_that_show_nothing_is_hardly_ever_believed():
    """What the others must add up to, chance gives once in e to that at most (Markov's inequality)."""
    believed = [seed for seed in range(600) if of_lags(seed, [0.3, None, None], height=40.0).lag is not None]
    assert len(believed) / 600 <= math.exp(-AGREED)


@settings(max_examples=8, derandomize=True)  # what is drawn errs now and then
@given(SEEDS, st.permutations(range(8)))
def test_the_order_of_stretches_does_not_matter(seed, order):
    random = np.random.default_rng(seed)
    seen = [stretch(random, 5.0 * number, 0.3) for number in range(8)]
    assert measure([seen[place] for place in order]) == measure(seen)


@settings(max_examples=8, derandomize=True)  # what is drawn errs now and then
@given(SEEDS, st.integers(-20, 20))
def test_all_lags_later_is_a_lag_that_is_later(seed, steps):
    first, other = (of_lags(seed, [0.1 + later] * 8) for later in (0.0, 0.02 * steps))
    assert other.lag.value - first.lag.value == pytest.approx(0.02 * steps, abs=0.02)


def test_faces_that_are_silent_beside_do_not_hide_a_lag():
    random = np.random.default_rng(3)
    seen = [stretch(random, 5.0 * number, 0.4) for number in range(6)]
    seen += [stretch(random, 5.0 * number) for number in range(6)]
    assert measure(seen).lag.value == pytest.approx(0.4, abs=0.02)


def test_a_far_lag_takes_more_than_a_near_one():
    heights = np.arange(1.5, 6.0, 0.25)
    least = {
        lag: min(height for height in heights if of_lags(5, [lag] * 4, height=height).kind == "constant")
        for lag in (0.1, 0.9)
    }
    assert least[0.9] > least[0.1]


@pytest.mark.parametrize("ppm", [-4000, -1500, 1500, 4000])
def test_a_lag_that_grows_is_a_drift(ppm):
    times = np.arange(24) * 5.0
    found = of_lags(7, list(0.1 + ppm / 1e6 * (times - times.mean())))
    assert found.kind == "drift"
    assert found.drift.low <= ppm <= found.drift.high
    assert found.lag.value == pytest.approx(0.1, abs=0.03)
    assert found.correction() is None


@pytest.mark.parametrize("jump", [-0.5, -0.12, 0.12, 0.5])
def test_a_lag_that_changes_at_one_moment_is_a_jump(jump):
    found = of_lags(8, [0.05] * 8 + [0.05 + jump] * 10)
    assert found.kind == "jump"
    assert found.jump.time == pytest.approx(40.0, abs=2.6)
    assert found.jump.behind.value - found.jump.before.value == pytest.approx(jump, abs=0.03)
    assert found.correction() is None


def test_what_each_shot_shows_is_told():
    random = np.random.default_rng(9)
    seen = [stretch(random, 5.0 * number, 0.3, shot=number // 3) for number in range(9)]
    shots = measure(seen).shots
    assert [shot.shot for shot in shots] == [0, 1, 2]
    assert [shot.lag for shot in shots] == pytest.approx([0.3] * 3, abs=0.03)
    assert shots[1].start == 15.0
    assert shots[1].seconds == pytest.approx(13.5)


def test_stretches_with_other_lags_are_no_video():
    random = np.random.default_rng(1)
    other = stretch(random, 5.0)
    moved = Stretch(0, LagEvidence(0, 0.0, 5.0, 4.0, LAGS + 0.01, other.evidence.ratio, other.evidence.ratio))
    with pytest.raises(ValueError, match="different lags"):
        measure([other, moved])


@given(st.floats(-SEARCH, SEARCH), st.floats(0.0, 0.2))
def test_nothing_is_corrected_that_may_be_acceptable(lag, reach):
    found = Finding("constant", lag=Estimate(lag, lag - reach, lag + reach))
    inside = lag + reach >= -EARLY and lag - reach <= LATE
    assert (found.correction() is None) == inside


def test_only_one_lag_that_holds_all_through_is_corrected():
    far = Estimate(0.5, 0.49, 0.51)
    assert Finding("constant", lag=far).correction() == 0.5
    assert Finding("drift", lag=far, drift=Estimate(900.0, 800.0, 1000.0)).correction() is None
    assert Finding("constant", lag=far).correction(late=0.6) is None


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=40))
def test_the_interval_of_a_mean_holds_it(lags):
    found = mean_of(np.array(lags))
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(float(np.median(lags)))


@given(st.floats(-0.01, 0.01), st.floats(-1.0, 1.0))
def test_a_line_is_found(slope, lag):
    times = np.arange(-10.0, 11.0)
    found = line(times, lag + slope * times)
    assert (found[0], found[2]) == pytest.approx((slope, lag), abs=1e-9)
    assert found[1] > 0


def test_a_finding_is_ready_for_json():
    assert of_lags(1, [0.3] * 6).to_json()["lag_ms"]["value"] == pytest.approx(300, abs=20)
    assert measure([]).to_json() == {"kind": "unknown", "seconds": 0.0, "evidence": None}
    assert set(of_lags(8, [0.0] * 8 + [0.4] * 8).to_json()["jump"]) == {"time", "before_ms", "behind_ms"}


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"lags": LAGS[::-1]}, "equal steps"),
        ({"lags": LAGS**3}, "equal steps"),
        ({"ratio": np.full(len(LAGS), np.nan)}, "finite"),
        ({"ratio": np.zeros(3)}, "shape"),
        ({"end": 0.0}, "no time"),
    ],
)
def test_evidence_checks_its_shape(columns, what):
    plain = {"track": 0, "start": 0.0, "end": 5.0, "seconds": 4.0, "lags": LAGS}
    plain |= {"correlation": np.zeros(len(LAGS)), "ratio": np.zeros(len(LAGS))}
    with pytest.raises(ValueError, match=what):
        LagEvidence(**{**plain, **columns})


def test_an_estimate_checks_itself():
    with pytest.raises(ValueError, match="does not lie between"):
        Estimate(1.0, 2.0, 3.0)
