"""From a TensorFlow Lite file to an ONNX file, in memory. Importing this module imports ONNX."""

from __future__ import annotations

from slceleb_core.errors import PluginError

try:
    from slceleb_detector_mediapipe.drawing import Drawing, Unconvertible
    from slceleb_detector_mediapipe.operators import draw
    from slceleb_detector_mediapipe.tflite import read_graph
except ImportError as error:
    raise PluginError(
        f"a network cannot be converted for ONNX Runtime: {error}", "pip install 'slceleb-detector-mediapipe[onnx]'"
    ) from error

__all__ = ["Unconvertible", "to_onnx"]


def to_onnx(content: bytes) -> bytes:
    """Return an ONNX file that does for any number of rows what a TensorFlow Lite file does for one.

    Raises
    ------
    Unconvertible
        The network has something that is not known here.
    ValueError
        It is no TensorFlow Lite file.
    """
    graph = read_graph(content)
    drawing = Drawing(graph)
    for operator in graph.operators:
        draw(drawing, operator)
    return drawing.finished()
