"""MediaPipe Face Landmarker as a detector of slceleb: 478 landmarks a face, whatever its size in the picture."""

from __future__ import annotations

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Detector
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.detector import MediapipeDetector

__all__ = ["MediapipeConfig", "MediapipeDetector"]


@hookimpl
def slceleb_detectors() -> list[type[Detector]]:
    """Return the detector."""
    return [MediapipeDetector]
