"""What is inside a TensorFlow Lite file: tensors, and the operators that make one of another.

The layout of the file (a flatbuffer) is known to the module that LiteRT generates of TensorFlow's ``schema.fbs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from slceleb_core.types import Array

DTYPES = {"FLOAT32": "<f4", "FLOAT16": "<f2", "INT32": "<i4", "INT64": "<i8"}
"""NumPy's name for the types of tensors that networks without quantisation have."""


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """What goes from one operator to another.

    Attributes
    ----------
    shape
        As in the file; the first is the number of rows, 1.
    values
        Of a constant, what it is; None of what is computed.
    """

    shape: tuple[int, ...]
    values: Array | None


@dataclass(frozen=True, slots=True)
class Operator:
    """One step.

    Attributes
    ----------
    kind
        Its name in the schema, such as ``CONV_2D``.
    inputs, outputs
        Which tensors; -1 in the place of one that is left out.
    options
        By their names in the schema.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A network: what goes in, the steps in the order in which they can be taken, and what comes out."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_graph(content: bytes) -> Graph:
    """Read a TensorFlow Lite file with one network.

    Raises
    ------
    ValueError
        It is no such file, or its constants are of a type that is not known.
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        if not schema.Model.ModelBufferHasIdentifier(content, 0):
            raise ValueError("its mark is missing")
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        (network,) = model.subgraphs
    except Exception as error:  # a broken flatbuffer leads anywhere
        raise ValueError(f"it is no TensorFlow Lite file with one network: {error}") from error
    kinds, types = _names(schema.BuiltinOperator), _names(schema.TensorType)
    codes = [kinds[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in model.operatorCodes]
    return Graph(
        tuple(_tensor(tensor, types[tensor.type], model.buffers[tensor.buffer].data) for tensor in network.tensors),
        tuple(_operator(operator, codes[operator.opcodeIndex]) for operator in network.operators),
        _numbers(network.inputs),
        _numbers(network.outputs),
    )


def _names(enumeration: type) -> dict[int, str]:
    """Return the names of what flatbuffers makes a class with numbers of."""
    return {number: name for name, number in vars(enumeration).items() if isinstance(number, int)}


def _numbers(values: Any) -> tuple[int, ...]:
    """Return whole numbers; none of what the file leaves out."""
    return () if values is None else tuple(int(value) for value in values)


def _tensor(tensor: Any, kind: str, data: Any) -> Tensor:
    shape = _numbers(tensor.shape)
    if data is None or not len(data):
        return Tensor(shape, None)
    if kind not in DTYPES:
        raise ValueError(f"it has constants of type {kind}, which are not known")
    return Tensor(shape, np.frombuffer(bytes(data), DTYPES[kind]).reshape(shape))


def _operator(operator: Any, kind: str) -> Operator:
    options = {} if operator.builtinOptions is None else vars(operator.builtinOptions)
    return Operator(kind, _numbers(operator.inputs), _numbers(operator.outputs), options)
