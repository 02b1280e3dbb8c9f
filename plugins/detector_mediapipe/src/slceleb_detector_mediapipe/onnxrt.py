"""Networks on ONNX Runtime: on a CUDA card, or wherever its providers compute. Importing this module imports it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from slceleb_core.errors import PluginError
from slceleb_core.models.card import CardSession
from slceleb_core.models.providers import CPU, CUDA, ProviderChoice, choose_providers, missing_providers
from slceleb_core.types import Array, JsonValue

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is loaded

try:
    import onnxruntime
except (ImportError, OSError) as error:
    raise PluginError(
        f"ONNX Runtime cannot be loaded: {error}",
        "pip install 'slceleb-detector-mediapipe[onnx]', or set the detector's option runtime: litert",
    ) from error

OPTION = "detect.options.providers"
"""Where a profile names execution providers."""

CARD_ROWS = 32
"""Windows per call on a card: 25 MB. More than the faces of eight frames are hardly ever at hand (`economy`), and a
card whose memory does not suffice is given fewer (`CardSession`). Not measured: no card was at hand."""

QUIET = 3
"""ONNX Runtime's log level "error"."""


class OnnxNetwork:
    """An ONNX file with one input, in a session of its own."""

    def __init__(self, session: Any) -> None:
        (entry,) = session.get_inputs()
        self._entry = entry.name
        self._exits = [out.name for out in session.get_outputs()]
        self._session = CardSession(session, CARD_ROWS) if session.get_providers()[0] == CUDA else session

    def run(self, batch: Array) -> list[Array]:
        """Return its outputs for float32 [n, ...]; [n, values] each."""
        return [out.reshape(len(batch), -1) for out in self._session.run(self._exits, {self._entry: batch})]


class OnnxRuntime:
    """ONNX Runtime, and on what it computes: what it can start shows only when it has a network.

    Parameters
    ----------
    content
        An ONNX file to try it with.
    choice
        What it is asked for.

    Attributes
    ----------
    used
        The execution providers that it computes on, best first.
    warning
        A line about those that it dropped; empty when it dropped none.

    Raises
    ------
    UsageError
        It dropped one that the user asked for.
    """

    def __init__(self, content: bytes, choice: ProviderChoice) -> None:
        if hasattr(onnxruntime, "disable_telemetry_events"):
            onnxruntime.disable_telemetry_events()
        onnxruntime.set_default_logger_severity(QUIET)
        self._choice = choice
        self.used = tuple(self._session(content).get_providers())
        self.warning = missing_providers(choice, self.used)

    @property
    def rows(self) -> int:
        """How many rows a network is best given at once: of a processor, batches were measured to be no faster."""
        return CARD_ROWS if self.used[0] == CUDA else 1

    def threads(self, allowed: int) -> int:
        """Return over how many threads work is spread: a card does one thing at a time."""
        return 1 if self.used[0] == CUDA else allowed

    def network(self, content: bytes) -> OnnxNetwork:
        """Load a network, for one thread."""
        return OnnxNetwork(self._session(content))

    def facts(self) -> dict[str, JsonValue]:
        """Return what the result records of it."""
        return {
            "device": {CPU: "cpu", CUDA: "cuda"}.get(self.used[0], self.used[0]),
            "providers": {"requested": list(self._choice.names), "used": list(self.used)},
            "windows_per_call": self.rows,
        }

    def _session(self, content: bytes) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        names = list(self._choice.names)
        try:
            return onnxruntime.InferenceSession(
                content, options, providers=names, provider_options=self._choice.options
            )
        except Exception as error:  # its classes have no public names
            raise ValueError(f"ONNX Runtime cannot load it: {error}") from error


def chosen_providers(named: Sequence[str] | None, device: str) -> ProviderChoice:
    """Choose the execution providers of the detector's networks.

    Raises
    ------
    UsageError
        One that was asked for is not available.
    """
    return choose_providers(named, device, onnxruntime.get_available_providers(), OPTION)
