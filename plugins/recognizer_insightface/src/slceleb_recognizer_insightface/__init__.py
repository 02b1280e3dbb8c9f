"""InsightFace's models on ONNX Runtime, as a recognizer of slceleb."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Recognizer
from slceleb_recognizer_insightface.config import CacheConfig, InsightfaceConfig
from slceleb_recognizer_insightface.recognizer import InsightfaceRecognizer

__all__ = ["CacheConfig", "InsightfaceConfig", "InsightfaceRecognizer", "slceleb_recognizers"]


@hookimpl
def slceleb_recognizers() -> Sequence[type[Recognizer]]:
    """Return the recognizer classes of this plugin."""
    return [InsightfaceRecognizer]
