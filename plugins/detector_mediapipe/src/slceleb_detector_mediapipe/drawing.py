"""An ONNX graph that is drawn step by step after one of TensorFlow Lite, whose pictures have their channels last.

ONNX has them first. A tensor is turned where an operator asks for the other order, and never twice. The number of rows
is open: what is 1 in the file is any number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from slceleb_core.types import Array
from slceleb_detector_mediapipe.tflite import Graph

OPSET = 18
"""The version of ONNX's operators; ONNX Runtime knows it from 1.14 on."""

IR_VERSION = 8
"""The version of the file's own format that came with them."""

FIRST = (0, 3, 1, 2)
"""How [rows, height, width, channels] are turned so that channels come first."""

LAST = (0, 2, 3, 1)
"""And back."""


class UnconvertibleError(ValueError):
    """A network has something that is not known here."""


class Drawing:
    """An ONNX graph of which a part is drawn.

    Parameters
    ----------
    graph
        What it is drawn after; its tensors are called by their numbers there.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._values = {n: tensor.values for n, tensor in enumerate(graph.tensors) if tensor.values is not None}
        self._plain = {number: f"input{n}" for n, number in enumerate(graph.inputs)}
        self._planes: dict[int, str] = {}

    def shape(self, number: int) -> tuple[int, ...]:
        """Return the shape of a tensor as in the file."""
        return self._graph.tensors[number].shape

    def is_constant(self, number: int) -> bool:
        """Tell whether a tensor is known before anything is computed."""
        return number in self._values

    def values(self, number: int) -> Array:
        """Return what a constant is."""
        if number not in self._values:
            raise UnconvertibleError(f"tensor {number} is computed where a constant is expected")
        return self._values[number]

    def known(self, number: int, values: Array) -> None:
        """Set what a tensor is: a constant, too, as it is made of constants alone."""
        self._values[number] = values

    def has_planes(self, number: int) -> bool:
        """Tell whether a tensor has been made with its channels first."""
        return number in self._planes

    def plain(self, number: int) -> str:
        """Return the name of a tensor that is ordered as in the file."""
        if number not in self._plain:
            if number in self._values:
                self._plain[number] = self.constant(self._values[number])
            else:
                self._plain[number] = self.node("Transpose", self._made(number), perm=LAST)
        return self._plain[number]

    def planes(self, number: int) -> str:
        """Return the name of a tensor with its channels first."""
        if number not in self._planes:
            if number in self._values:
                self._planes[number] = self.constant(_four(self._values[number]).transpose(FIRST))
            elif len(self.shape(number)) == len(FIRST):
                self._planes[number] = self.node("Transpose", self.plain(number), perm=FIRST)
            else:
                raise UnconvertibleError(f"tensor {number} of shape {self.shape(number)} is no picture")
        return self._planes[number]

    def _made(self, number: int) -> str:
        if number not in self._planes:
            raise UnconvertibleError(f"tensor {number} is used before anything makes it")
        return self._planes[number]

    def constant(self, values: Array) -> str:
        """Return the name of a new constant."""
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(values.shape), name))
        return name

    def numbers(self, values: Any) -> str:
        """Return the name of a new constant of whole numbers."""
        return self.constant(np.array(values, dtype=np.int64))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Draw an operator of ONNX, and return the name of what it makes."""
        name = f"made{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def made_plain(self, number: int, name: str) -> None:
        """Say what a tensor is called that is ordered as in the file."""
        self._plain[number] = name

    def made_planes(self, number: int, name: str) -> None:
        """Say what a tensor is called that has its channels first."""
        self._planes[number] = name

    def finished(self) -> bytes:
        """Return the graph as an ONNX file."""
        for n, number in enumerate(self._graph.outputs):
            self._nodes.append(helper.make_node("Identity", [self.plain(number)], [f"output{n}"]))
        entries = [self._described(f"input{n}", number) for n, number in enumerate(self._graph.inputs)]
        exits = [self._described(f"output{n}", number) for n, number in enumerate(self._graph.outputs)]
        graph = helper.make_graph(self._nodes, "tflite", entries, exits, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _described(self, name: str, number: int) -> Any:
        """Return what is said of an input or an output. An output may lack the axis of rows in the file."""
        shape = self.shape(number)
        row = shape[1:] if shape[:1] == (1,) else shape
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", *row])


def _four(values: Array) -> Array:
    """Return a constant with four axes, as it would be spread over a picture."""
    return values.reshape((1,) * (len(FIRST) - values.ndim) + values.shape)
