"""A graph that is drawn anew: what comes out stays what it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from slceleb_core.types import Array
from slceleb_recognizer_insightface.suiting import in_blocks, with_constant_weights

SIDE = 8


def network(slopes: Array, *, listed: bool = False, ir_version: int = 8) -> onnx.ModelProto:
    """Return a convolution to as many channels as there are slopes, and a PReLU."""
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(len(slopes), 3, 3, 3)).astype(np.float32)
    constants = [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(slopes, "slopes")]
    entry = helper.make_tensor_value_info("entry", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    exits = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, len(slopes), SIDE, SIDE])
    also = [helper.make_tensor_value_info(c.name, TensorProto.FLOAT, c.dims) for c in constants] if listed else []
    nodes = [
        helper.make_node("Conv", ["entry", "weights"], ["planes"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["planes", "slopes"], ["out"]),
    ]
    graph = helper.make_graph(nodes, "g", [entry, *also], [exits], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=ir_version)


def answers(model: onnx.ModelProto, image: Array) -> Array:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert len(session.get_inputs()) == 1
    return np.asarray(session.run(None, {session.get_inputs()[0].name: image})[0])


def kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("ir_version", [3, 8])
def test_a_prelu_in_blocks_is_the_same(ir_version: int) -> None:
    slopes = np.linspace(-0.8, 1.2, 16, dtype=np.float32).reshape(-1, 1, 1)
    image = np.random.default_rng(2).normal(size=(1, 3, SIDE, SIDE)).astype(np.float32)
    model = network(slopes, listed=ir_version < 4, ir_version=ir_version)
    with_constant_weights(model)
    before = answers(model, image)

    assert in_blocks(model)

    onnx.checker.check_model(model)
    assert "PRelu" not in kinds(model)
    assert np.abs(answers(model, image) - before).max() < 1e-5
    assert not in_blocks(model)


@pytest.mark.parametrize("shape", [(1,), (16, SIDE, SIDE)], ids=["one slope", "a slope for each pixel"])
def test_other_slopes_stay(shape: tuple[int, ...]) -> None:
    """The first has nothing to do with channels; the second depends on the place."""
    slopes = np.full(shape if len(shape) > 1 else (16, 1, SIDE), 0.3, np.float32)
    model = network(slopes)
    assert not in_blocks(model)
    assert kinds(model) == ["Conv", "PRelu"]


def test_weights_become_constants() -> None:
    model = network(np.full((4, 1, 1), 0.25, np.float32), listed=True)
    image = np.ones((1, 3, SIDE, SIDE), np.float32)
    before = np.asarray(
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(
            None, {"entry": image}
        )[0]
    )
    assert with_constant_weights(model)
    assert np.abs(answers(model, image) - before).max() < 1e-5
    assert not with_constant_weights(model)


def test_embeddings_of_sface_are_the_same(models: Path) -> None:
    """The figures of `in_blocks`."""
    proto = onnx.load(str(models / "face_recognition_sface_2021dec.onnx"))
    with_constant_weights(proto)
    image = np.random.default_rng(0).integers(0, 256, (1, 3, 112, 112)).astype(np.float32)
    before = answers(proto, image)
    assert in_blocks(proto)
    after = answers(proto, image)
    assert np.abs(after - before).max() < 2e-5
    cosine = float((before * after).sum() / np.linalg.norm(before) / np.linalg.norm(after))
    assert cosine == pytest.approx(1.0, abs=1e-6)
