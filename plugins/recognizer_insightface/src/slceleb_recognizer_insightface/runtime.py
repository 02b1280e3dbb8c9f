"""InsightFace and ONNX Runtime: imported late, and kept quiet."""

from __future__ import annotations

import contextlib
import importlib.metadata
from types import ModuleType

from slceleb_core.errors import PluginError
from slceleb_core.models.networks import first_line, onnx_runtime


def import_runtime() -> ModuleType:
    """Import InsightFace and ONNX Runtime, and return the latter, kept from reporting home.

    Raises
    ------
    PluginError
        One of them cannot be imported.
    """
    runtime = onnx_runtime()
    try:
        import insightface.model_zoo  # noqa: F401
    except ImportError as error:
        raise PluginError(
            f"insightface cannot be imported: {first_line(error)}", "`slceleb doctor` looks at its dependencies"
        ) from error
    return runtime


def runtime_versions() -> dict[str, str]:
    """Return the versions of the libraries that compute embeddings, by name."""
    import insightface
    import onnxruntime

    return {"onnxruntime": str(onnxruntime.__version__), "insightface": str(insightface.__version__)}


def installed_versions() -> dict[str, str]:
    """Return the versions of the distributions that compute embeddings, by name; nothing is imported."""
    found: dict[str, str] = {}
    for name in ("insightface", "onnxruntime", "onnxruntime-gpu"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
