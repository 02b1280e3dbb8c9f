"""The detector: searches for faces now and then, and looks at each through a window of its own in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from slceleb_core.models import ModelStore
from slceleb_core.models.providers import ONNX_RUNTIME
from slceleb_core.stages import MeshingDetector, StageConfig, StageContext
from slceleb_core.types import FaceWindows, Found, Frame, JsonValue, Meshed, VideoInfo
from slceleb_detector_mediapipe import finders, runtimes
from slceleb_detector_mediapipe.catalog import (
    FACE_LANDMARKER,
    landmarker,
    landmarker_facts,
    landmarker_hash,
    landmarker_there,
)
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.seen import MESH_PIXELS

if TYPE_CHECKING:
    from slceleb_detector_mediapipe.watcher import Watcher


class MediapipeDetector(MeshingDetector):
    """Finds faces of any size and gives 478 landmarks for each.

    MediaPipe's own face detector sees only faces that take up an eighth of its input, so the picture is searched in
    tiles at several scales: on the first frame of a shot, every `search_interval` seconds, and more often while nobody
    is seen. In between, each face is looked at through a window of its own. Landmarks come from such a window on every
    frame, those of a search included, so that they do not jump when a search takes place.

    A face that is seen from the side has no mesh: its landmarks are NaN, its five points come from MediaPipe's face
    detector, and its yaw is given as 90 degrees.

    `Faces.scores` of a face that was found is the confidence of MediaPipe's face detector (BlazeFace) in it, seen
    through its window, measured at most half a second ago; where it is not sure, `min_confidence`. Of a face that was
    only looked at through a window it is the mesh network's confidence that there is a face.
    """

    name: ClassVar[str] = "mediapipe"
    Config: ClassVar[type[StageConfig]] = MediapipeConfig
    revision: ClassVar[int] = 5
    provides: ClassVar[frozenset[str]] = frozenset({"keypoints5", "landmarks478", "pose", "sharpness"})
    model_files = (FACE_LANDMARKER,)
    networks: ClassVar[Mapping[str, str]] = {
        "faces and landmarks": "LiteRT",
        "faces and landmarks, runtime: onnx": ONNX_RUNTIME,
        "faces, finder: scrfd": ONNX_RUNTIME,
    }
    window_pixels: ClassVar[int] = MESH_PIXELS

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._watcher: Watcher | None = None

    @classmethod
    def capabilities(cls, config: StageConfig) -> frozenset[str]:
        """Return what it provides; blendshapes when they are asked for."""
        asked = isinstance(config, MediapipeConfig) and config.blendshapes
        return cls.provides | {"blendshapes"} if asked else cls.provides

    @classmethod
    def check(cls, config: StageConfig) -> None:
        """Make sure that the runtime and the finder are installed.

        Raises
        ------
        PluginError
            It is not.
        UsageError
            The options contradict each other.
        """
        if isinstance(config, MediapipeConfig):
            runtimes.check(config.runtime, config.providers)
            finders.check(config.finder, config.finder_model)

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the models.

        Raises
        ------
        ModelError
            One is not on this machine, is another, or has terms that nobody has accepted.
        UsageError
            The option of the finder names no model.
        """
        if isinstance(config, MediapipeConfig):
            landmarker_there(config.model_path, models)
            finders.check_model(config.finder, config.finder_model, models)

    def open(self) -> None:
        """Load the runtime and the models.

        Raises
        ------
        PluginError
            The runtime cannot be loaded on this machine, or the finder is not installed.
        ModelError
            A model file is missing, is another, or cannot be loaded.
        UsageError
            An execution provider that was asked for is not there.
        """
        from slceleb_detector_mediapipe.watcher import Watcher

        model = landmarker(self.config.model_path, self.context.models)
        self._watcher = Watcher(model, self.config, self.context)

    def signature(self) -> JsonValue:
        """Return the options, the hashes of the models, and which runtime is used in which version.

        Raises
        ------
        ModelError
            A model of the user's own cannot be read.
        """
        options = self.config.model_dump(mode="json", exclude={"model_path", "finder_model"})
        finder = finders.signature(self.config.finder, self.config.finder_model, self.context.models)
        return {**options, "model": landmarker_hash(self.config.model_path), **self._runtime(), **finder}

    def _runtime(self) -> dict[str, JsonValue]:
        name = runtimes.chosen(self.config.runtime, self.config.providers, self.context.device)
        return {"runtime": name, "versions": {**runtimes.versions(name)}}

    def close(self) -> None:
        """Let go of the models."""
        if self._watcher is not None:
            self._watcher.close()
        self._watcher = None

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Forget the previous video."""
        if self._watcher is not None:
            self._watcher.start()

    def report(self) -> Mapping[str, JsonValue]:
        """Return the model, what runs it, and how often what was done."""
        return {
            "device": "cpu",
            "model": landmarker_facts(self.config.model_path),
            **self._runtime(),
            **({} if self._watcher is None else {**self._watcher.facts, **self._watcher.counts()}),
        }

    def find(self, frames: Sequence[Frame]) -> list[Found]:
        """Return the faces of each frame, those followed for longest first; frames come in order of time."""
        return [self._opened().find(frame) for frame in frames]

    def mesh(self, windows: FaceWindows) -> Meshed:
        """Return the faces that are seen through windows; their sharpness is not measured."""
        return self._opened().mesh(windows)

    def _opened(self) -> Watcher:
        if self._watcher is None:
            raise RuntimeError("the stage is not open")
        return self._watcher
