"""Networks of ONNX Runtime on a CUDA card: what goes in is put there once, and what comes out is read once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from slceleb_core.types import Array

log = logging.getLogger(__name__)

DEVICE = "cuda"
"""What ONNX Runtime calls the memory of a card."""

EXHAUSTED = ("Failed to allocate memory", "out of memory")
"""What ONNX Runtime, or CUDA below it, says where a card's memory does not suffice."""


class CardSession:
    """A session on a CUDA card, that is run as ``InferenceSession.run`` is.

    Rows are filled up with zeros to a power of two, and what comes of those is left out: a card chooses anew how to
    compute for each number of rows, and keeps memory for it. Where its memory does not suffice it is given half as many
    at once from then on, down to one.

    Parameters
    ----------
    session
        An ``onnxruntime.InferenceSession`` whose first provider is CUDA. All that goes in, and all that comes out, has
        as many rows.
    rows
        How many it is given at once at most.

    Attributes
    ----------
    rows
        As given, or what the card had memory for.
    """

    def __init__(self, session: Any, rows: int) -> None:
        self._session = session
        self._inputs: dict[str, Any] = {}
        self.rows = rows

    def run(self, names: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
        """Return the outputs of these names, [n, ...] each, for inputs by name, [n, ...] each; n is 1 or more."""
        count, start = len(next(iter(feeds.values()))), 0
        parts: list[list[Array]] = []
        while start < count:
            stop = min(start + self.rows, count)
            try:
                parts.append(self._part(names, {name: rows[start:stop] for name, rows in feeds.items()}))
            except Exception as error:  # its class is made by ONNX Runtime, and has no public name
                self._halve(error, stop - start)
            else:
                start = stop
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _part(self, names: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
        binding = self._session.io_binding()  # one that was run holds on to outputs of that size
        for name, rows in feeds.items():
            binding.bind_ortvalue_input(name, self._on_card(name, filled(rows)))
        for name in names:
            binding.bind_output(name, DEVICE)
        self._session.run_with_iobinding(binding)
        count = len(next(iter(feeds.values())))
        return [np.asarray(output)[:count] for output in binding.copy_outputs_to_cpu()]

    def _on_card(self, name: str, rows: Array) -> Any:
        """Return an input on the card: in the place of the one before, where it is as large."""
        import onnxruntime

        held = self._inputs.get(name)
        if held is not None and tuple(held.shape()) == rows.shape:
            held.update_inplace(rows)
            return held
        self._inputs[name] = onnxruntime.OrtValue.ortvalue_from_numpy(rows, DEVICE)
        return self._inputs[name]

    def _halve(self, error: Exception, rows: int) -> None:
        """Give the card half as many rows from now on; raise what is no lack of memory, or cannot be mended so."""
        if rows == 1 or not any(words in str(error) for words in EXHAUSTED):
            raise error
        self._inputs.clear()
        self.rows = 1 << ((rows - 1).bit_length() - 1)
        log.warning("the card has no memory for %d rows at once: %d from now on", rows, self.rows)


def filled(rows: Array) -> Array:
    """Return rows, contiguous, and as many zeros behind them as make their number a power of two."""
    missing = (1 << (len(rows) - 1).bit_length()) - len(rows)
    return np.ascontiguousarray(np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), rows.dtype)]))
