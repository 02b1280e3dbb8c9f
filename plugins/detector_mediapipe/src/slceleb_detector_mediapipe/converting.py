"""From a TensorFlow Lite file to an ONNX file, in memory. Importing this module imports ONNX."""

from __future__ import annotations

from collections.abc import Mapping

from slceleb_core.errors import PluginError

try:
    from slceleb_detector_mediapipe.drawing import Drawing, UnconvertibleError
    from slceleb_detector_mediapipe.operators import BLOCKED, OPERATORS, Draw
    from slceleb_detector_mediapipe.tflite import Graph, read_graph
except ImportError as error:
    raise PluginError(
        f"a network cannot be converted for ONNX Runtime: {error}", "pip install 'slceleb-detector-mediapipe[onnx]'"
    ) from error

__all__ = ["BLOCKED", "OPERATORS", "UnconvertibleError", "to_onnx"]


def to_onnx(name: str, content: bytes, operators: Mapping[str, Draw]) -> bytes:
    """Return an ONNX file that does for any number of rows what a TensorFlow Lite file does for one.

    Parameters
    ----------
    name
        What the network is called, for messages.
    content
        The TensorFlow Lite file.
    operators
        How its operators are drawn: `OPERATORS` or `BLOCKED`.

    Raises
    ------
    UnconvertibleError
        The network has something that is not known here.
    ValueError
        It is no TensorFlow Lite file.
    """
    try:
        return _drawn(read_graph(content), operators)
    except UnconvertibleError as error:
        raise UnconvertibleError(f"{name}: {error}") from error


def _drawn(graph: Graph, operators: Mapping[str, Draw]) -> bytes:
    drawing = Drawing(graph)
    for operator in graph.operators:
        if operator.kind not in operators:
            raise UnconvertibleError(f"the operator {operator.kind} is not known")
        operators[operator.kind](drawing, operator)
    return drawing.finished()
