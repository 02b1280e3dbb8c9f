"""Two recordings: how exactly they are brought together, and that nothing else is."""

import numpy as np
import pytest

from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.media.synchrony import Alignment, Refusal
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.pairs import compare_heard
from slceleb_core.testing.microphones import Microphone, Tape, noisy, record
from slceleb_core.types import SAMPLE_RATE

ROOM = {"reverberation": 0.4, "direct": 3.0, "snr": 10.0}


def recorded(samples, clock=SAME, start=0.0, seed=0, **microphone):
    return Heard.of(record(samples, clock, start, Microphone(**microphone), seed))


def off(found, truth):
    """Return by how many ms an alignment is off where it is worst."""
    assert isinstance(found, Alignment), str(found)
    return max(abs(1000.0 * (found.clock.other(moment) - truth.other(moment))) for moment in found.overlap)


@pytest.mark.parametrize(
    ("offset", "drift", "start", "noise"),
    [(3.7, 60e-6, 0.0, 10.0), (-2.2, -80e-6, 5.0, 5.0), (0.0, 0.0, -3.0, 0.0), (8.01234, 400e-6, 100.0, 10.0)],
)
def test_offset_and_drift_of_two_rooms(talk, offset, drift, start, noise):
    clock = Clock(offset - (1.0 + drift) * start, drift)
    near = recorded(talk, **{**ROOM, "snr": noise})
    far = recorded(talk, clock, start, seed=1, reverberation=0.5, direct=0.0, snr=noise)
    found = compare_heard(near, far)
    assert off(found, clock) < 1.0
    assert found.drift_known
    assert abs(found.clock.drift - drift) < 10e-6
    assert found.windows >= 3
    assert found.confidence > 1.5
    assert (found.valid.start, found.valid.end) == (None, None)


def test_whichever_comes_first_it_is_the_same(talk):
    clock = Clock(4.5, 50e-6)
    near, far = recorded(talk, **ROOM), recorded(talk, clock, seed=1, **ROOM)
    one, other = compare_heard(near, far), compare_heard(far, near).inverse()
    assert off(one, other.clock) < 0.5


def test_of_a_few_seconds_no_drift_is_told(talk):
    found = compare_heard(
        recorded(talk[: 6 * SAMPLE_RATE]), recorded(talk[: 6 * SAMPLE_RATE], Clock(1.0, 80e-6), snr=10)
    )
    assert off(found, Clock(1.0)) < 1.0
    assert not found.drift_known
    assert found.clock.drift == 0.0


def test_a_microphone_may_be_wired_the_other_way_round(talk):
    found = compare_heard(recorded(talk, snr=10), recorded(talk, Clock(2.0), seed=1, gain=-0.1, snr=10))
    assert off(found, Clock(2.0)) < 0.2


def test_a_telephone_hears_enough(talk):
    found = compare_heard(recorded(talk), recorded(talk, Clock(2.0), seed=1, lowpass=3000.0, snr=5, clipped=0.02))
    assert off(found, Clock(2.0)) < 1.0


def test_a_gap_in_the_sound_is_none_in_the_clock(talk):
    silenced = talk.copy()
    silenced[12 * SAMPLE_RATE : 25 * SAMPLE_RATE] = 0.0
    found = compare_heard(recorded(talk, snr=20), recorded(silenced, Clock(1.0), seed=1))
    assert off(found, Clock(1.0)) < 0.5
    assert not found.breaks


@pytest.mark.parametrize("ppm", [600, -1000])
def test_clocks_that_run_apart_too_fast_are_named(talk, ppm):
    found = compare_heard(recorded(talk), recorded(talk, Clock(1.0, ppm * 1e-6), snr=20))
    assert isinstance(found, Refusal)
    assert "their clocks drift by" in found.reason
    assert abs(float(found.reason.split()[4]) - ppm) < 20


def without(samples, begin, end):
    return np.concatenate([samples[: round(begin * SAMPLE_RATE)], samples[round(end * SAMPLE_RATE) :]])


def test_a_camera_that_stops_and_goes_on_is_placed_by_its_longest_piece(talk):
    stopped = recorded(without(talk, 14.0, 17.0), snr=15, seed=1)
    found = compare_heard(recorded(talk, snr=15), stopped)
    assert off(found, Clock(3.0)) < 1.0
    (gap,) = found.breaks
    assert gap.missing == pytest.approx(3.0, abs=0.01)
    assert gap.end == pytest.approx(14.0, abs=1.0)
    assert 14.0 <= found.valid.start < 16.0
    assert found.valid.end is None


def test_so_it_is_where_the_other_one_stopped(talk):
    stopped = recorded(without(talk, 14.0, 17.0), snr=15, seed=1)
    found = compare_heard(stopped, recorded(talk, snr=15))
    assert off(found, Clock(-3.0)) < 1.0
    (gap,) = found.breaks
    assert gap.missing == pytest.approx(-3.0, abs=0.01)
    assert 17.0 <= found.valid.start < 19.0
    turned = found.inverse()
    assert turned.breaks[0].missing == pytest.approx(3.0, abs=0.01)
    assert turned.valid.start == pytest.approx(found.valid.start - 3.0, abs=0.01)


def test_the_end_that_nothing_bears_out_is_left_out(talk, other_talk):
    cut = 30 * SAMPLE_RATE
    dubbed = np.concatenate([talk[:cut], other_talk[cut:]])
    found = compare_heard(recorded(talk, snr=20), recorded(dubbed, snr=20, seed=1))
    assert isinstance(found, Alignment)
    assert found.valid.end is not None
    assert 25.0 < found.valid.end <= 31.5


def refused(first, second):
    found = compare_heard(first, second)
    assert isinstance(found, Refusal), found
    return found.reason


def test_two_talkers_share_nothing(talk, other_talk):
    assert "share no sound" in refused(recorded(talk, **ROOM), recorded(other_talk, seed=1, **ROOM))


def test_one_talker_at_two_times_shares_nothing(talk):
    half = len(talk) // 2
    assert "share no sound" in refused(recorded(talk[:half]), recorded(talk[half:]))


def test_a_melody_that_two_begin_with_does_not_make_them_one(talk, other_talk):
    melody = 0.1 * np.random.default_rng(3).standard_normal(6 * SAMPLE_RATE).astype(np.float32)
    one, other = np.concatenate([melody, talk]), np.concatenate([melody, other_talk])
    assert "windows of sound agree" in refused(recorded(one, snr=20), recorded(other, snr=20, seed=1))


def test_nor_does_one_that_ends_with_what_the_other_begins_with(talk, other_talk):
    melody = 0.1 * np.random.default_rng(3).standard_normal(6 * SAMPLE_RATE).astype(np.float32)
    one, other = np.concatenate([talk, melody]), np.concatenate([melody, other_talk])
    assert "may be a jingle" in refused(recorded(one, snr=20), recorded(other, snr=20, seed=1))


@pytest.mark.parametrize("period", [0.5, 1.0, 1.3])
def test_ticking_fits_in_many_places(period):
    random = np.random.default_rng(4)
    ticks = np.zeros(30 * SAMPLE_RATE)
    click = np.exp(-np.arange(800) / 80.0) * random.standard_normal(800)
    for begin in np.arange(0.1, 29.0, period):
        ticks[round(begin * SAMPLE_RATE) :][:800] += 0.3 * click
    rolled = np.roll(ticks, 3 * SAMPLE_RATE)
    first, second = (Heard.of(Tape(noisy(sound, 20.0, random))) for sound in (ticks, rolled))
    assert "several offsets" in refused(first, second) or "windows" in refused(first, second)


@pytest.mark.parametrize("frequency", [50.0, 440.0])
def test_a_hum_tells_nothing(frequency):
    times = np.arange(30 * SAMPLE_RATE) / SAMPLE_RATE
    sounds = (noisy(0.1 * np.sin(2 * np.pi * frequency * times + phase), 40.0, np.random.default_rng(seed))
              for seed, phase in enumerate((0.0, 1.0)))  # fmt: skip
    first, second = (Heard.of(Tape(sound)) for sound in sounds)
    refused(first, second)


def test_silence_is_named(talk):
    assert "nothing is heard" in refused(recorded(talk), Heard.of(Tape(np.zeros_like(talk))))


def test_what_is_too_short_is_named(talk):
    assert "less than 2 s" in refused(recorded(talk), recorded(talk[:SAMPLE_RATE]))


def test_what_hangs_together_by_a_second_is_not_brought_together(talk):
    one, other = talk[: 20 * SAMPLE_RATE], talk[19 * SAMPLE_RATE :]
    refused(recorded(one), recorded(other))
