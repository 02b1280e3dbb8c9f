"""The recognizer of 2019: MobileFaceNet y1."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from slceleb_celeb2019.networks import MOBILEFACENET
from slceleb_core.errors import ModelError, PluginError
from slceleb_core.models import ModelFile, ModelStore
from slceleb_core.models.networks import runtime_versions
from slceleb_core.models.providers import ONNX_RUNTIME
from slceleb_core.stages import Recognizer, StageConfig, StageContext
from slceleb_core.types import CROP_SIZE, Array, FaceCrops, JsonValue, VideoInfo

DISTANCE = 1.24
"""Euclidean distance of two embeddings below which the pipeline of 2019 took them for one person's."""

DIM = 128
"""Length of an embedding of MobileFaceNet y1."""


class MobilefacenetConfig(StageConfig):
    """Options of ``embed: {use: mobilefacenet}``."""

    file: Path | None = Field(
        default=None,
        description="An ONNX file of MobileFaceNet y1, such as `slceleb-celeb2019` makes; null: the authors' own "
        "model-symbol.json and model-0000.params, redrawn as it is opened.",
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="ONNX Runtime execution providers, best first, such as [CPUExecutionProvider]; one that cannot be "
        "had is an error. null: CUDA where this machine has it and its device setting allows it, else CPU.",
    )


class MobilefacenetRecognizer(Recognizer):
    """Embeds faces with MobileFaceNet y1 of InsightFace's model zoo, as the CN-Celeb pipeline of 2019 did.

    It takes crops of 112 pixels on ArcFace's template. Every face is embedded by itself; none is used again.
    """

    name: ClassVar[str] = "mobilefacenet"
    Config: ClassVar[type[StageConfig]] = MobilefacenetConfig
    model_files: ClassVar[tuple[ModelFile, ...]] = (MOBILEFACENET.symbol, MOBILEFACENET.params)
    networks: ClassVar[Mapping[str, str]] = {"face recognition": ONNX_RUNTIME}

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._session: Any = None
        self._facts: Mapping[str, JsonValue] = {}
        self._embedded = 0

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the network.

        Raises
        ------
        ModelError
            It is not on this machine, or is another.
        """
        from slceleb_celeb2019.sources import check

        if isinstance(config, MobilefacenetConfig):
            check(MOBILEFACENET, config.file, models, "embed")

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
        from slceleb_celeb2019.sources import opened

        network = opened(MOBILEFACENET, self.config.file, self.config.providers, self.context, "embed")
        self.dim, self.threshold, self.model_hash = DIM, 1.0 - DISTANCE**2 / 2, network.sha256
        self._session = network.session
        shape = np.shape(self._run(np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8)))
        if shape != (DIM,):
            self._session = None
            raise ModelError(f"{network.facts['file']} gives embeddings of shape {list(shape)}, expected [{DIM}]")
        source = "the pipeline of 2019: a distance below 1.24 (cosine above .231), of one photo and one face"
        point = {"dim": DIM, "threshold": self.threshold, "threshold_source": source}
        self._facts = {**network.facts, **point, "versions": {**runtime_versions()}}

    def signature(self) -> JsonValue:
        """Return the options, with hashes in the place of the file, and versions.

        Raises
        ------
        ModelError
            A file of the user's own cannot be read.
        """
        from slceleb_celeb2019.sources import signed

        options = self.config.model_dump(mode="json", exclude={"file"})
        hashes = signed(MOBILEFACENET, self.config.file, self.context.models)
        return {**options, "network": hashes, "versions": {**runtime_versions()}}

    def close(self) -> None:
        """Let go of the network; the report stays."""
        self._session = None

    def report(self) -> Mapping[str, JsonValue]:
        """Return the network, its operating point, what it runs on, and how many faces were embedded."""
        return {**self._facts, "faces": self._embedded}

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing is kept from video to video
        """Forget how many faces the previous video had."""
        self._embedded = 0

    def embed(self, crops: FaceCrops) -> Array:
        """Return float32 [n, 128], each row of unit length; NaN where the network's answer has no direction."""
        if self._session is None:
            raise PluginError("the recognizer mobilefacenet is used before it was opened", "use it in a with statement")
        self._embedded += len(crops)
        rows = np.array([self._run(image) for image in crops.images], np.float32).reshape(len(crops), DIM)
        with np.errstate(invalid="ignore"):
            return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    def _run(self, image: Array) -> Array:
        """Return the network's answer; one face at a time, as a batch would round otherwise."""
        planes = np.ascontiguousarray(image.transpose(2, 0, 1)[None]).astype(np.float32)
        return np.asarray(self._session.run(None, {"data": planes})[0][0])
