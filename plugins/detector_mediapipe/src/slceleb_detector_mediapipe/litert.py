"""Networks on LiteRT, the successor of TensorFlow Lite, with XNNPACK. Importing this module imports it."""

from __future__ import annotations

import numpy as np

from slceleb_core.errors import PluginError
from slceleb_core.types import Array

try:
    from ai_edge_litert.interpreter import Interpreter
except (ImportError, OSError) as error:
    raise PluginError(
        f"LiteRT cannot be loaded: {error}",
        "pip install ai-edge-litert, or set the detector's option runtime: mediapipe",
    ) from error


class LiteRtNetwork:
    """A TensorFlow Lite file, run by one thread; row by row.

    Raises
    ------
    ValueError
        It is no such file.
    """

    def __init__(self, content: bytes) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        (entry,) = self._interpreter.get_input_details()
        self._entry = int(entry["index"])
        self._exits = [int(details["index"]) for details in self._interpreter.get_output_details()]

    def run(self, batch: Array) -> list[Array]:
        """Return its outputs for float32 [n, ...]."""
        rows = [self._run(batch[n : n + 1]) for n in range(len(batch))]
        return [np.stack(values) for values in zip(*rows, strict=True)]

    def _run(self, row: Array) -> list[Array]:
        self._interpreter.set_tensor(self._entry, row)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(place).reshape(-1) for place in self._exits]
