"""MediaPipe Face Landmarker as detectors of slceleb: 478 landmarks a face, of any size, or as its own task gives it."""

from __future__ import annotations

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Detector
from slceleb_detector_mediapipe.config import MediapipeConfig, MediapipeVideoConfig
from slceleb_detector_mediapipe.detector import MediapipeDetector
from slceleb_detector_mediapipe.video import MediapipeVideoDetector

__all__ = ["MediapipeConfig", "MediapipeDetector", "MediapipeVideoConfig", "MediapipeVideoDetector"]


@hookimpl
def slceleb_detectors() -> list[type[Detector]]:
    """Return the detectors."""
    return [MediapipeDetector, MediapipeVideoDetector]
