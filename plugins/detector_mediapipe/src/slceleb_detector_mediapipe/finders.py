"""Which finder the picture is searched with: the option `finder`. Nothing heavy is imported to tell.

SCRFD comes from another plugin, slceleb-detector-insightface, which is installed beside this one where it is asked for.
"""

from __future__ import annotations

import importlib.util

from slceleb_core.errors import PluginError, UsageError
from slceleb_core.models import ModelStore
from slceleb_core.types import JsonValue
from slceleb_detector_mediapipe import runtimes

SCRFD = "scrfd"
"""How the option calls it."""

MODEL = "detect.options.finder_model"
"""Where a profile names its model."""

PLUGIN = "slceleb_detector_insightface"


def check(finder: str, model: str | None) -> None:
    """Make sure that a finder that is asked for is installed.

    Raises
    ------
    PluginError
        It is not.
    UsageError
        A model is named for another than SCRFD.
    """
    if finder != SCRFD:
        if model is not None:
            raise UsageError(
                f"{MODEL}: only {SCRFD} can be another model, and detect.options.finder is {finder}",
                f"set finder: {SCRFD}, or leave finder_model out",
            )
        return
    if not installed():
        raise PluginError(
            f"slceleb-detector-insightface is not installed, and detect.options.finder: {SCRFD} asks for it",
            "pip install 'slceleb-detector-mediapipe[scrfd]', or leave finder out",
        )


def check_model(finder: str, model: str | None, store: ModelStore) -> None:
    """Look for the model of a finder that has one of its own.

    Raises
    ------
    ModelError
        It is not on this machine, is another, or has terms that nobody has accepted.
    UsageError
        There is no model of that name.
    """
    if finder != SCRFD or not installed():
        return
    from slceleb_detector_insightface import catalog, config

    catalog.resolve(model or config.MODEL, store, MODEL)


def installed() -> bool:
    """Tell whether there is SCRFD."""
    return importlib.util.find_spec(PLUGIN) is not None


def signature(finder: str, model: str | None, store: ModelStore) -> dict[str, JsonValue]:
    """Return what decides what a finder finds, beside the detector's options; nothing of MediaPipe's own.

    Where SCRFD is not installed there is only the name of its model, as for a preview: `check` stops work before it
    begins.

    Raises
    ------
    ModelError
        A model of the user's own cannot be read.
    UsageError
        There is no model of that name.
    """
    if finder != SCRFD:
        return {}
    if not installed():
        return {"finder_model": model}
    from slceleb_detector_insightface import catalog, config

    hashed = catalog.model_hash(model or config.MODEL, store, MODEL)
    return {"finder_model": hashed, "finder_versions": {**runtimes.versions(runtimes.ONNX)}}
