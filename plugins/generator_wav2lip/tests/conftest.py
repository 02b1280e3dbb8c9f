"""Small networks of Wav2Lip's form, drawn here: nobody's weights are needed, and what they do can be told exactly."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from slceleb_core.testing import builders
from slceleb_generator_wav2lip.stage import TERMS, Wav2LipConfig, Wav2LipGenerator

onnx = pytest.importorskip("onnx", reason="onnx, of which the networks of these tests are made, is not installed")

OPSET, IR = 17, 8
"""What the oldest ONNX Runtime that this plugin takes knows."""


def drawn(
    path: Path, *, batch: object = "n", bands: int = 80, side: int = 96, names=("mel", "vid"), gain=0.5, out: int = 3
) -> Path:
    """Write a network: the upper half as it is, the lower half in the grey of how loud the 16 spectra are on average.

    The grey is ``sigmoid(gain * mean)``; the upper half is taken from the reference, so whether channels and halves are
    where they should be shows in what comes out.
    """
    helper, tensor = onnx.helper, onnx.numpy_helper.from_array
    pick = np.zeros((out, 6, 1, 1), np.float32)
    pick[np.arange(out) % 3, 3 + np.arange(out) % 3] = 1.0 if out == 3 else 0.3
    lower = np.zeros((1, 1, side, side), np.float32)
    lower[:, :, side // 2 :] = 1.0
    constants = {"pick": pick, "lower": lower, "upper": 1.0 - lower, "gain": np.float32(gain).reshape(1, 1, 1, 1)}
    mel, vid = names
    nodes = [
        helper.make_node("Conv", [vid, "pick"], ["face"]),
        helper.make_node("ReduceMean", [mel], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "gain"], ["level"]),
        helper.make_node("Sigmoid", ["level"], ["grey"]),
        helper.make_node("Mul", ["face", "upper"], ["kept"]),
        helper.make_node("Mul", ["grey", "lower"], ["painted"]),
        helper.make_node("Add", ["kept", "painted"], ["gen"]),
    ]
    value = lambda name, *shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)  # noqa: E731
    graph = helper.make_graph(
        nodes,
        "drawn",
        [value(mel, batch, 1, bands, 16), value(vid, batch, 6, side, side)],
        [value("gen", batch, out, side, side)],
        [tensor(content, name) for name, content in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


@pytest.fixture(scope="session")
def network(tmp_path_factory) -> Path:
    return drawn(tmp_path_factory.mktemp("networks") / "drawn.onnx")


@pytest.fixture
def context():
    return builders.context(accepts=frozenset({TERMS.name}))


@pytest.fixture
def opened(context) -> Callable[..., Wav2LipGenerator]:
    """Return a function that opens a generator with a network."""
    with ExitStack() as stack:
        yield lambda path, **options: stack.enter_context(
            Wav2LipGenerator(Wav2LipConfig(model=path, **options), context)
        )
