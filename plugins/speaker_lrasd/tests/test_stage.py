"""What is kept of a face, and what the stage says of itself."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from slceleb_core.errors import ModelError, PluginError, UsageError
from slceleb_core.testing import SyntheticTalker, builders
from slceleb_core.testing.talker import talker_tracks
from slceleb_core.types import AudioSpan, Track
from slceleb_speaker_lrasd.crops import crops
from slceleb_speaker_lrasd.stage import LrasdConfig, LrasdSpeaker


def test_a_crop_is_the_box_at_whole_pixels_grey_and_square():
    frame = builders.frame(builders.noise_picture(200, 150))
    (crop,) = crops(frame, np.array([[20.9, 30.2, 90.7, 70.99]], np.float32))
    red, green, blue = np.moveaxis(frame.image[30:70, 20:90].astype(float), 2, 0)
    grey = np.rint(0.299 * red + 0.587 * green + 0.114 * blue).astype(np.uint8)
    expected = cv2.resize(grey, (112, 112), interpolation=cv2.INTER_LINEAR)
    assert np.abs(crop.astype(int) - expected).max() <= 1
    assert crop.dtype == np.uint8


def test_a_box_is_cut_at_the_edges_of_the_picture_and_black_beyond():
    frame = builders.frame(builders.noise_picture(100, 80))
    inside, beyond = crops(frame, np.array([[-20.0, -10.0, 60.0, 50.0], [200.0, 10.0, 260.0, 70.0]]))
    (clipped,) = crops(frame, np.array([[0.0, 0.0, 60.0, 50.0]]))
    np.testing.assert_array_equal(inside, clipped)
    assert not beyond.any()


def test_who_has_no_sound_does_not_speak(make):
    speaker, talker = make(), SyntheticTalker(seed=3, duration=2.0)
    tracks = talker_tracks(speaker, [talker])
    (silent,) = speaker.score(tracks, builders.audio(2.0))
    assert not silent.speaking.any()
    sound = talker.audio()
    (early,) = speaker.score(tracks, AudioSpan(sound.samples[:16000], 0.0))
    assert early.speaking[5:20].all()
    assert not early.speaking[26:].any()


def test_diagnostics_are_the_networks_odds(make):
    speaker, talker = make(diagnostics=True, model="lr_asd"), SyntheticTalker(seed=3, duration=1.0)
    (scores,) = speaker.score(talker_tracks(speaker, [talker]), talker.audio())
    odds = scores.diagnostics["odds"]
    order = np.argsort(odds)
    assert (np.diff(scores.speaking[order]) >= 0).all()


def test_the_report_names_the_network(make):
    report = make(model="lr_asd").report()
    assert (report["model"], report["file"], report["licence"]) == ("lr_asd", "lr_asd_ava.onnx", "MIT")
    assert report["providers"]["used"] == ["CPUExecutionProvider"]
    assert json.loads(json.dumps(report)) == report


def test_a_file_of_ones_own_counts_by_its_content(tmp_path, located):
    own = tmp_path / "own.onnx"
    own.write_bytes(located("light_asd").read_bytes())
    named = LrasdSpeaker(LrasdConfig(file=own), builders.context()).signature()
    assert named["file"] == LrasdSpeaker(LrasdConfig(), builders.context()).signature()["file"]
    own.write_bytes(own.read_bytes() + b"\0")
    assert LrasdSpeaker(LrasdConfig(file=own), builders.context()).signature()["file"] != named["file"]


def test_what_is_no_such_network_is_refused_in_a_line(tmp_path, request):
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "g", [value], [])
    for name, content in (("other.onnx", onnx.helper.make_model(graph).SerializeToString()), ("text.onnx", b"hello")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=name):
            LrasdSpeaker(LrasdConfig(file=tmp_path / name), builders.context()).open()


def test_a_file_that_is_not_there_is_named(tmp_path):
    speaker = LrasdSpeaker(LrasdConfig(file=tmp_path / "gone.onnx"), builders.context())
    with pytest.raises(ModelError, match=r"gone\.onnx"):
        speaker.open()


def test_a_provider_that_is_not_there_is_named(located):
    context = builders.context(located("light_asd").parent)
    with pytest.raises(UsageError, match="NoSuchProvider"):
        LrasdSpeaker(LrasdConfig(providers=("NoSuchProvider",)), context).open()


def test_a_package_that_is_missing_is_named_before_the_first_video(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PluginError, match="onnx"):
        LrasdSpeaker.check(LrasdConfig())


def test_used_before_it_was_opened():
    track = Track(1, np.arange(3), np.arange(3) / 25, np.zeros((3, 4)), np.zeros((3, 112, 112), np.uint8))
    with pytest.raises(PluginError, match="opened"):
        LrasdSpeaker(LrasdConfig(), builders.context()).score([track], builders.audio(1.0))
