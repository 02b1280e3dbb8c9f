"""The options of the recognizer."""

from __future__ import annotations

from pydantic import Field

from slceleb_core.stages import StageConfig


class CacheConfig(StageConfig):
    """When a face is taken to look as it did a moment ago, so that its embedding is used again."""

    entries: int = Field(
        default=100,
        ge=0,
        le=1_000_000,
        description="Embeddings kept, the least recently used dropped first; 0: no cache, every face is embedded.",
    )
    grid: float = Field(
        default=10.0,
        gt=0,
        le=10_000,
        allow_inf_nan=False,
        description="Pixels: a track's face whose box centre and size stay in the same cell of this grid is reused.",
    )
    max_age: float = Field(
        default=1.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds of video after which a kept embedding is no longer used.",
    )


class InsightfaceConfig(StageConfig):
    """Options of ``embed: {use: insightface}``."""

    model: str = Field(
        default="sface",
        min_length=1,
        description=(
            "sface (Apache-2.0), buffalo_s, buffalo_l or another InsightFace pack by name (non-commercial research), "
            "or the path of a folder or an .onnx file; a path has a slash or ends in .onnx."
        ),
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description=(
            "ONNX Runtime execution providers, best first, such as [CPUExecutionProvider]; one that cannot be had is "
            "an error. null: CUDA where this machine has it and its device setting allows it, else CPU."
        ),
    )
    batch_size: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description=(
            "Faces per call of the model. null: 1 on a CPU, where more were measured to be no faster, else 32. A "
            "model made for a fixed batch of 1 is always given one."
        ),
    )
    cache: CacheConfig = Field(default=CacheConfig(), description="Reuse of embeddings along a track.")
