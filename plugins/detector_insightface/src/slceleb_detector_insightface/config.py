"""The options of the detector."""

from __future__ import annotations

from pydantic import Field

from slceleb_core.stages import StageConfig

MODEL = "det_500m"
"""What is used where nobody names another: the smallest of InsightFace's packs, in buffalo_s."""


class InsightfaceDetectorConfig(StageConfig):
    """Options of ``detect: {use: insightface}``."""

    model: str = Field(
        default=MODEL,
        min_length=1,
        description="det_500m, det_2.5g or det_10g of InsightFace's packs, scrfd_500m or scrfd_2.5g of its model zoo "
        "(all non-commercial research only), or the path of another detector of InsightFace's with five points; a path "
        "has a slash or ends in .onnx.",
    )
    max_faces: int = Field(default=5, ge=1, le=50, description="Faces a frame; the largest are kept.")
    min_confidence: float = Field(default=0.5, ge=0.05, le=1.0, description="Least confidence in a face.")
    min_face: float = Field(
        default=0.035,
        ge=0.005,
        le=1.0,
        description="Smallest face that is searched for, as a part of the picture's longer side; smaller costs more.",
    )
    input_size: int | None = Field(
        default=None,
        ge=64,
        le=4096,
        description="Longer side, in pixels, in which the picture is looked at; null: what min_face takes, "
        "18 pixels / min_face. It is never enlarged for that. A model of a fixed size is given that.",
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="ONNX Runtime execution providers, best first, such as [CPUExecutionProvider]; one that cannot be "
        "had is an error. null: CUDA where this machine has it and its device setting allows it, else CPU.",
    )
