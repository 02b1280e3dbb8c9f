"""The detector: each frame is looked at by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from slceleb_core.geometry import poses_of
from slceleb_core.models import ModelStore
from slceleb_core.models.networks import runtime_versions
from slceleb_core.models.providers import ONNX_RUNTIME
from slceleb_core.stages import Detector, StageConfig, StageContext
from slceleb_core.types import Faces, Frame, JsonValue, VideoInfo
from slceleb_detector_insightface.catalog import KNOWN_MODELS, model_facts, model_hash, resolve
from slceleb_detector_insightface.config import InsightfaceDetectorConfig

if TYPE_CHECKING:
    from slceleb_detector_insightface.finding import Finds, ScrfdFinder

MODEL, PROVIDERS = "detect.options.model", "detect.options.providers"
"""Where a profile names them."""


class InsightfaceDetector(Detector):
    """Finds faces of any size with SCRFD, and gives five points and a coarse pose for each.

    A picture is looked at as a whole, in the size that `min_face` takes and in a quarter of it. Nothing is kept from
    frame to frame. Faces come the largest first.
    """

    name: ClassVar[str] = "insightface"
    Config: ClassVar[type[StageConfig]] = InsightfaceDetectorConfig
    provides: ClassVar[frozenset[str]] = frozenset({"keypoints5", "pose"})
    model_files = tuple(KNOWN_MODELS.values())
    networks: ClassVar[Mapping[str, str]] = {"faces": ONNX_RUNTIME}

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._finder: ScrfdFinder | None = None
        self._facts: Mapping[str, JsonValue] = {}
        self._frames = 0

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the model.

        Raises
        ------
        ModelError
            It is not on this machine, is another, or has terms that nobody has accepted.
        UsageError
            The option names no model.
        """
        if isinstance(config, InsightfaceDetectorConfig):
            resolve(config.model, models, MODEL)

    def open(self) -> None:
        """Find the model and load it.

        Raises
        ------
        ModelError
            The model is not on this machine, is another, or is no detector with five points.
        PluginError
            ONNX Runtime cannot be imported.
        UsageError
            The option names no model, or an execution provider that was asked for is not there.
        """
        path = resolve(self.config.model, self.context.models, MODEL)
        from slceleb_detector_insightface.finding import ScrfdFinder, open_network
        from slceleb_detector_insightface.levels import longest_for

        network = open_network(path, self.config.providers, self.context.device, self.context.threads, PROVIDERS)
        longest = self.config.input_size or longest_for(self.config.min_face)
        self._finder = ScrfdFinder(network, longest, self.config.min_confidence)
        self._facts = {
            "model": model_facts(self.config.model, path),
            **network.facts(),
            "versions": {**runtime_versions()},
        }

    def signature(self) -> JsonValue:
        """Return the options, with the hash of the model in the place of its name or path, and versions.

        Raises
        ------
        ModelError
            A file of the user's own cannot be read.
        UsageError
            The option names no model.
        """
        options = self.config.model_dump(mode="json", exclude={"model"})
        model = model_hash(self.config.model, self.context.models, MODEL)
        return {**options, "model": model, "versions": {**runtime_versions()}}

    def close(self) -> None:
        """Let go of the model; the report stays."""
        self._finder = None

    def report(self) -> Mapping[str, JsonValue]:
        """Return the model, what it runs on, and how many frames were looked at."""
        return {**self._facts, "frames": self._frames}

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Forget how many frames the previous video had: nothing else is kept."""
        self._frames = 0

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the faces of each frame, the largest first."""
        if self._finder is None:
            raise RuntimeError("the stage is not open")
        self._frames += len(frames)
        return [self._faces(finds) for finds in self._finder.find(frames)]

    def _faces(self, finds: Finds) -> Faces:
        sides = (finds.boxes[:, 2:] - finds.boxes[:, :2]).max(axis=1, initial=0.0)
        kept = finds[np.argsort(-sides, kind="stable")[: self.config.max_faces]]
        scores = np.clip(kept.scores, 0.0, 1.0)
        return Faces(kept.boxes, scores, keypoints5=kept.points, pose=poses_of(kept.points))
