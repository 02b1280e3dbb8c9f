"""What the network is shown, what is taken from it, and what is said of a file that is no such network."""

import json

import numpy as np
import pytest

from slceleb_core.errors import ModelError
from slceleb_core.testing import SyntheticTalker, builders
from slceleb_core.types import AudioSpan
from slceleb_generator_wav2lip.drawn import Drawing, draw, main
from slceleb_generator_wav2lip.network import shown_of
from slceleb_generator_wav2lip.stage import TERMS, Wav2LipConfig, Wav2LipGenerator

LOUD = SyntheticTalker(seed=3, duration=2.0).audio()


def face(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (1, 96, 96, 3), dtype=np.uint8)


def test_the_network_is_shown_a_face_without_its_lower_half_and_the_face_in_blue_green_red():
    shown = shown_of(face())
    assert shown.shape == (1, 6, 96, 96)
    assert shown.dtype == np.float32
    blue_first = face()[0, ..., ::-1].transpose(2, 0, 1) / 255
    np.testing.assert_allclose(shown[0, 3:], blue_first, atol=1e-6)
    np.testing.assert_allclose(shown[0, :3, :48], blue_first[:, :48], atol=1e-6)
    assert (shown[0, :3, 48:] == 0).all()


def test_what_it_gives_is_put_back_in_red_green_blue(opened, network):
    generator = opened(network)
    generator.start(LOUD)
    made = generator.generate(face(), np.array([0.5]))
    assert (made[0, :48] == face()[0, :48]).all()
    assert len(np.unique(made[0, 48:])) == 1


def test_a_voice_is_brighter_than_silence(opened, network):
    generator = opened(network)
    generator.start(LOUD)
    voiced = int(generator.generate(face(), np.array([0.8]))[0, 60, 48, 0])
    generator.start(AudioSpan(np.zeros(1000, np.float32), 0.0))
    silent = int(generator.generate(face(), np.array([0.8]))[0, 60, 48, 0])
    assert silent == round(255 / (1 + np.exp(0.5 * 4.0)))  # the sigmoid of half of -4
    assert voiced > silent + 30


@pytest.mark.parametrize("batch", [1, "frames"])
@pytest.mark.parametrize("names", [("mel_spectrogram", "video_frames"), ("input_1", "input_2")])
def test_names_do_not_matter_and_a_network_of_one_face_is_run_face_by_face(opened, tmp_path, network, batch, names):
    generator, usual = opened(draw(tmp_path / "other.onnx", Drawing(batch=batch, names=names))), opened(network)
    faces, times = np.concatenate([face(1), face(2), face(3)]), np.array([0.2, 0.5, 0.9])
    for stage in (generator, usual):
        stage.start(LOUD)
    assert (generator.generate(faces, times) == usual.generate(faces, times)).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bands": 64}, "no network of Wav2Lip's form: it takes mel: any x 1 x 64 x 16; vid: any x 6 x 96 x 96"),
        ({"side": 192}, "it takes mel: any x 1 x 80 x 16; vid: any x 6 x 192 x 192"),
        ({"channels": 4}, "gives 1 x 4 x 96 x 96 for 1 faces"),
        ({"batch": 4}, "takes 4 faces at a time, and no other"),
        ({"gain": np.nan}, "gives what is no number"),
    ],
)
def test_a_network_of_another_form_is_refused_in_one_line(opened, tmp_path, changes, said):
    with pytest.raises(ModelError) as refused:
        opened(draw(tmp_path / "other.onnx", Drawing(**changes)))
    assert said in refused.value.message
    assert "\n" not in str(refused.value)
    assert refused.value.hint


def test_a_file_that_is_no_network_is_refused(opened, tmp_path):
    path = tmp_path / "none.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match="cannot be loaded"):
        opened(path)


@pytest.mark.parametrize("model", [None, "nowhere.onnx"])
def test_a_network_that_is_not_there_is_said_before_anything_is_opened(context, model):
    with pytest.raises(ModelError):
        Wav2LipGenerator.check_models(Wav2LipConfig(model=model), context.models)


def test_the_terms_have_to_be_accepted_once(network, tmp_path):
    config = Wav2LipConfig(model=network)
    fresh = builders.context()
    with pytest.raises(ModelError, match="non-commercial use only") as refused:
        Wav2LipGenerator.check_models(config, fresh.models)
    assert f"slceleb models accept {TERMS.name}" in refused.value.hint
    with pytest.raises(ModelError, match="non-commercial use only"), Wav2LipGenerator(config, fresh):
        pass


def test_the_report_says_which_network_under_which_terms(opened, network):
    report = json.loads(json.dumps(dict(opened(network).report())))
    assert report["file"] == "drawn.onnx"
    assert len(report["sha256"]) == 64
    assert "non-commercial" in report["licence"]
    assert report["terms"]["name"] == TERMS.name


def test_a_network_counts_by_its_content(context, network, tmp_path):
    same, other = tmp_path / "same.onnx", draw(tmp_path / "other.onnx", Drawing(gain=0.4))
    same.write_bytes(network.read_bytes())
    signatures = [Wav2LipGenerator(Wav2LipConfig(model=path), context).signature() for path in (network, same, other)]
    assert signatures[0] == signatures[1] != signatures[2]


def test_one_can_be_drawn_by_a_command(tmp_path, capsys, opened):
    assert main([str(tmp_path / "mine.onnx")]) == 0
    assert "a network that nobody has trained" in capsys.readouterr().out
    opened(tmp_path / "mine.onnx")
    assert main([]) == 2
    assert main([str(tmp_path / "nowhere" / "mine.onnx")]) == 2
    assert capsys.readouterr().err.count("\n") == 2
