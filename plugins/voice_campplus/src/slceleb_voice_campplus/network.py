"""CAM++, drawn as an ONNX graph of its tensors.

The network is that of 3D-Speaker (``speakerlab/models/campplus``; Wang et al., Interspeech 2023): a small network of
pictures over the spectrum, a layer that halves time, three blocks of densely connected layers over time, each followed
by one that halves the channels, and mean and deviation over time, mapped to an embedding. In a dense layer every moment
is weighted by what is around it (context-aware masking): the mean of all moments and the mean of its hundred.

That mask is the same for all moments of a hundred, so it is computed once for each, and not, as the authors write it,
once for each moment.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from slceleb_core.types import Array
from slceleb_voice_campplus.checkpoint import DamagedError
from slceleb_voice_campplus.fbank import BANDS

ENTRY, EXIT = "fbank", "embedding"
"""Input and output."""

CHANNELS = 320
"""Of what the network of pictures gives: 32 of each tenth of the spectrum."""

BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers of each block, and the steps between the three moments that a layer looks at."""

STRIDES = {"layer1": (2, 1), "layer2": (2, 1)}
"""Of the two parts of the network of pictures, in each of their two blocks: only the first halves the spectrum."""

HUNDRED = 100
"""Moments that have a mean of their own."""

EPSILON = 1e-5
"""What PyTorch adds to a variance."""

OPSET, IR = 17, 8
"""Versions of ONNX: what the oldest ONNX Runtime that this plugin takes knows."""

COUNTERS = "num_batches_tracked"
"""What names of tensors end in that say how long it was trained."""


def drawn(tensors: dict[str, Array]) -> bytes:
    """Return the ONNX file of the network: float32 [b, t, 80] by the name `fbank` to `embedding`, [b, 192].

    Parameters
    ----------
    tensors
        By the names that the authors' code has for them.

    Raises
    ------
    DamagedError
        There is one too few, or one too many, for this network.
    """
    drawing = _Drawing(tensors)
    moments = drawing.moments(drawing.pictures(ENTRY))
    moments = drawing.halved(moments)
    drawing.divide(moments)
    for number, (layers, step) in enumerate(BLOCKS, 1):
        for layer in range(1, layers + 1):
            moments = drawing.dense(moments, f"xvector.block{number}.tdnnd{layer}", step)
        moments = drawing.transit(moments, f"xvector.transit{number}")
    moments = drawing.active(moments, "xvector.out_nonlinear.batchnorm")
    drawing.embedding(drawing.statistics(moments))
    return drawing.file()


class _Drawing:
    """The nodes that there are so far, and the tensors that they take."""

    def __init__(self, tensors: dict[str, Array]) -> None:
        self._tensors = tensors
        self._unused = {name for name in tensors if not name.endswith(COUNTERS)}
        self._nodes: list[Any] = []
        self._constants: dict[str, Array] = {}

    def pictures(self, x: str) -> str:
        """Return the network of pictures: [b, t, 80] to [b, 32, 10, t]."""
        turned = self._node("Transpose", x, perm=[0, 2, 1])
        x = self._node("Unsqueeze", turned, self._whole(1))
        x = self._relu(self._picture(x, "head.conv1", "head.bn1", (1, 1)))
        for part, strides in STRIDES.items():
            for number, stride in enumerate(strides):
                x = self._residual(x, f"head.{part}.{number}", stride)
        return self._relu(self._picture(x, "head.conv2", "head.bn2", (2, 1)))

    def moments(self, x: str) -> str:
        """Return [b, 320, t] of what the network of pictures gives."""
        return self._node("Reshape", x, self._whole(0, CHANNELS, -1))

    def halved(self, x: str) -> str:
        """Return the layer that halves time: [b, 320, t] to [b, 128, t / 2]."""
        x = self._conv(x, "xvector.tdnn.linear", strides=[2], pads=[2, 2])
        return self.active(x, "xvector.tdnn.nonlinear.batchnorm")

    def divide(self, x: str) -> None:
        """Draw what says which moments are in which hundred, once for all layers.

        `hundreds` says of each moment in which it is, int64 [t]; `means`, float32 [t, hundreds], gives the mean of each
        hundred plus the mean of all moments.
        """
        shape = self._node("Shape", x, start=2, end=3)
        count = self._node("Squeeze", shape, self._whole(0))
        order = self._node("Range", self._scalar(0), count, self._scalar(1))
        self._node("Div", order, self._scalar(HUNDRED), name="hundreds")
        last = self._node("Div", self._node("Sub", count, self._scalar(1)), self._scalar(HUNDRED))
        which = self._node("Range", self._scalar(0), self._node("Add", last, self._scalar(1)), self._scalar(1))
        inside = self._node("Equal", self._node("Unsqueeze", "hundreds", self._whole(1)), which)
        weights = self._node("Cast", inside, to=1)
        each = self._node("ReduceSum", weights, self._whole(0), keepdims=1)
        every = self._node("Cast", count, to=1)
        ones = self._node("Reciprocal", every)
        self._node("Add", self._node("Div", weights, each), ones, name="means")

    def dense(self, x: str, name: str, step: int) -> str:
        """Return a dense layer: what comes in, and 32 channels more."""
        inner = self._conv(self.active(x, f"{name}.nonlinear1.batchnorm"), f"{name}.linear1")
        inner = self.active(inner, f"{name}.nonlinear2.batchnorm")
        local = self._conv(inner, f"{name}.cam_layer.linear_local", pads=[step, step], dilations=[step])
        around = self._node("MatMul", inner, "means")
        around = self._relu(self._conv(around, f"{name}.cam_layer.linear1", bias=True))
        mask = self._node("Sigmoid", self._conv(around, f"{name}.cam_layer.linear2", bias=True))
        mask = self._node("Gather", mask, "hundreds", axis=2)
        return self._node("Concat", x, self._node("Mul", local, mask), axis=1)

    def transit(self, x: str, name: str) -> str:
        """Return a layer that halves the channels."""
        return self._conv(self.active(x, f"{name}.nonlinear.batchnorm"), f"{name}.linear")

    def active(self, x: str, name: str) -> str:
        """Return what is normalised as it was in training, where it is positive."""
        return self._relu(self._normalised(x, name))

    def statistics(self, x: str) -> str:
        """Return mean and deviation over time, the deviation with one moment less in the divisor: [b, 1024, 1]."""
        mean = self._node("ReduceMean", x, axes=[2], keepdims=1)
        off = self._node("Sub", x, mean)
        total = self._node("ReduceSum", self._node("Mul", off, off), self._whole(2), keepdims=1)
        count = self._node("Cast", self._node("Shape", x, start=2, end=3), to=1)
        less = self._node("Sub", count, self._constant("one", np.array([1.0], np.float32)))
        return self._node("Concat", mean, self._node("Sqrt", self._node("Div", total, less)), axis=1)

    def embedding(self, x: str) -> None:
        """Draw the last layer, whose normalisation has no weights of its own."""
        x = self._conv(x, "xvector.dense.linear")
        x = self._normalised(x, "xvector.dense.nonlinear.batchnorm", plain=True)
        self._node("Squeeze", x, self._whole(2), name=EXIT)

    def file(self) -> bytes:
        """Return the file.

        Raises
        ------
        DamagedError
            A tensor has no place in this network.
        """
        from onnx import TensorProto, helper, numpy_helper

        if self._unused:
            raise DamagedError(f"it has {min(self._unused)}, which CAM++ has not")
        size = next(iter(self._tensors["xvector.dense.linear.weight"].shape))
        entry = helper.make_tensor_value_info(ENTRY, TensorProto.FLOAT, ["b", "t", BANDS])
        exit_ = helper.make_tensor_value_info(EXIT, TensorProto.FLOAT, ["b", size])
        constants = [numpy_helper.from_array(array, name) for name, array in self._constants.items()]
        graph = helper.make_graph(self._nodes, "campplus", [entry], [exit_], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        return bytes(model.SerializeToString())

    def _residual(self, x: str, name: str, stride: int) -> str:
        inner = self._relu(self._picture(x, f"{name}.conv1", f"{name}.bn1", (stride, 1)))
        inner = self._picture(inner, f"{name}.conv2", f"{name}.bn2", (1, 1))
        if stride != 1:
            x = self._picture(x, f"{name}.shortcut.0", f"{name}.shortcut.1", (stride, 1), edge=0)
        return self._relu(self._node("Add", inner, x))

    def _picture(self, x: str, name: str, norm: str, strides: tuple[int, int], edge: int = 1) -> str:
        """Return a layer of pictures, normalised."""
        return self._normalised(self._conv(x, name, strides=list(strides), pads=[edge] * 4), norm)

    def _conv(self, x: str, name: str, *, bias: bool = False, **attributes: Any) -> str:
        weights = [self._weight(f"{name}.{part}") for part in ("weight", *(["bias"] if bias else []))]
        return self._node("Conv", x, *weights, **attributes)

    def _normalised(self, x: str, name: str, *, plain: bool = False) -> str:
        mean, variance = (self._weight(f"{name}.running_{part}") for part in ("mean", "var"))
        if plain:
            size = len(self._constants[mean])
            scale = self._constant(f"{name}.ones", np.ones(size, np.float32))
            shift = self._constant(f"{name}.zeros", np.zeros(size, np.float32))
        else:
            scale, shift = (self._weight(f"{name}.{part}") for part in ("weight", "bias"))
        return self._node("BatchNormalization", x, scale, shift, mean, variance, epsilon=EPSILON)

    def _relu(self, x: str) -> str:
        return self._node("Relu", x)

    def _weight(self, name: str) -> str:
        """Return the name of a tensor of the checkpoint, which is taken in."""
        if name not in self._tensors:
            raise DamagedError(f"it has no {name}, which CAM++ has")
        self._unused.discard(name)
        return self._constant(name, self._tensors[name])

    def _whole(self, *numbers: int) -> str:
        return self._constant(f"numbers {numbers}", np.array(numbers, np.int64))

    def _scalar(self, number: int) -> str:
        return self._constant(f"number {number}", np.array(number, np.int64))

    def _constant(self, name: str, array: Array) -> str:
        self._constants.setdefault(name, array)
        return name

    def _node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Draw a node, and return the name of what it gives."""
        from onnx import helper

        made = name or f"{kind} {len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [made], **attributes))
        return made
