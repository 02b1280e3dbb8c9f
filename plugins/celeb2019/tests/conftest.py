"""What the tests share: the real files, where they are at hand, and small networks in their place."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder with the four files of 2019."""
    found = Path(os.environ.get("SLCELEB_MODELS", SHARED / "models")) / "celeb2019"
    if not found.is_dir():
        pytest.skip(f"no {found}: the networks of 2019 are not at hand")
    return found


@pytest.fixture(scope="session")
def media() -> Path:
    """Return the folder of photos and clips."""
    if not (SHARED / "media").is_dir():
        pytest.skip(f"no {SHARED / 'media'}: photos are not at hand")
    return SHARED / "media"


def draw_retinaface(path: Path) -> Path:
    """Write a network of RetinaFace's form that takes whatever is red for a face, and return its path.

    Of the anchors of a grid of 8 pixels the larger one, of 32, is a face where its place is red; nothing else is.
    """
    import onnx
    from onnx import helper, numpy_helper

    nodes, weights, outputs = [], [], []
    for stride in (32, 16, 8):
        nodes.append(
            helper.make_node(
                "AveragePool", ["data"], [f"seen{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            )
        )
        finest = stride == 8
        reddest = np.zeros((4, 3, 1, 1), np.float32)
        reddest[2, :, 0, 0] = (
            np.array([1.0, -1.0, -1.0]) * finest / 16
        )  # first of the second half: a face, larger anchor
        kinds = {
            "scores": (reddest, np.array([0, 0, -8 if finest else -20, -20], np.float32)),
            "boxes": (np.zeros((8, 3, 1, 1), np.float32), np.zeros(8, np.float32)),
            "points": (
                np.zeros((20, 3, 1, 1), np.float32),
                np.tile(np.array([-0.2, -0.2, 0.2, -0.2, 0, 0, -0.15, 0.2, 0.15, 0.2], np.float32), 2),
            ),
        }
        for kind, (kernel, bias) in kinds.items():
            names = [f"{kind}{stride}.{part}" for part in ("kernel", "bias", "raw", "out")]
            weights += [numpy_helper.from_array(kernel, names[0]), numpy_helper.from_array(bias, names[1])]
            nodes.append(helper.make_node("Conv", [f"seen{stride}", *names[:2]], [names[2]]))
            nodes.append(helper.make_node("Sigmoid" if kind == "scores" else "Identity", [names[2]], [names[3]]))
            shape = ["n", len(bias), "h", "w"]
            outputs.append(helper.make_tensor_value_info(names[3], onnx.TensorProto.FLOAT, shape))
    entry = helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])
    return _written(path, helper.make_graph(nodes, "drawn", [entry], outputs, weights))


def draw_mobilefacenet(path: Path, values: int = 128) -> Path:
    """Write a network of MobileFaceNet's form that knows people by their colours, and return its path."""
    import onnx
    from onnx import helper, numpy_helper

    kernel = np.random.default_rng(5).standard_normal((3, values)).astype(np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "kernel", "bias"], ["fc1"]),
    ]
    weights = [
        numpy_helper.from_array(kernel, "kernel"),
        numpy_helper.from_array(np.full(values, 0.1, np.float32), "bias"),
    ]
    entry = helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, ["n", 3, 112, 112])
    out = helper.make_tensor_value_info("fc1", onnx.TensorProto.FLOAT, ["n", values])
    return _written(path, helper.make_graph(nodes, "drawn", [entry], [out], weights))


def draw_syncnet(path: Path, *, lip: tuple[int, ...] = (3, 5, 224, 224), other: int = 0) -> Path:
    """Write a network of SyncNet's form, and return its path.

    It takes how bright the middle of each of the five pictures is, and how loud every fourth row of sound, both less
    their mean.
    """
    import onnx
    from onnx import helper, numpy_helper

    centred = (np.eye(5) - 0.2).astype(np.float32)
    weights = [
        numpy_helper.from_array(np.array([0, 0, 0, 64, 64], np.int64), "low"),
        numpy_helper.from_array(np.array([2**31, 2**31, 2**31, 160, 160], np.int64), "high"),
        numpy_helper.from_array(np.array([0, 0, 0, 0], np.int64), "first"),
        numpy_helper.from_array(np.array([2**31, 2**31, 1, 2**31], np.int64), "last"),
        numpy_helper.from_array(np.array([1, 1, 1, 4], np.int64), "steps"),
        numpy_helper.from_array(np.array([-1, 5], np.int64), "five"),
        numpy_helper.from_array(centred * 0.2, "bright"),
        numpy_helper.from_array(np.pad(centred * 2.0, ((0, 0), (0, other))), "loud"),
    ]
    nodes = [
        helper.make_node("Slice", ["lip", "low", "high"], ["middle"]),
        helper.make_node("ReduceMean", ["middle"], ["shown"], axes=[1, 3, 4], keepdims=0),
        helper.make_node("MatMul", ["shown", "bright"], ["lip_embedding"]),
        helper.make_node("Slice", ["aud", "first", "last", "", "steps"], ["energy"]),
        helper.make_node("Reshape", ["energy", "five"], ["heard"]),
        helper.make_node("MatMul", ["heard", "loud"], ["aud_embedding"]),
    ]
    entries = [
        helper.make_tensor_value_info("lip", onnx.TensorProto.FLOAT, ["n", *lip]),
        helper.make_tensor_value_info("aud", onnx.TensorProto.FLOAT, ["n", 1, 13, 20]),
    ]
    outputs = [
        helper.make_tensor_value_info("lip_embedding", onnx.TensorProto.FLOAT, ["n", 5]),
        helper.make_tensor_value_info("aud_embedding", onnx.TensorProto.FLOAT, ["n", 5 + other]),
    ]
    return _written(path, helper.make_graph(nodes, "drawn", entries, outputs, weights))


def _written(path: Path, graph: object) -> Path:
    from onnx import helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


DRAWINGS: dict[str, Callable[..., Path]] = {
    "retinaface": draw_retinaface,
    "mobilefacenet": draw_mobilefacenet,
    "syncnet": draw_syncnet,
}


@pytest.fixture
def drawn(tmp_path) -> Callable[..., Path]:
    """Return a function that draws a network of a kind into a file of its own."""

    def draw(kind: str, name: str = "", **how: object) -> Path:
        return DRAWINGS[kind](tmp_path / (name or f"{kind}.onnx"), **how)

    return draw
