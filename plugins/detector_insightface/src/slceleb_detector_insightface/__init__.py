"""InsightFace's SCRFD on ONNX Runtime, as a detector of slceleb: boxes and five points."""

from __future__ import annotations

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Detector
from slceleb_detector_insightface.config import InsightfaceDetectorConfig
from slceleb_detector_insightface.detector import InsightfaceDetector

__all__ = ["InsightfaceDetector", "InsightfaceDetectorConfig"]


@hookimpl
def slceleb_detectors() -> list[type[Detector]]:
    """Return the detector."""
    return [InsightfaceDetector]
