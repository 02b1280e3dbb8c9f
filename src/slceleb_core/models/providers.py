"""Which of ONNX Runtime's execution providers do the work: chosen openly, and checked afterwards.

For every plugin that runs a network on ONNX Runtime::

    choice = choose_providers(self.config.providers, self.context.device, onnxruntime.get_available_providers(), OPTION)
    session = onnxruntime.InferenceSession(path, providers=list(choice.names), provider_options=choice.options)
    warning = missing_providers(choice, session.get_providers())
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass

from slceleb_core.errors import UsageError, did_you_mean

ONNX_RUNTIME = "ONNX Runtime"
"""How a stage calls it, of the networks that it has (``Stage.networks``)."""

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"

OPTIONS: dict[str, dict[str, str]] = {CUDA: {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}}
"""How a provider is set up, beside its defaults. TF32 keeps 10 bits of a float32's 23, and embeddings would be other
than on a CPU; and the default way to a convolution is to try all there are and to take the fastest, which another time
is another one. ONNX Runtime knows both from 1.18 on."""

_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """What ONNX Runtime is asked for.

    Attributes
    ----------
    names
        Execution providers, best first.
    binding
        Whether the user asked for them, so that to go on without one of them would be wrong.
    threads
        Processor threads to keep to; None: as many as serve the model.
    """

    names: tuple[str, ...]
    binding: bool
    threads: int | None = None

    @property
    def options(self) -> list[dict[str, str]]:
        """How each of them is set up, as ``provider_options`` of a session."""
        return [dict(OPTIONS.get(name, {})) for name in self.names]


def choose_providers(named: Sequence[str] | None, device: str, available: Sequence[str], option: str) -> ProviderChoice:
    """Choose the execution providers.

    Parameters
    ----------
    named
        Those of the profile, which are taken as they are, or None.
    device
        The machine's setting, ``auto``, ``cpu`` or ``cuda``; it counts where the profile names none.
    available
        Those that the installed ONNX Runtime was built with.
    option
        Where the profile names them, such as ``embed.options.providers``, for the message.

    Raises
    ------
    UsageError
        One that was asked for is not available.
    """
    if named is not None:
        for name in named:
            if name not in available:
                hint = _cuda_hint() if name == CUDA else did_you_mean(name, available)
                raise UsageError(f"{option}: ONNX Runtime here has no {name}", hint)
        return ProviderChoice(tuple(named), binding=True)
    if device == "cuda" and CUDA not in available:
        raise UsageError(f"the device is set to cuda, but ONNX Runtime here has no {CUDA}", _cuda_hint())
    if device != "cpu" and CUDA in available:
        return ProviderChoice((CUDA, CPU), binding=device == "cuda")
    return ProviderChoice((CPU,), binding=True)


def missing_providers(choice: ProviderChoice, used: Sequence[str]) -> str:
    """Return a line about providers that ONNX Runtime dropped in silence; empty when it dropped none.

    Raises
    ------
    UsageError
        One was dropped that the user asked for.
    """
    dropped = [name for name in choice.names if name not in used]
    if not dropped:
        return ""
    line = f"ONNX Runtime could not start {', '.join(dropped)} and would use {', '.join(used)} instead"
    hint = "its libraries (for CUDA: CUDA and cuDNN of the versions that onnxruntime-gpu asks for) are not found"
    if choice.binding:
        raise UsageError(line, hint)
    return f"{line}: {hint}"


def _cuda_hint() -> str:
    """Return how to get CUDA on this machine."""
    if all(_installed(name) for name in _RUNTIMES):
        return (
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other: "
            "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu"
        )
    return "pip uninstall -y onnxruntime && pip install onnxruntime-gpu"


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
