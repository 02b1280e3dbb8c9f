"""The CN-Celeb pipeline of 2019 as stages of slceleb: RetinaFace mnet.25, MobileFaceNet y1, and a place for SyncNet."""

from __future__ import annotations

from slceleb_celeb2019.detector import RetinafaceDetector
from slceleb_celeb2019.recognizer import MobilefacenetRecognizer
from slceleb_celeb2019.syncnet.stage import SyncnetSpeaker
from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Detector, Recognizer, Speaker

__all__ = ["MobilefacenetRecognizer", "RetinafaceDetector", "SyncnetSpeaker"]


@hookimpl
def slceleb_detectors() -> list[type[Detector]]:
    """Return the detector."""
    return [RetinafaceDetector]


@hookimpl
def slceleb_recognizers() -> list[type[Recognizer]]:
    """Return the recognizer."""
    return [MobilefacenetRecognizer]


@hookimpl
def slceleb_speakers() -> list[type[Speaker]]:
    """Return the speaker."""
    return [SyncnetSpeaker]
