"""Which runtime runs the networks: the option `runtime`, or what is installed. Nothing is imported to tell."""

from __future__ import annotations

import importlib.metadata
import importlib.util

from slceleb_core.errors import PluginError

PACKAGES = {"litert": "ai-edge-litert", "mediapipe": "mediapipe"}
"""Which distribution each runtime is."""

MODULES = {"litert": "ai_edge_litert", "mediapipe": "mediapipe"}
"""How each is imported."""


def chosen(asked: str) -> str:
    """Return the runtime that is meant: what is asked for; of ``auto`` LiteRT, MediaPipe where it is not installed."""
    if asked != "auto":
        return asked
    return "litert" if importlib.util.find_spec(MODULES["litert"]) is not None else "mediapipe"


def check(asked: str) -> None:
    """Make sure that a runtime is installed.

    Raises
    ------
    PluginError
        It is not.
    """
    name = chosen(asked)
    if importlib.util.find_spec(MODULES[name]) is None:
        raise PluginError(
            f"{PACKAGES[name]} is not installed, and the detector's option runtime asks for it",
            f"pip install {PACKAGES[name]}, or leave the option out",
        )


def version(name: str) -> str:
    """Return the version of a runtime, which is not imported for it."""
    return importlib.metadata.version(PACKAGES[name])
