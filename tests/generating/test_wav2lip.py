"""The whole way with the plugin and a network that is drawn: what comes out, what is stated of it, what is refused."""

import json
from hashlib import sha256

import numpy as np
import pytest

from slceleb_core.errors import ModelError
from slceleb_core.registry import Registry
from slceleb_core.testing import FakeMeshingDetector, FakePlugin, builders

from .conftest import pictures

pytest.importorskip("onnx", reason="onnx, of which the network is made, is not installed")
plugin = pytest.importorskip("slceleb_generator_wav2lip", reason="the plugin generator_wav2lip is not installed")
drawn = pytest.importorskip("slceleb_generator_wav2lip.drawn")
c2pa = pytest.importorskip("c2pa", reason="c2pa-python is not installed")


@pytest.fixture
def registry():
    return Registry.of(FakePlugin(detector=FakeMeshingDetector), plugin)


@pytest.fixture
def context():
    return builders.context(accepts=frozenset({"wav2lip-research"}))


def test_the_lower_face_goes_by_the_sound_and_the_network_is_stated(record, order, make, tmp_path):
    """The drawn network paints the sigmoid of half of the mean spectrum; what is stated is that file, by its hash."""
    network = drawn.draw(tmp_path / "drawn.onnx")
    made = make(order(record(), marked=False), "wav2lip", {"model": str(network)})
    _, shown = pictures(made.output)
    chin = shown[:, 70:74, 40:50].astype(int)
    assert made.changed == 75
    assert np.ptp(chin, axis=-1).max() < 25  # grey, where the square is red
    assert np.ptp(chin.mean(axis=(1, 2, 3))) > 15  # louder and softer
    with c2pa.Reader(str(made.output)) as reader:
        stated = json.loads(reader.json())
    assertions = stated["manifests"][stated["active_manifest"]]["assertions"]
    model = next(a for a in assertions if a["label"] == "org.slceleb.lipsync")["data"]["model"]
    assert model["sha256"] == sha256(network.read_bytes()).hexdigest()
    assert "non-commercial" in model["licence"]
    assert model["terms"]["name"] == "wav2lip-research"


@pytest.mark.parametrize("form", [{"side": 128}, {"bands": 64}, {"channels": 1}, {"batch": 7}])
def test_a_network_of_another_form_is_one_line_and_no_file(record, order, make, tmp_path, form):
    network = drawn.draw(tmp_path / "other.onnx", drawn.Drawing(**form))
    with pytest.raises(ModelError) as refused:
        make(order(record()), "wav2lip", {"model": str(network)})
    assert "other.onnx" in refused.value.message
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.glob("made*")) + list(tmp_path.glob(".made*"))
