"""What is heard with a picture: the figures of the authors' code, worked out here by librosa over the whole sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.testing import SyntheticTalker
from slceleb_core.types import AudioSpan
from slceleb_generator_wav2lip.spectra import BANDS, SPECTRA, first_of, heard


@pytest.fixture(scope="module")
def sound():
    return SyntheticTalker(seed=3, duration=4.0).audio()


@pytest.fixture(scope="module")
def whole(sound):
    """Return float [80, k]: all spectra of the sound at once, as librosa makes them."""
    librosa = pytest.importorskip("librosa", reason="librosa is not installed")
    loud = np.append(sound.samples[0], sound.samples[1:] - 0.97 * sound.samples[:-1].astype(np.float64))
    amplitudes = np.abs(librosa.stft(loud, n_fft=800, hop_length=200, win_length=800, pad_mode="constant"))
    basis = librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600)
    decibels = 20 * np.log10(np.maximum(1e-5, basis @ amplitudes)) - 20
    return np.clip(8 * (decibels + 100) / 100 - 4, -4, 4)


@pytest.mark.parametrize("rate", [11.94, 23.976, 25.0, 29.97, 50.0, 60.0])
def test_a_picture_hears_sixteen_spectra_from_its_own_on(sound, whole, rate):
    numbers = np.arange(int(3.7 * rate))
    found = heard(sound, numbers / rate)
    assert found.shape == (len(numbers), 1, BANDS, SPECTRA)
    for number, row in zip(numbers, found, strict=True):
        first = int(80.0 * number / rate + 1e-6)
        np.testing.assert_allclose(row[0], whole[:, first : first + SPECTRA], atol=2e-3)


def test_the_clock_is_the_sounds(sound):
    times = np.array([0.0, 0.5, 1.25])
    for start in (-3.0, 0.021, 77.7):
        moved = AudioSpan(sound.samples, start)
        np.testing.assert_allclose(heard(moved, times + start), heard(sound, times), atol=2e-3)


def test_a_click_is_heard_where_it_is():
    samples = np.zeros(32_000, np.float32)
    samples[16_000] = 1.0
    loudest = heard(AudioSpan(samples, 0.0), np.array([1.0, 0.9, 0.81]))[:, 0].sum(axis=1)
    assert [int(np.argmax(row)) for row in loudest] == [0, 8, 16 - 1]  # spectra are 12.5 ms apart


def test_silence_is_the_least_there_is():
    assert (heard(AudioSpan(np.zeros(100, np.float32), 0.0), np.array([-5.0, 0.0, 9.0])) == -4.0).all()


@given(number=st.integers(0, 400_000), rate=st.sampled_from([24.0, 25.0, 30.0, 50.0, 60.0, 24000 / 1001, 30000 / 1001]))
def test_a_picture_begins_with_the_spectrum_that_the_authors_take(number, rate):
    exact = first_of(number / rate)
    assert abs(exact - 80.0 * number / rate) <= 1.0
    assert exact in (int(80.0 * number / rate), int(80.0 * number / rate + 1e-6))
