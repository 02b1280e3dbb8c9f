"""The operators of TensorFlow Lite that the landmarker's networks have, in terms of ONNX's.

What each does is told by TensorFlow's ``lite/kernels``. Rows never mix: an operator that would mix them is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from slceleb_core.types import Array
from slceleb_detector_mediapipe.drawing import FIRST, Drawing, UnconvertibleError
from slceleb_detector_mediapipe.tflite import Operator

Draw = Callable[[Drawing, Operator], None]

SAME = 0
"""``Padding.SAME``; the other is VALID, which adds nothing."""

ACTIVATIONS = {0: "", 1: "Relu"}
"""What may follow within an operator (``ActivationFunctionType``)."""


def _dequantize(drawing: Drawing, operator: Operator) -> None:
    """Widen constants of half precision."""
    drawing.known(operator.outputs[0], drawing.values(operator.inputs[0]).astype(np.float32))


def _convolution(drawing: Drawing, operator: Operator) -> None:
    """Weights lie as [out, height, width, in]."""
    weights = drawing.values(operator.inputs[1]).transpose(0, 3, 1, 2)
    _convolved(drawing, operator, weights)


def _depthwise(drawing: Drawing, operator: Operator) -> None:
    """Weights lie as [1, height, width, out]."""
    weights = drawing.values(operator.inputs[1]).transpose(3, 0, 1, 2)
    _convolved(drawing, operator, weights)


def _convolved(drawing: Drawing, operator: Operator, weights: Array) -> None:
    """Draw a convolution by weights of ONNX's order: [out, in of a group, height, width]."""
    options, picture = operator.options, operator.inputs[0]
    size, dilations = weights.shape[2:], (options["dilationHFactor"], options["dilationWFactor"])
    span = [(side - 1) * step + 1 for side, step in zip(size, dilations, strict=True)]
    biases = [drawing.constant(drawing.values(number)) for number in operator.inputs[2:] if number >= 0]
    made = drawing.node(
        "Conv",
        drawing.planes(picture),
        drawing.constant(weights),
        *biases,
        kernel_shape=size,
        dilations=dilations,
        group=drawing.shape(picture)[3] // weights.shape[1],
        **_steps(drawing, operator, span),
    )
    drawing.made_planes(operator.outputs[0], _activated(drawing, operator, made))


def _pooled(drawing: Drawing, operator: Operator) -> None:
    size = (operator.options["filterHeight"], operator.options["filterWidth"])
    steps = _steps(drawing, operator, size)
    made = drawing.node("MaxPool", drawing.planes(operator.inputs[0]), kernel_shape=size, **steps)
    drawing.made_planes(operator.outputs[0], _activated(drawing, operator, made))


def _steps(drawing: Drawing, operator: Operator, span: Sequence[int]) -> dict[str, Sequence[int]]:
    """Return the strides and the margins of a window that slides over a picture.

    With SAME there are as many places as strides fit in, and an odd pixel of margin goes behind; ``SAME_UPPER`` of ONNX
    is meant so, too, and is not known to every provider.
    """
    options, sides = operator.options, drawing.shape(operator.inputs[0])[1:3]
    strides = (options["strideH"], options["strideW"])
    missing = [
        max((-(-side // stride) - 1) * stride + width - side, 0) if options["padding"] == SAME else 0
        for side, stride, width in zip(sides, strides, span, strict=True)
    ]
    before = [pixels // 2 for pixels in missing]
    behind = [pixels - pixels // 2 for pixels in missing]
    return {"strides": strides, "pads": [*before, *behind]}


def _prelu(drawing: Drawing, operator: Operator) -> None:
    picture, slopes = operator.inputs
    made = drawing.node("PRelu", drawing.planes(picture), drawing.planes(slopes))
    drawing.made_planes(operator.outputs[0], made)


def _blocked_prelu(drawing: Drawing, operator: Operator) -> None:
    """Draw a x + (1 - a) max(x, 0), with convolutions of one pixel that scale: these keep their blocks of channels."""
    picture, slopes = (drawing.planes(operator.inputs[0]), drawing.values(operator.inputs[1]).reshape(-1))
    channels = drawing.shape(operator.inputs[0])[3]
    if len(slopes) != channels:
        raise UnconvertibleError(f"{operator.kind} has {len(slopes)} slopes for {channels} channels")
    linear = _scaled(drawing, picture, slopes)
    bent = _scaled(drawing, drawing.node("Relu", picture), 1 - slopes)
    drawing.made_planes(operator.outputs[0], drawing.node("Add", linear, bent))


def _scaled(drawing: Drawing, name: str, by: Array) -> str:
    weights = drawing.constant(by.reshape(-1, 1, 1, 1))
    return drawing.node("Conv", name, weights, kernel_shape=(1, 1), group=len(by))


def _padded(drawing: Drawing, operator: Operator) -> None:
    picture, margins = operator.inputs
    pads = drawing.values(margins)[list(FIRST)]
    made = drawing.node("Pad", drawing.planes(picture), drawing.numbers(pads.T.reshape(-1)))
    drawing.made_planes(operator.outputs[0], made)


def _one(drawing: Drawing, operator: Operator, kinds: Sequence[str]) -> None:
    """Draw what is made of each number by itself, by one operator of ONNX after the other."""
    (entry,) = operator.inputs
    planes = drawing.has_planes(entry)
    made = drawing.planes(entry) if planes else drawing.plain(entry)
    for kind in kinds:
        made = drawing.node(kind, made)
    (drawing.made_planes if planes else drawing.made_plain)(operator.outputs[0], made)


def _two(drawing: Drawing, operator: Operator, kind: str) -> None:
    """Draw what is made of two numbers each, of which one may be spread over many."""
    planes = any(drawing.has_planes(number) for number in operator.inputs)
    left, right = ((drawing.planes if planes else drawing.plain)(number) for number in operator.inputs)
    made = _activated(drawing, operator, drawing.node(kind, left, right))
    (drawing.made_planes if planes else drawing.made_plain)(operator.outputs[0], made)


def _squared_difference(drawing: Drawing, operator: Operator) -> None:
    left, right = (drawing.plain(number) for number in operator.inputs)
    apart = drawing.node("Sub", left, right)
    drawing.made_plain(operator.outputs[0], drawing.node("Mul", apart, apart))


def _reduced(drawing: Drawing, operator: Operator, kind: str) -> None:
    entry, axes = operator.inputs
    over = np.atleast_1d(drawing.values(axes)) % len(drawing.shape(entry))
    if 0 in over:
        raise UnconvertibleError(f"{operator.kind} goes over rows")
    keep = int(operator.options["keepDims"])
    drawing.made_plain(
        operator.outputs[0], drawing.node(kind, drawing.plain(entry), drawing.numbers(over), keepdims=keep)
    )


def _reshaped(drawing: Drawing, operator: Operator) -> None:
    shape = drawing.shape(operator.outputs[0])
    if shape[:1] != (1,) or drawing.shape(operator.inputs[0])[:1] != (1,):
        raise UnconvertibleError(f"{operator.kind} makes {shape} of a row")
    same = drawing.numbers([0, *shape[1:]])  # 0: as many as there were
    drawing.made_plain(operator.outputs[0], drawing.node("Reshape", drawing.plain(operator.inputs[0]), same))


def _transposed(drawing: Drawing, operator: Operator) -> None:
    entry, order = operator.inputs
    turned = drawing.values(order).tolist()
    if turned[0] != 0:
        raise UnconvertibleError(f"{operator.kind} moves rows")
    drawing.made_plain(operator.outputs[0], drawing.node("Transpose", drawing.plain(entry), perm=turned))


def _joined(drawing: Drawing, operator: Operator) -> None:
    """Draw a concatenation; a constant in it is there for each row anew."""
    axis = operator.options["axis"] % len(drawing.shape(operator.outputs[0]))
    if axis == 0:
        raise UnconvertibleError(f"{operator.kind} joins rows")
    computed = [number for number in operator.inputs if not drawing.is_constant(number)]
    parts = [
        _for_each_row(drawing, number, computed[0]) if drawing.is_constant(number) else drawing.plain(number)
        for number in operator.inputs
    ]
    made = _activated(drawing, operator, drawing.node("Concat", *parts, axis=axis))
    drawing.made_plain(operator.outputs[0], made)


def _for_each_row(drawing: Drawing, constant: int, like: int) -> str:
    """Return a constant [1, ...] as often as another tensor has rows."""
    rows = drawing.node("Shape", drawing.plain(like), start=0, end=1)
    shape = drawing.node("Concat", rows, drawing.numbers(drawing.shape(constant)[1:]), axis=0)
    return drawing.node("Expand", drawing.plain(constant), shape)


def _sliced(drawing: Drawing, operator: Operator) -> None:
    """Draw a part of each row. Where the axis of rows is dropped, since there is one, it stays."""
    entry, options = operator.inputs[0], operator.options
    begin, end, step = (drawing.values(number).tolist() for number in operator.inputs[1:])
    if any(options[mask] for mask in ("ellipsisMask", "newAxisMask")) or options["shrinkAxisMask"] > 1:
        raise UnconvertibleError(f"{operator.kind} changes the axes")
    axes = range(1, len(begin))
    starts = [0 if options["beginMask"] >> axis & 1 else begin[axis] for axis in axes]
    sides = drawing.shape(entry)
    stops = [sides[axis] if options["endMask"] >> axis & 1 else end[axis] for axis in axes]
    bounds = (starts, stops, list(axes), step[1:])
    made = drawing.node("Slice", drawing.plain(entry), *(drawing.numbers(values) for values in bounds))
    drawing.made_plain(operator.outputs[0], made)


def _activated(drawing: Drawing, operator: Operator, name: str) -> str:
    """Return what follows an operator within it."""
    function = operator.options.get("fusedActivationFunction", 0)
    if function not in ACTIVATIONS:
        raise UnconvertibleError(f"{operator.kind} has the activation {function}, which is not known")
    return drawing.node(ACTIVATIONS[function], name) if ACTIVATIONS[function] else name


OPERATORS: Mapping[str, Draw] = {
    "ADD": partial(_two, kind="Add"),
    "CONCATENATION": _joined,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "DEQUANTIZE": _dequantize,
    "DIV": partial(_two, kind="Div"),
    "LOGISTIC": partial(_one, kinds=["Sigmoid"]),
    "MAX_POOL_2D": _pooled,
    "MEAN": partial(_reduced, kind="ReduceMean"),
    "MUL": partial(_two, kind="Mul"),
    "NEG": partial(_one, kinds=["Neg"]),
    "PAD": _padded,
    "PRELU": _prelu,
    "RELU": partial(_one, kinds=["Relu"]),
    "RESHAPE": _reshaped,
    "RSQRT": partial(_one, kinds=["Sqrt", "Reciprocal"]),
    "SQRT": partial(_one, kinds=["Sqrt"]),
    "SQUARED_DIFFERENCE": _squared_difference,
    "STRIDED_SLICE": _sliced,
    "SUB": partial(_two, kind="Sub"),
    "SUM": partial(_reduced, kind="ReduceSum"),
    "TRANSPOSE": _transposed,
}
"""All of them, by their names in the schema."""

BLOCKED: Mapping[str, Draw] = {**OPERATORS, "PRELU": _blocked_prelu}
"""The same for ONNX Runtime's processor, which keeps channels in blocks of 8 or 16, and has to undo that for its PRelu.

A mesh takes 1.2 times as long as on LiteRT, instead of 2.6 times.
"""
