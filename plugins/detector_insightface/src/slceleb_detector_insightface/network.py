"""A detector of InsightFace's on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.errors import ModelError
from slceleb_core.models.card import CardSession
from slceleb_core.models.networks import first_line, onnx_runtime, open_session
from slceleb_core.models.providers import CPU, CUDA, ProviderChoice, choose_providers
from slceleb_core.types import Array, JsonValue
from slceleb_detector_insightface.scrfd import LAYOUTS, WITHOUT_POINTS

MEAN, SCALE = 127.5, 128.0
"""What colours are made of: (value - 127.5) / 128, RGB (``input_mean``, ``input_std`` of InsightFace's SCRFD)."""

CARD_PICTURES = 8
"""Pictures a call on a card, as many as a batch of frames has. Not measured: no card was at hand."""


class ScrfdNetwork:
    """A detector file, ready to run.

    How many threads there are changes nothing: all outputs were the same to the bit with one to four.

    Parameters
    ----------
    path
        The .onnx file.
    choice
        The execution providers to ask for, and the threads to keep to.

    Attributes
    ----------
    layout
        How its outputs are laid out.
    fixed
        Width and height of the pictures that it takes; None: any, in multiples of `multiple`.
    providers
        The execution providers that it really runs on.

    Raises
    ------
    ModelError
        It cannot be loaded, or is no detector with five points.
    UsageError
        ONNX Runtime dropped a provider that the user asked for.
    """

    def __init__(self, path: Path, choice: ProviderChoice) -> None:
        self.path = path
        session = open_session(path, choice)
        self.providers = tuple(session.get_providers())
        self._entry, self.fixed, self._takes_many = _entry(session, path)
        self._exits = [out.name for out in session.get_outputs()]
        if len(self._exits) not in LAYOUTS:
            found = len(self._exits)
            what = "gives boxes and no points" if found in WITHOUT_POINTS else f"has {found} outputs, expected 9 or 15"
            raise ModelError(f"{path} {what}", "name a detector of InsightFace's with five points (bnkps)")
        self.layout = LAYOUTS[len(self._exits)]
        self._session = session
        self._try_out()
        if self.pictures_per_call > 1:
            self._session = CardSession(session, CARD_PICTURES)

    @property
    def multiple(self) -> int:
        """Of what the sides of a picture are multiples."""
        return max(self.layout.strides)

    @property
    def pictures_per_call(self) -> int:
        """How many pictures it is given at once: on a processor, more are no faster."""
        return CARD_PICTURES if self._takes_many and self.providers[0] == CUDA else 1

    def run(self, canvases: Sequence[Array]) -> list[list[Array]]:
        """Return the outputs for each of some pictures, uint8 [height, width, 3], of any sizes that it takes."""
        outputs: list[list[Array]] = [[] for _ in canvases]
        by_size: dict[tuple[int, ...], list[int]] = {}
        for number, canvas in enumerate(canvases):
            by_size.setdefault(canvas.shape, []).append(number)
        for numbers in by_size.values():
            for start in range(0, len(numbers), self.pictures_per_call):
                together = numbers[start : start + self.pictures_per_call]
                for number, out in zip(together, self._run([canvases[n] for n in together]), strict=True):
                    outputs[number] = out
        return outputs

    def facts(self) -> dict[str, JsonValue]:
        """Return what a result records of how it runs."""
        return {
            "device": {CPU: "cpu", CUDA: "cuda"}.get(self.providers[0], self.providers[0]),
            "providers": list(self.providers),
            "pictures_per_call": self.pictures_per_call,
        }

    def _run(self, canvases: Sequence[Array]) -> list[list[Array]]:
        planes = np.stack(canvases).transpose(0, 3, 1, 2).astype(np.float32)
        planes -= np.float32(MEAN)
        planes *= np.float32(1 / SCALE)
        outputs = self._session.run(self._exits, {self._entry: np.ascontiguousarray(planes)})
        # a file for one picture at a time gives rows, one for many gives rows for each
        apart = [out.reshape(len(canvases), -1, out.shape[-1]) for out in outputs]
        return [[out[number] for out in apart] for number in range(len(canvases))]

    def _try_out(self) -> None:
        """Run it once, and make sure that its outputs are those of a detector."""
        width, height = self.fixed or (self.multiple, self.multiple)
        try:
            (outputs,) = self._run([np.zeros((height, width, 3), np.uint8)])
        except Exception as error:  # what ONNX Runtime raises has no public names
            raise ModelError(f"{self.path} cannot be run: {first_line(error)}", "is it a detector?") from error
        rows = self.layout.rows(width, height)
        expected = [(many, values) for values in (1, 4, 10) for many in rows]
        found = [out.shape for out in outputs]
        if found != expected:
            line = f"{self.path} answers with shapes {found}, expected {expected}"
            raise ModelError(line, "name a detector of InsightFace's with five points (bnkps)")


def open_network(
    path: Path, named: Sequence[str] | None, device: str, threads: int | None, option: str
) -> ScrfdNetwork:
    """Load a detector file.

    Parameters
    ----------
    path
        The file.
    named
        The execution providers that a profile names, or None.
    device
        The machine's setting.
    threads
        Processor threads to keep to; None: as many as serve it.
    option
        Where a profile names execution providers, for messages.

    Raises
    ------
    ModelError, UsageError
        As of :class:`ScrfdNetwork`.
    PluginError
        ONNX Runtime cannot be imported.
    """
    choice = choose_providers(named, device, onnx_runtime().get_available_providers(), option)
    return ScrfdNetwork(path, replace(choice, threads=threads))


def _entry(session: Any, path: Path) -> tuple[str, tuple[int, int] | None, bool]:
    """Return the name of the one input, the size of pictures that it is fixed to, and whether it takes many at once."""
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4:
        raise ModelError(f"{path} does not take pictures and nothing else", "is it a detector?")
    many, _, height, width = inputs[0].shape
    fixed = (width, height) if isinstance(width, int) and isinstance(height, int) else None
    return inputs[0].name, fixed, not isinstance(many, int)
