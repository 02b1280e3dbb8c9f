"""Versions of what results depend on."""

from __future__ import annotations

import contextlib
import importlib.metadata

RUNTIMES = ("onnxruntime", "onnxruntime-gpu")


def versions() -> dict[str, str]:
    """Return the version of ONNX Runtime, under the name by which it is installed; it is not imported."""
    found: dict[str, str] = {}
    for name in RUNTIMES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
