"""A model's graph, drawn anew as ONNX Runtime computes it fastest; what comes out is the same but for rounding.

Importing this module imports ONNX.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from onnx import helper, numpy_helper

from slceleb_core.types import Array

PRELU = "PRelu"

CONSTANTS_ALONE = 4
"""Version of ONNX's format from which on a weight need not be an input as well."""

OF_CHANNELS = 3
"""Axes of what is spread over the channels of pictures: [channels, 1, 1]."""


def with_constant_weights(model: onnx.ModelProto) -> bool:
    """Make the weights of `model` constants, where its file lists them among the graph's inputs; tell whether it did.

    Files exported long ago (SFace is one) list them so, and ONNX Runtime cannot fold what a caller might replace:
    without, a face takes 13 % less time.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) == len(model.graph.input):
        return False
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, CONSTANTS_ALONE)
    return True


def in_blocks(model: onnx.ModelProto) -> bool:
    """Draw each PReLU of `model` as max(x, 0) - a max(-x, 0); tell whether there was one.

    On a processor, ONNX Runtime keeps channels in blocks of 8 or 16 and has to undo that for its PRelu, which takes
    twice as long as all convolutions of SFace together. Convolutions of one pixel, which only scale, keep the blocks:
    a face takes 2.3 times less time. Either term is 0 where the other is not, so that each number is the same as
    before; embeddings change by 2e-6, as convolutions are put together otherwise (`tests/test_suiting.py`).
    """
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes = [drawn for node in model.graph.node for drawn in _in_blocks(model.graph, node, weights)]
    if len(nodes) == len(model.graph.node):
        return False
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.ir_version = max(model.ir_version, CONSTANTS_ALONE)
    return True


def _in_blocks(graph: onnx.GraphProto, node: onnx.NodeProto, weights: Mapping[str, Array]) -> Iterator[onnx.NodeProto]:
    """Yield what takes the place of a node: itself, where it is no PReLU with a slope for each channel of a picture."""
    slopes = weights.get(node.input[1]) if node.op_type == PRELU else None
    if slopes is None or not _is_by_channel(slopes):
        yield node
        return
    entry, made = node.input[0], node.output[0]
    negative, above, below, bent = (f"{made}:{part}" for part in ("negative", "above", "below", "bent"))
    yield helper.make_node("Relu", [entry], [above])
    yield _scaled(graph, entry, negative, -np.ones_like(slopes))
    yield helper.make_node("Relu", [negative], [below])
    yield _scaled(graph, below, bent, -slopes)
    yield helper.make_node("Add", [above, bent], [made])


def _is_by_channel(slopes: Array) -> bool:
    return slopes.ndim == OF_CHANNELS and slopes.shape[1:] == (1, 1) and slopes.dtype == np.float32


def _scaled(graph: onnx.GraphProto, entry: str, made: str, factors: Array) -> onnx.NodeProto:
    """Return a node that multiplies each channel by a factor of its own."""
    scales = numpy_helper.from_array(factors.reshape(-1, 1, 1, 1), f"{made}:factors")
    graph.initializer.append(scales)
    return helper.make_node("Conv", [entry, scales.name], [made], kernel_shape=[1, 1], group=len(factors))
