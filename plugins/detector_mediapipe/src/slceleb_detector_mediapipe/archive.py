"""What is inside ``face_landmarker.task``: three networks and the canonical face, in a zip archive."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.errors import ModelError

DETECTOR = "face_detector.tflite"
"""BlazeFace short range (model card: faces within 2 m of a phone's camera, input 128x128)."""

LANDMARKS = "face_landmarks_detector.tflite"
"""The mesh of 478 points and whether there is a face (model card: Attention Mesh V2, input 256x256)."""

BLENDSHAPES = "face_blendshapes.tflite"
"""52 coefficients from 146 of the points."""

GEOMETRY = "geometry_pipeline_metadata_landmarks.binarypb"
"""The canonical face, and which of its points tell its pose."""

MODEL_HINT = "give the path of another in the option model_path, or leave that out to use the pinned file"


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of the model file.

    Attributes
    ----------
    path
        Where it lies.
    detector, landmarks, blendshapes
        The networks, as TensorFlow Lite files.
    geometry
        A ``GeometryPipelineMetadata`` of MediaPipe, as bytes.
    """

    path: Path
    detector: bytes
    landmarks: bytes
    blendshapes: bytes
    geometry: bytes


def read_archive(path: Path) -> Archive:
    """Read the model file.

    Raises
    ------
    ModelError
        It cannot be read, or lacks a network.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            missing = {DETECTOR, LANDMARKS, BLENDSHAPES, GEOMETRY} - set(archive.namelist())
            if missing:
                raise cannot_load(path, f"it lacks {', '.join(sorted(missing))}")
            members = [archive.read(name) for name in (DETECTOR, LANDMARKS, BLENDSHAPES, GEOMETRY)]
    except (zipfile.BadZipFile, OSError) as error:
        raise ModelError(f"{path} is no face_landmarker.task: {error}", MODEL_HINT) from error
    return Archive(path, *members)


def cannot_load(path: Path, reason: object) -> ModelError:
    """Return what is said of a file that is no landmarker."""
    return ModelError(f"{path} cannot be loaded as a face landmarker: {reason}", MODEL_HINT)
