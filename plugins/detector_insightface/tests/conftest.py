"""What the tests of the detector share: small networks made on the spot, and the real ones where they are at hand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from slceleb_core.errors import ModelError
from slceleb_core.models import ModelStore
from slceleb_core.settings import load_settings
from slceleb_core.stages import StageContext
from slceleb_detector_insightface import InsightfaceDetector, InsightfaceDetectorConfig
from slceleb_detector_insightface.catalog import TERMS

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
STRIDES = (8, 16, 32)


@pytest.fixture(scope="session")
def context() -> StageContext:
    """Return a context that finds the model files: in an installed carrier, or beside the repository."""
    settings = load_settings().model_copy(update={"accept_licences": TERMS.name})
    if settings.models is None and (SHARED / "models").is_dir():
        settings = settings.model_copy(update={"models": SHARED / "models"})
    return settings.stage_context()


@pytest.fixture
def opened(context) -> Iterator:
    """Give a function that opens a detector with these options; the test is skipped where a pinned file is missing."""
    made = []

    def open_detector(**options):
        detector = InsightfaceDetector(InsightfaceDetectorConfig(**options), context)
        try:
            detector.open()
        except ModelError as error:
            pytest.skip(str(error))
        made.append(detector)
        return detector

    yield open_detector
    for detector in made:
        detector.close()


@pytest.fixture
def make(tmp_path) -> Callable[..., InsightfaceDetector]:
    """Return a function that makes a detector that finds no files but those in `folder`; it is not opened."""

    def detector(folder: Path | None = None, threads: int | None = None, device: str = "cpu", **options: object):
        accepts = frozenset({TERMS.name})
        store = ModelStore(cache=tmp_path / "cache", folder=folder, offline=True, accepts=accepts)
        config = InsightfaceDetectorConfig.model_validate(options)
        return InsightfaceDetector(config, StageContext(store, device, threads=threads))

    return detector


@pytest.fixture(scope="session")
def group() -> np.ndarray:
    """Return InsightFace's sample picture of six people, 1280x886."""
    insightface = pytest.importorskip("insightface", reason="InsightFace carries the sample picture t1.jpg")
    path = Path(insightface.__file__).parent / "data" / "images" / "t1.jpg"
    if not path.is_file():
        pytest.skip(f"no {path}: this InsightFace does not carry it")
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def draw_network(path: Path, *, batch: int | str = "n", side: int | str = "s", points: bool = True) -> Path:
    """Write a network with the outputs of SCRFD that takes whatever is red for a face.

    Parameters
    ----------
    path
        Where to.
    batch
        How many pictures it takes at once; 1: as those of InsightFace's packs, whose outputs have no such axis.
    side
        Which side they have; a name: any.
    points
        Whether it gives the five points.
    """
    onnx = pytest.importorskip("onnx", reason="networks for tests are drawn with ONNX")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    nodes, weights, outputs = [], [], {"scores": [], "boxes": [], "points": []}
    # a place of the last grid is as sure as it is red; its face reaches so far that the next place's is the same
    five = [-0.5, -0.5, 0.5, -0.5, 0.0, 0.0, -0.4, 0.6, 0.4, 0.6]
    for stride in STRIDES:
        sure = -3.0 if stride == STRIDES[-1] else -99.0
        kinds = {"scores": ([sure], [[8.0, -4.0, -4.0]]), "boxes": ([2.5] * 4, None), "points": (five, None)}
        nodes.append(
            helper.make_node(
                "AveragePool", ["picture"], [f"pool{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            )
        )
        for kind, (bias, weight) in kinds.items():
            if kind == "points" and not points:
                continue
            values = len(bias)
            kernel = np.zeros((2 * values, 3, 1, 1), np.float32)
            if weight is not None:
                kernel[:] = np.tile(np.array(weight, np.float32), (2, 1))[:, :, None, None]
            names = [f"{kind}{stride}{part}" for part in ("w", "b", "shape", "conv", "moved", "rows", "")]
            weights += [
                numpy_helper.from_array(kernel, names[0]),
                numpy_helper.from_array(np.tile(np.array(bias, np.float32), 2), names[1]),
                numpy_helper.from_array(np.array([-1, values] if batch == 1 else [0, -1, values]), names[2]),
            ]
            nodes += [
                helper.make_node("Conv", [f"pool{stride}", *names[:2]], [names[3]], kernel_shape=[1, 1]),
                helper.make_node(
                    "Transpose", [names[3]], [names[4]], perm=[2, 3, 0, 1] if batch == 1 else [0, 2, 3, 1]
                ),
                helper.make_node("Reshape", [names[4], names[2]], [names[5]]),
                helper.make_node("Sigmoid" if kind == "scores" else "Identity", [names[5]], [names[6]]),
            ]
            shape = ["rows", values] if batch == 1 else [batch, "rows", values]
            outputs[kind].append(helper.make_tensor_value_info(names[6], onnx.TensorProto.FLOAT, shape))
    entry = helper.make_tensor_value_info("picture", onnx.TensorProto.FLOAT, [batch, 3, side, side])
    graph = helper.make_graph(nodes, "drawn", [entry], [out for kind in outputs.values() for out in kind], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def drawn(tmp_path) -> Callable[..., Path]:
    """Return a function that draws a network into a file of its own; see :func:`draw_network`."""

    def draw(name: str = "drawn.onnx", **how: object) -> Path:
        return draw_network(tmp_path / name, **how)

    return draw
