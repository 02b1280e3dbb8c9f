"""A network in two parts: what looks at moments, in pieces of any length, and what goes through all of them in order.

Both networks encode each moment by what is shown and heard within a third of a second, at nearly all of the cost, and
then run two recurrent layers along the track. In one piece the first part would take 400 kB for each picture; in two
parts it is given some at a time, and the second is given all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.errors import ModelError
from slceleb_core.types import Array

AUDIO, VIDEO, LOGITS = "audio", "video", "logits"
"""Inputs and output of an exported network."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The two parts of a network.

    Attributes
    ----------
    encoder, detector
        ONNX models. The first gives float32 [t, 1, channels] by the name `seen`.
    seen, taken
        What the first gives, and what the second takes.
    turned
        Axes of `seen` in the order of `taken`.
    """

    encoder: bytes
    detector: bytes
    seen: str
    taken: str
    turned: tuple[int, ...]


def divided(path: Path) -> Parts:
    """Return a network in two parts.

    Raises
    ------
    ModelError
        It is no network of this kind.
    """
    model = _read(path)
    graph = model.graph
    names = {value.name for value in (*graph.input, *graph.output)}
    recurrent = next((node for node in graph.node if node.op_type == "GRU"), None)
    if recurrent is None or not {AUDIO, VIDEO, LOGITS} <= names:
        raise ModelError(
            f"{path}: this is no LR-ASD and no Light-ASD",
            f"a network with the inputs {AUDIO} and {VIDEO}, the output {LOGITS} and recurrent layers is needed: "
            "python -m slceleb_speaker_lrasd.convert makes one of the authors' checkpoint",
        )
    makers = {output: node for node in graph.node for output in node.output}
    seen = taken = recurrent.input[0]
    axes = np.arange(3)
    while makers[taken].op_type == "Transpose":
        axes = axes[np.argsort(next(a.ints for a in makers[taken].attribute if a.name == "perm"))]
        taken = makers[taken].input[0]
    encoder = _part(model, [seen], ())
    detector = _part(model, [LOGITS], (taken,))
    return Parts(encoder, detector, seen, taken, tuple(axes.tolist()))


def _read(path: Path) -> Any:
    """Return a file's model; raise ModelError where it is none."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load(str(path))
    except OSError as error:
        raise ModelError(f"cannot read model file {path}: {error.strerror or error}") from error
    except DecodeError as error:
        raise ModelError(f"{path}: this is no ONNX file", "name one that was converted as a whole") from error


def _part(model: Any, outputs: Collection[str], inputs: Collection[str]) -> bytes:
    """Return what it takes to compute some values, from others and from what the whole takes."""
    import onnx

    makers = {output: node for node in model.graph.node for output in node.output}
    wanted, open_names = set[str](), list(outputs)
    while open_names:
        name = open_names.pop()
        if name in wanted:
            continue
        wanted.add(name)
        if name in makers and name not in inputs:
            open_names.extend(makers[name].input)
    nodes = [
        node for node in model.graph.node if wanted.intersection(node.output) and not set(node.output) <= set(inputs)
    ]
    values = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in (*outputs, *inputs)]
    given = [value for value in model.graph.input if value.name in wanted and not inputs]
    constants = [tensor for tensor in model.graph.initializer if tensor.name in wanted]
    graph = onnx.helper.make_graph(nodes, "part", [*given, *values[len(outputs) :]], values[: len(outputs)], constants)
    part = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return bytes(part.SerializeToString())


def as_taken(features: Array, parts: Parts) -> Array:
    """Return what the encoder gave, float32 [t, 1, channels], as the detector takes it."""
    return np.ascontiguousarray(features.transpose(parts.turned))
