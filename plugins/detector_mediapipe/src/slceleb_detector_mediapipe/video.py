"""The detector that asks MediaPipe's landmarker as its makers mean it: once a frame, the whole picture, as a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from slceleb_core.errors import PluginError
from slceleb_core.models import ModelStore
from slceleb_core.stages import Detector, StageConfig, StageContext
from slceleb_core.types import Faces, Frame, JsonValue, VideoInfo
from slceleb_detector_mediapipe import runtimes
from slceleb_detector_mediapipe.catalog import (
    FACE_LANDMARKER,
    landmarker,
    landmarker_facts,
    landmarker_hash,
    landmarker_there,
)
from slceleb_detector_mediapipe.config import MediapipeVideoConfig

if TYPE_CHECKING:
    from slceleb_detector_mediapipe.wholepicture import WholePicture


class MediapipeVideoDetector(Detector):
    """Gives what MediaPipe's Face Landmarker finds by itself in video mode: large faces, 478 landmarks for each.

    The landmarker is called once a frame, with the whole picture, and follows faces by itself. It is what others are
    measured against; it misses faces that are less than about an eighth of the picture, and those seen from the side.

    `Faces.scores` is the least confidence that the landmarker was asked for: it does not tell what it had.
    """

    name: ClassVar[str] = "mediapipe-video"
    Config: ClassVar[type[StageConfig]] = MediapipeVideoConfig
    provides: ClassVar[frozenset[str]] = frozenset({"keypoints5", "landmarks478", "pose", "sharpness"})
    model_files = (FACE_LANDMARKER,)

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._picture: WholePicture | None = None

    @classmethod
    def check(cls, config: StageConfig) -> None:  # noqa: ARG003 - it needs the same whatever the options
        """Make sure that MediaPipe is installed.

        Raises
        ------
        PluginError
            It is not.
        """
        if runtimes.missing(runtimes.MEDIAPIPE):
            package = runtimes.REQUIREMENTS[runtimes.MEDIAPIPE]
            raise PluginError(
                f"{package} is not installed, and the detector {cls.name} runs on it",
                f"pip install {package}, or set detect.use: mediapipe",
            )

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the model.

        Raises
        ------
        ModelError
            It is not on this machine, or is another.
        """
        if isinstance(config, MediapipeVideoConfig):
            landmarker_there(config.model_path, models)

    def open(self) -> None:
        """Load MediaPipe and the model.

        Raises
        ------
        PluginError
            MediaPipe cannot be loaded on this machine.
        ModelError
            The model file is missing, is another, or cannot be loaded.
        """
        from slceleb_detector_mediapipe.wholepicture import WholePicture

        model = landmarker(self.config.model_path, self.context.models)
        self._picture = WholePicture(model, self.config.max_faces)

    def signature(self) -> JsonValue:
        """Return the options, the hash of the model, and the version of MediaPipe.

        Raises
        ------
        ModelError
            A model of the user's own cannot be read.
        """
        options = self.config.model_dump(mode="json", exclude={"model_path"})
        return {**options, "model": landmarker_hash(self.config.model_path), **self._versions()}

    def close(self) -> None:
        """Let go of the model."""
        if self._picture is not None:
            self._picture.close()
        self._picture = None

    def report(self) -> Mapping[str, JsonValue]:
        """Return the model, what runs it, and how many frames it was asked."""
        return {
            "device": "cpu",
            "model": landmarker_facts(self.config.model_path),
            **self._versions(),
            **({} if self._picture is None else self._picture.counts()),
        }

    def _versions(self) -> dict[str, JsonValue]:
        return {"versions": {**runtimes.versions(runtimes.MEDIAPIPE)}}

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Forget the previous video."""
        if self._picture is not None:
            self._picture.start()

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the faces of each frame; frames come in order of time."""
        if self._picture is None:
            raise RuntimeError("the stage is not open")
        return [self._picture.see(frame) for frame in frames]
