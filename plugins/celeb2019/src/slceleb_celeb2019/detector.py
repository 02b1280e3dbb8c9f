"""The detector of 2019: each frame is looked at by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from slceleb_celeb2019.networks import RETINAFACE
from slceleb_core.geometry import poses_of
from slceleb_core.models import ModelFile, ModelStore
from slceleb_core.models.networks import runtime_versions
from slceleb_core.models.providers import ONNX_RUNTIME
from slceleb_core.stages import Detector, StageConfig, StageContext
from slceleb_core.types import Faces, Frame, JsonValue, VideoInfo

if TYPE_CHECKING:
    from slceleb_celeb2019.retinaface import Detections, RetinaFace


class RetinafaceConfig(StageConfig):
    """Options of ``detect: {use: retinaface}``: what the pipeline of 2019 had, unless another is given."""

    file: Path | None = Field(
        default=None,
        description="An ONNX file of RetinaFace mnet.25, such as `slceleb-celeb2019` makes; null: the authors' own "
        "mnet.25-symbol.json and mnet.25-0000.params, redrawn as it is opened.",
    )
    max_faces: int = Field(default=50, ge=1, le=50, description="Faces a frame; the largest are kept.")
    min_confidence: float = Field(default=0.8, ge=0.05, le=1.0, description="Least confidence in a face.")
    overlap: float = Field(default=0.4, ge=0.0, le=1.0, description="Overlap (IoU) from which two boxes are one face.")
    short_side: int = Field(default=360, ge=32, le=4096, description="Pixels of the shorter side of what is looked at.")
    long_side: int = Field(default=640, ge=32, le=4096, description="Most pixels of its longer side.")
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="ONNX Runtime execution providers, best first, such as [CPUExecutionProvider]; one that cannot be "
        "had is an error. null: CUDA where this machine has it and its device setting allows it, else CPU.",
    )


class RetinafaceDetector(Detector):
    """Finds faces with RetinaFace mnet.25 as the CN-Celeb pipeline of 2019 did: five points and a coarse pose for each.

    Pictures are looked at in one size, a few hundred pixels, so small faces are missed. Faces come the largest first.
    """

    name: ClassVar[str] = "retinaface"
    Config: ClassVar[type[StageConfig]] = RetinafaceConfig
    provides: ClassVar[frozenset[str]] = frozenset({"keypoints5", "pose"})
    model_files: ClassVar[tuple[ModelFile, ...]] = (RETINAFACE.symbol, RETINAFACE.params)
    networks: ClassVar[Mapping[str, str]] = {"faces": ONNX_RUNTIME}

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._finder: RetinaFace | None = None
        self._facts: Mapping[str, JsonValue] = {}
        self._frames = 0

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the network.

        Raises
        ------
        ModelError
            It is not on this machine, or is another.
        """
        from slceleb_celeb2019.sources import check

        if isinstance(config, RetinafaceConfig):
            check(RETINAFACE, config.file, models, "detect")

    def open(self) -> None:
        """Find the network and load it.

        Raises
        ------
        ModelError
            It is not on this machine, or is another.
        PluginError
            ONNX or ONNX Runtime cannot be imported.
        UsageError
            An execution provider that was asked for is not there.
        """
        from slceleb_celeb2019.retinaface import Look, RetinaFace
        from slceleb_celeb2019.sources import opened

        options = self.config
        network = opened(RETINAFACE, options.file, options.providers, self.context, "detect")
        look = Look(options.short_side, options.long_side, options.min_confidence, options.overlap)
        self._finder = RetinaFace(network.session, look)
        self._facts = {**network.facts, "versions": {**runtime_versions()}}

    def signature(self) -> JsonValue:
        """Return the options, with hashes in the place of the file, and versions.

        Raises
        ------
        ModelError
            A file of the user's own cannot be read.
        """
        from slceleb_celeb2019.sources import signed

        options = self.config.model_dump(mode="json", exclude={"file"})
        hashes = signed(RETINAFACE, self.config.file, self.context.models)
        return {**options, "network": hashes, "versions": {**runtime_versions()}}

    def close(self) -> None:
        """Let go of the network; the report stays."""
        self._finder = None

    def report(self) -> Mapping[str, JsonValue]:
        """Return the network, what it runs on, and how many frames were looked at."""
        return {**self._facts, "frames": self._frames}

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Forget how many frames the previous video had: nothing else is kept."""
        self._frames = 0

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the faces of each frame, the largest first."""
        if self._finder is None:
            raise RuntimeError("the stage is not open")
        self._frames += len(frames)
        return [self._faces(self._finder.find(frame.image), frame) for frame in frames]

    def _faces(self, found: Detections, frame: Frame) -> Faces:
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        seen = np.clip(found.boxes, 0, [frame.width, frame.height] * 2)
        there = np.all(seen[:, 2:] > seen[:, :2], axis=1) & np.all(np.isfinite(found.points), axis=(1, 2))
        largest = np.argsort(-sides.max(axis=1, initial=0.0), kind="stable")
        kept = largest[there[largest]][: self.config.max_faces]
        points = found.points[kept]
        return Faces(found.boxes[kept], np.clip(found.scores[kept], 0, 1), keypoints5=points, pose=poses_of(points))
