"""What the tests of the recognizer share: small models made on the spot, and the real ones where they are at hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from slceleb_core.models import ModelStore
from slceleb_core.stages import StageContext
from slceleb_recognizer_insightface import InsightfaceConfig, InsightfaceRecognizer, catalog

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    """Keep InsightFace's folder of whoever runs the tests out of them."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def models() -> Path:
    """Return the folder of real model files."""
    folder = SHARED / "models"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: real model files are not at hand")
    return folder


@pytest.fixture(scope="session")
def photos() -> list[Path]:
    """Return the reference photos, in folders of a person each."""
    found = sorted((SHARED / "media" / "poi").glob("*/*.jpg"))
    if not found:
        pytest.skip(f"no {SHARED / 'media' / 'poi'}: reference photos are not at hand")
    return found


@pytest.fixture
def make(tmp_path) -> Callable[..., InsightfaceRecognizer]:
    """Return a function that makes a recognizer: options as in a profile, files from `folder` alone."""
    accepted = frozenset({catalog.TERMS.name})

    def recognizer(
        folder: Path | None = None,
        device: str = "cpu",
        offline: bool = True,
        accepts: frozenset[str] = accepted,
        **options: object,
    ):
        store = ModelStore(cache=tmp_path / "cache", folder=folder, offline=offline, accepts=accepts)
        return InsightfaceRecognizer(InsightfaceConfig.model_validate(options), StageContext(store, device))

    return recognizer


def save_model(
    path: Path,
    *,
    batch: int | str = "n",
    side: int = 112,
    gain: float = 1.0,
    weights_as_inputs: bool = False,
    seed: int = 0,
) -> Path:
    """Write a recognition model that is right in form: means of 4 by 4 fields, mixed into 16 numbers."""
    fields = 3 * (side // 28) ** 2
    weights = np.float32(gain) * np.random.default_rng(seed).normal(size=(fields, 16)).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", ["data"], ["fields"], kernel_shape=[28, 28], strides=[28, 28]),
        helper.make_node("Flatten", ["fields"], ["row"]),
        helper.make_node("MatMul", ["row", "weights"], ["fc1"]),
    ]
    inputs = [helper.make_tensor_value_info("data", TensorProto.FLOAT, [batch, 3, side, side])]
    if weights_as_inputs:
        inputs.append(helper.make_tensor_value_info("weights", TensorProto.FLOAT, [fields, 16]))
    output = helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [batch, 16])
    graph = helper.make_graph(nodes, "small", inputs, [output], [numpy_helper.from_array(weights, "weights")])
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


@pytest.fixture(name="save_model")
def _save_model() -> Callable[..., Path]:
    """Return the function that writes a small recognition model."""
    return save_model


@pytest.fixture
def small_model(tmp_path) -> Path:
    """Return the path of a small recognition model."""
    return save_model(tmp_path / "small" / "small.onnx")
