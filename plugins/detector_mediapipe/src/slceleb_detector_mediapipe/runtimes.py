"""Which runtime runs the networks: the option `runtime`, or what is installed. Nothing is imported to tell."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
from collections.abc import Sequence

from slceleb_core.errors import PluginError, UsageError

LITERT, MEDIAPIPE, ONNX = "litert", "mediapipe", "onnx"
"""How the option calls them."""

CARD_PACKAGE = "onnxruntime-gpu"
"""The distribution of ONNX Runtime that knows CUDA."""

PACKAGES = {
    LITERT: ("ai-edge-litert",),
    MEDIAPIPE: ("mediapipe",),
    ONNX: ("onnxruntime", CARD_PACKAGE),
}
"""Which distributions may be each runtime."""

MODULES = {
    LITERT: {"ai_edge_litert": "ai-edge-litert"},
    MEDIAPIPE: {"mediapipe": "mediapipe"},
    ONNX: {"onnxruntime": "onnxruntime", "onnx": "onnx", "ai_edge_litert": "ai-edge-litert"},
}
"""What is imported for each, and who brings it. For ONNX Runtime, networks are read with LiteRT's schema."""

REQUIREMENTS = {LITERT: "ai-edge-litert", MEDIAPIPE: "mediapipe", ONNX: "'slceleb-detector-mediapipe[onnx]'"}
"""What pip is asked for."""


def chosen(asked: str, providers: Sequence[str] | None, device: str) -> str:
    """Return the runtime that is meant.

    Parameters
    ----------
    asked
        The option ``runtime``. Of ``auto`` it is ONNX Runtime where its providers are named, or where the machine is
        set to a card that it can use; else LiteRT; MediaPipe where that is not installed.
    providers
        The option ``providers``.
    device
        The machine's setting.
    """
    if asked != "auto":
        return asked
    if providers is not None or (device == "cuda" and _uses_cards()):
        return ONNX
    return MEDIAPIPE if missing(LITERT) else LITERT


def check(asked: str, providers: Sequence[str] | None) -> None:
    """Make sure that a runtime that is asked for is installed.

    Raises
    ------
    PluginError
        It is not.
    UsageError
        Providers are named for another than ONNX Runtime.
    """
    name = chosen(asked, providers, "cpu")  # where a card makes it another, that one is installed
    if providers is not None and name != ONNX:
        raise UsageError(
            f"detect.options.providers: only ONNX Runtime has providers, and detect.options.runtime is {name}",
            f"set runtime: {ONNX}, or leave providers out",
        )
    lacking = missing(name)
    if lacking:
        raise PluginError(
            f"{', '.join(lacking)} is not installed, and the detector's options ask for it",
            f"pip install {REQUIREMENTS[name]}, or leave them out",
        )


def missing(name: str) -> list[str]:
    """Return the distributions that a runtime needs and that are not installed."""
    return [package for module, package in MODULES[name].items() if importlib.util.find_spec(module) is None]


def versions(name: str) -> dict[str, str]:
    """Return the versions of a runtime's distributions, by name; it is not imported for them."""
    found: dict[str, str] = {}
    for package in PACKAGES[name]:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _uses_cards() -> bool:
    """Tell whether ONNX Runtime is one that knows CUDA."""
    return not missing(ONNX) and CARD_PACKAGE in versions(ONNX)
