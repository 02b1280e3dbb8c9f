"""From MXNet's description of a network and its parameters to an ONNX file. Importing this module imports ONNX.

The operators are those of the two networks of 2019, as MXNet documents them (``mxnet.symbol``); defaults are MXNet's.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import onnx
import onnx.checker
import onnx.shape_inference
from onnx import TensorProto, helper, numpy_helper

from slceleb_core.types import Array

OPSET, IR = 13, 8
"""Versions of ONNX's operators and format: what ONNX Runtime knows from 1.10 on."""

PICTURE = "data"
"""How the input is called."""

NOTHING = "null"
"""MXNet's word for a node that computes nothing: an input or a parameter."""

EPSILON = 1e-3
"""MXNet's default of a BatchNorm's ``eps``."""


class UnknownError(ValueError):
    """A network has something that is not known here, or lacks a parameter."""


@dataclass(frozen=True, slots=True)
class _Node:
    """An operator: its name, its attributes, and the names of what goes in."""

    name: str
    attributes: Mapping[str, str]
    inputs: list[str]

    def get(self, name: str, default: Any) -> Any:
        """Return an attribute's value."""
        text = self.attributes.get(name)
        return default if text is None else ast.literal_eval(text)


@dataclass(slots=True)
class _Drawing:
    """What has been drawn of an ONNX graph."""

    weights: dict[str, Array]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def draw(self, kind: str, node: _Node, inputs: list[str], **attributes: Any) -> None:
        """Draw a node that gives what is called as the operator is."""
        self.nodes.append(helper.make_node(kind, inputs, [node.name], name=node.name, **attributes))

    def part(self, kind: str, name: str, inputs: list[str], **attributes: Any) -> str:
        """Draw a node that is a part of what stands for an operator, and return what it gives."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, values: Array) -> str:
        """Keep a constant, and return its name."""
        self.constants[name] = values
        return name


_Draw: TypeAlias = Callable[[_Drawing, _Node], None]


def _convolution(drawing: _Drawing, node: _Node) -> None:
    kernel, pad = node.get("kernel", ()), node.get("pad", (0, 0))
    drawing.draw(
        "Conv",
        node,
        node.inputs,
        kernel_shape=kernel,
        pads=[*pad, *pad],
        strides=node.get("stride", (1, 1)),
        dilations=node.get("dilate", (1, 1)),
        group=node.get("num_group", 1),
    )


def _batch_norm(drawing: _Drawing, node: _Node) -> None:
    entry, gamma, *rest = node.inputs
    if node.get("fix_gamma", default=True):  # it then counts as one, whatever the file holds
        gamma = drawing.constant(f"{node.name}:gamma", np.ones_like(drawing.weights[gamma]))
    drawing.draw("BatchNormalization", node, [entry, gamma, *rest], epsilon=node.get("eps", EPSILON))


def _relu(drawing: _Drawing, node: _Node) -> None:
    if node.attributes.get("act_type") != "relu":
        raise UnknownError(f"{node.name} is an activation {node.attributes.get('act_type')}")
    drawing.draw("Relu", node, node.inputs)


def _prelu(drawing: _Drawing, node: _Node) -> None:
    """Draw max(x, 0) - a max(-x, 0).

    On a processor ONNX Runtime keeps channels in blocks of 8 or 16 and has to undo that for its PRelu; convolutions of
    one pixel, which only scale, keep the blocks: MobileFaceNet takes half the time. Either term is 0 where the other is
    not, so that each number is the same.
    """
    if node.attributes.get("act_type") != "prelu":
        raise UnknownError(f"{node.name} is a LeakyReLU {node.attributes.get('act_type')}")
    entry, slopes = node.inputs[0], drawing.weights[node.inputs[1]].reshape(-1)
    above = drawing.part("Relu", f"{node.name}:above", [entry])
    negative = _scaled(drawing, entry, f"{node.name}:negative", -np.ones_like(slopes))
    below = drawing.part("Relu", f"{node.name}:below", [negative])
    bent = _scaled(drawing, below, f"{node.name}:bent", -slopes)
    drawing.draw("Add", node, [above, bent])


def _scaled(drawing: _Drawing, entry: str, name: str, factors: Array) -> str:
    """Draw a node that multiplies each channel by a factor of its own, and return what it gives."""
    kernel = drawing.constant(f"{name}:factors", factors.reshape(-1, 1, 1, 1))
    return drawing.part("Conv", name, [entry, kernel], kernel_shape=[1, 1], group=len(factors))


def _softmax(drawing: _Drawing, node: _Node) -> None:
    if node.attributes.get("mode") != "channel":
        raise UnknownError(f"{node.name} is a softmax over {node.attributes.get('mode')}")
    drawing.draw("Softmax", node, node.inputs, axis=1)


def _upsampling(drawing: _Drawing, node: _Node) -> None:
    if node.attributes.get("sample_type") != "nearest" or len(node.inputs) != 1:
        raise UnknownError(f"{node.name} is an upsampling {node.attributes.get('sample_type')}")
    scale = float(node.get("scale", 1))
    scales = drawing.constant(f"{node.name}:scales", np.array([1.0, 1.0, scale, scale], np.float32))
    how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    drawing.draw("Resize", node, [node.inputs[0], "", scales], **how)


def _crop(drawing: _Drawing, node: _Node) -> None:
    """Cut the first input to the height and width of the second, from the top left corner on."""
    if node.get("center_crop", default=False) or tuple(node.get("offset", (0, 0))) != (0, 0):
        raise UnknownError(f"{node.name} crops elsewhere than at the top left")
    entry, like = node.inputs
    shape, size = f"{node.name}:shape", f"{node.name}:size"
    two = drawing.constant(f"{node.name}:two", np.array([2, 3], np.int64))
    start = drawing.constant(f"{node.name}:start", np.zeros(2, np.int64))
    drawing.nodes.append(helper.make_node("Shape", [like], [shape]))
    drawing.nodes.append(helper.make_node("Gather", [shape, two], [size]))
    drawing.draw("Slice", node, [entry, start, size, two])


def _reshape(drawing: _Drawing, node: _Node) -> None:
    shape = node.get("shape", ())
    if not all(length >= -1 for length in shape):  # 0 and -1 mean in ONNX what they mean in MXNet
        raise UnknownError(f"{node.name} has the shape {shape}")
    drawing.draw("Reshape", node, [node.inputs[0], drawing.constant(f"{node.name}:to", np.array(shape, np.int64))])


def _fully_connected(drawing: _Drawing, node: _Node) -> None:
    entry, *rest = node.inputs
    flat = f"{node.name}:flat"
    drawing.nodes.append(helper.make_node("Flatten", [entry], [flat]))
    drawing.draw("Gemm", node, [flat, *rest], transB=1)


def _with_scalar(kind: str) -> _Draw:
    def draw(drawing: _Drawing, node: _Node) -> None:
        value = np.array(node.get("scalar", 0.0), np.float32)
        drawing.draw(kind, node, [node.inputs[0], drawing.constant(f"{node.name}:scalar", value)])

    return draw


OPERATORS: Mapping[str, _Draw] = {
    "Activation": _relu,
    "BatchNorm": _batch_norm,
    "Concat": lambda drawing, node: drawing.draw("Concat", node, node.inputs, axis=node.get("dim", 1)),
    "Convolution": _convolution,
    "Crop": _crop,
    "FullyConnected": _fully_connected,
    "LeakyReLU": _prelu,
    "Reshape": _reshape,
    "SoftmaxActivation": _softmax,
    "UpSampling": _upsampling,
    "_minus_scalar": _with_scalar("Sub"),
    "_mul_scalar": _with_scalar("Mul"),
    "elemwise_add": lambda drawing, node: drawing.draw("Add", node, node.inputs),
}


def to_onnx(symbol: str, arrays: Mapping[str, Array], entry: tuple[int | str, ...]) -> bytes:
    """Return an ONNX file that does what a network of MXNet's does.

    Parameters
    ----------
    symbol
        Its description, JSON.
    arrays
        Its parameters, as of ``ndarrays.read_arrays``.
    entry
        The shape of its input ``data``; names for lengths that are free.

    Raises
    ------
    UnknownError
        It has something that is not known here, or a parameter is missing.
    """
    try:
        described = json.loads(symbol)
        nodes, heads = described["nodes"], [nodes_of[0] for nodes_of in described["heads"]]
    except (ValueError, KeyError, TypeError) as error:
        raise UnknownError("it is no description of a network of MXNet's") from error
    drawing = _Drawing({name.partition(":")[2]: np.asarray(values, np.float32) for name, values in arrays.items()})
    for node in nodes:
        _draw_node(drawing, node, nodes)
    return _finished(drawing, entry, [nodes[head]["name"] for head in heads])


def _draw_node(drawing: _Drawing, node: Mapping[str, Any], nodes: list[Mapping[str, Any]]) -> None:
    kind, name = node["op"], node["name"]
    if kind == NOTHING:
        if name != PICTURE and name not in drawing.weights:
            raise UnknownError(f"the parameter {name} is missing")
        return
    if kind not in OPERATORS:
        raise UnknownError(f"the operator {kind} is not known")
    inputs = [nodes[place]["name"] for place, *_ in node["inputs"]]
    OPERATORS[kind](drawing, _Node(name, node.get("attrs", {}), inputs))


def _finished(drawing: _Drawing, entry: tuple[int | str, ...], heads: list[str]) -> bytes:
    used = {name for node in drawing.nodes for name in node.input}
    constants = {name: values for name, values in {**drawing.weights, **drawing.constants}.items() if name in used}
    graph = helper.make_graph(
        drawing.nodes,
        "network",
        [helper.make_tensor_value_info(PICTURE, TensorProto.FLOAT, entry)],
        [helper.make_tensor_value_info(head, TensorProto.FLOAT, None) for head in heads],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    shaped = onnx.shape_inference.infer_shapes(model)  # an output must say how many axes it has
    onnx.checker.check_model(shaped)
    return bytes(shaped.SerializeToString())
