"""InsightFace and ONNX Runtime: imported late, kept quiet, and set up for small networks."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
from types import ModuleType
from typing import Any

from slceleb_core.errors import PluginError

QUIET = 3
"""ONNX Runtime's log level "error": its warnings are about graphs that the user did not draw."""

MAX_THREADS = 4
"""Threads beyond which a picture of 112 pixels is not worth dividing."""


def import_runtime() -> ModuleType:
    """Import InsightFace and ONNX Runtime, and return the latter, kept from reporting home.

    Raises
    ------
    PluginError
        One of them cannot be imported.
    """
    try:
        # In this order: InsightFace sets ORT_DISABLE_TELEMETRY, which ONNX Runtime reads when it is loaded.
        import insightface.model_zoo  # noqa: F401
        import onnxruntime
    except ImportError as error:
        raise PluginError(
            f"insightface cannot be imported: {first_line(error)}",
            "`slceleb doctor` looks at its dependencies; onnxruntime and onnxruntime-gpu must not both be installed",
        ) from error
    if hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(QUIET)
    runtime: ModuleType = onnxruntime
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


def session_options(threads: int | None = None) -> Any:
    """Return options that suit a small network that shares the machine with the other stages.

    Parameters
    ----------
    threads
        How many threads to keep to; None: see :func:`thread_count`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(threads or MAX_THREADS, thread_count())
    # Waiting threads that spin take the processor from decoding and detection, and where there are more threads than
    # processors they made a face take 48 ms instead of 15; without, a face takes 6 % longer on an idle machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def thread_count() -> int:
    """Return how many threads to use: those this process may run on, at most `MAX_THREADS`."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MAX_THREADS)


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
