"""The options of the detectors."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from slceleb_core.stages import StageConfig


class MediapipeConfig(StageConfig):
    """Options of ``detect: {use: mediapipe}``."""

    max_faces: int = Field(default=5, ge=1, le=50, description="Faces followed at once; the largest are kept.")
    min_confidence: float = Field(
        default=0.5, ge=0.05, le=1.0, description="Least confidence of MediaPipe's face detector and of its mesh."
    )
    min_face: float = Field(
        default=0.035,
        ge=0.005,
        le=1.0,
        description="Smallest face that is searched for, as a part of the picture's longer side; smaller costs more.",
    )
    search_interval: float = Field(
        default=1.0,
        ge=0.0,
        le=3600.0,
        description="Seconds between searches of the whole picture for new faces; 0: on every frame. A shot's first "
        "frame is always searched.",
    )
    finder: Literal["blazeface", "scrfd"] = Field(
        default="blazeface",
        description="What the picture is searched with: MediaPipe's BlazeFace, in tiles, or InsightFace's SCRFD, which "
        "sees all of it at once (slceleb-detector-insightface; its models are for non-commercial research only).",
    )
    finder_model: str | None = Field(
        default=None,
        min_length=1,
        description="Which model scrfd is, as detect.options.model of the detector insightface; null: its default.",
    )
    blendshapes: bool = Field(default=False, description="Also give the 52 blendshape coefficients of each face.")
    runtime: Literal["auto", "litert", "mediapipe", "onnx"] = Field(
        default="auto",
        description="What runs the networks: LiteRT by itself, MediaPipe's own tasks, half as fast, or ONNX Runtime, "
        "for NVIDIA cards; auto: ONNX Runtime where the machine's device is cuda and onnxruntime-gpu is installed, "
        "else LiteRT.",
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="ONNX Runtime execution providers, best first, such as [CUDAExecutionProvider]; one that cannot "
        "be had is an error, and runtime: auto is then onnx. null: CUDA where this machine has it and its device "
        "setting allows it, else CPU.",
    )
    model_path: Path | None = Field(
        default=None, description="Another face_landmarker.task to use, unchecked; null: the pinned one."
    )


class MediapipeVideoConfig(StageConfig):
    """Options of ``detect: {use: mediapipe-video}``."""

    max_faces: int = Field(
        default=5, ge=1, le=50, description="Faces followed at once; of one alone, landmarks are smoothed over time."
    )
    model_path: Path | None = Field(
        default=None, description="Another face_landmarker.task to use, unchecked; null: the pinned one."
    )
