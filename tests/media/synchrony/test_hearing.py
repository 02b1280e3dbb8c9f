"""How loud a recording is, ten milliseconds after ten milliseconds."""

import numpy as np
import pytest

from slceleb_core.media.synchrony.hearing import BANDS, ENVELOPE_RATE, Heard
from slceleb_core.testing.microphones import Tape
from slceleb_core.types import SAMPLE_RATE


def beep(frequency, begin, seconds=70.0):
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return 0.1 * np.sin(2 * np.pi * frequency * times) * ((times >= begin) & (times < begin + 0.5))


@pytest.mark.parametrize(("frequency", "band"), [(200.0, 0), (500.0, 1), (1000.0, 2), (2000.0, 3), (4000.0, 4)])
@pytest.mark.parametrize("begin", [1.0, 29.8, 60.0])  # across the edge of a block, too
def test_a_beep_is_loud_in_its_band_when_it_is_heard(frequency, band, begin):
    heard = Heard.of(Tape(beep(frequency, begin), start=7.0))
    assert heard.levels.shape == (70 * ENVELOPE_RATE, len(BANDS) - 1)
    loud = np.flatnonzero(heard.levels[:, band] > heard.levels[:, band].max() - 1.0)
    assert (loud[0] / ENVELOPE_RATE, loud[-1] / ENVELOPE_RATE) == pytest.approx((begin, begin + 0.5), abs=0.02)
    middle = round((begin + 0.25) * ENVELOPE_RATE)
    assert int(np.argmax(heard.levels[middle])) == band
    assert (heard.start, heard.end, heard.seconds) == (7.0, 77.0, 70.0)


def test_quality_is_how_far_talk_stands_above_the_noise(talk):
    clear, noisy = (talk + level * np.random.default_rng(0).standard_normal(len(talk)) for level in (1e-4, 1e-2))
    assert Heard.of(Tape(clear)).quality > Heard.of(Tape(noisy)).quality + 10.0


def test_silence_is_silent_and_let_go_of():
    tape = Tape(np.zeros(SAMPLE_RATE))
    with Heard.of(tape) as heard:
        assert heard.silent
        assert heard.quality == 0.0
    assert tape.closed


def test_of_nothing_there_is_nothing():
    heard = Heard.of(Tape(np.zeros(0)))
    assert len(heard.levels) == 0
    assert heard.silent
