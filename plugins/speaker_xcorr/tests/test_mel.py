"""The mel bands: those that everybody has, made without what others import for them."""

import subprocess
import sys

import numpy as np
import pytest

from slceleb_speaker_xcorr.mel import mel_bands

SPANS = [(40, 0.0, None), (20, 400.0, 3500.0), (10, 2500.0, 7500.0)]


@pytest.mark.parametrize(("count", "lowest", "highest"), SPANS)
def test_they_are_those_of_librosa_bit_for_bit(count, lowest, highest):
    filters = pytest.importorskip("librosa.filters", reason="librosa is not installed")
    theirs = filters.mel(sr=16_000, n_fft=512, n_mels=count, fmin=lowest, fmax=highest, dtype=np.float32)
    assert np.array_equal(mel_bands(16_000, 512, count, lowest, highest), theirs)


def test_they_span_what_was_asked_for_and_are_of_unit_area():
    bands = mel_bands(16_000, 16_384, 20, 400.0, 3500.0)  # fine enough for an area to be a sum
    frequencies = np.fft.rfftfreq(16_384, 1 / 16_000)
    assert bands.sum(axis=0)[(frequencies < 400) | (frequencies > 3500)].max() == 0
    assert bands.sum(axis=1) * (frequencies[1] - frequencies[0]) == pytest.approx(np.ones(20), rel=1e-3)


def test_they_are_evenly_spaced_up_to_1_khz_and_in_constant_ratios_above():
    """The scale of the Auditory Toolbox: 15 mels to 1 kHz, and 27 more to 6.4 kHz."""
    bands = mel_bands(16_000, 16_384, 41, 0.0, 6400.0)
    peaks = bands.argmax(axis=1) * 16_000 / 16_384
    assert np.diff(peaks[:15]) == pytest.approx(np.full(14, 200 / 3), abs=1.0)
    assert peaks[15:] / peaks[14:-1] == pytest.approx(np.full(26, 6.4 ** (1 / 27)), rel=2e-3)


OPENED = """
import sys
from slceleb_core.models import ModelStore
from slceleb_core.stages import StageContext
from slceleb_speaker_xcorr.stage import XcorrSpeaker
with XcorrSpeaker(XcorrSpeaker.Config(vad="energy"), StageContext(ModelStore([]))):
    print(*sys.modules)
"""


def test_an_open_stage_has_imported_no_compiler():
    """That is time before the first video, and memory until the last, of every worker."""
    done = subprocess.run([sys.executable, "-c", OPENED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted({"librosa", "llvmlite", "numba"} & set(done.stdout.split())) == []
