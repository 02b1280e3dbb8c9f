"""The speaker stage: options, opening, and what the core asks of it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from slceleb_core.errors import PluginError
from slceleb_core.models import ModelFile, ModelStore, content_hash
from slceleb_core.models.networks import onnx_runtime
from slceleb_core.models.providers import ONNX_RUNTIME, choose_providers
from slceleb_core.stages import Speaker, StageConfig, StageContext
from slceleb_core.types import Array, AudioSpan, Faces, Frame, JsonValue, Scores, Track, VideoInfo
from slceleb_speaker_lrasd.files import FILES, ModelName, located
from slceleb_speaker_lrasd.stretches import REACH

if TYPE_CHECKING:
    from slceleb_speaker_lrasd.network import Network
    from slceleb_speaker_lrasd.sequence import Sequence as Pictures

OPTION = "speaker.options.providers"
"""Where a profile names execution providers."""

PACKAGES = ("onnx", "onnxruntime")
"""What is needed to load a network."""


class LrasdConfig(StageConfig):
    """Options of :class:`LrasdSpeaker`."""

    model: ModelName = Field(
        default="light_asd",
        description="the network: light_asd takes a silent face for a speaker less often, lr_asd finds more speech",
    )
    file: Path | None = Field(
        default=None,
        description="a network of your own in the place of the pinned file, as `python -m "
        "slceleb_speaker_lrasd.convert` makes it; `model` says of which of the two kinds it is",
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="ONNX Runtime execution providers, best first, such as [CPUExecutionProvider]; one that cannot be "
        "had is an error. null: CUDA where this machine has it and its device setting allows it, else CPU",
    )
    diagnostics: bool = Field(default=False, description="hand out the log odds that the network gave, as `odds`")


class LrasdSpeaker(Speaker):
    """Tells who is speaking by a network that was trained on films: LR-ASD or Light-ASD.

    It finds more speech of real faces than synchrony alone, and takes another's voice over a moving face for its own:
    what was measured of it stands in the README.
    """

    name: ClassVar[str] = "lrasd"
    Config: ClassVar[type[StageConfig]] = LrasdConfig
    revision: ClassVar[int] = 1
    model_files: ClassVar[tuple[ModelFile, ...]] = tuple(FILES.values())
    networks: ClassVar[Mapping[str, str]] = {"speaking": ONNX_RUNTIME}
    observe_rate: ClassVar[float | None] = 30.0  # the films that the networks were trained on have 24 to 30
    keeps_observations: ClassVar[bool] = False  # half a gigabyte an hour of a face, and cut out again in no time
    context_seconds: float = REACH

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._network: Network | None = None
        self._facts: Mapping[str, JsonValue] = {}
        self._pictures = self._tracks = 0

    @classmethod
    def check(cls, config: StageConfig) -> None:  # noqa: ARG003 - no option changes what is needed
        """Make sure that what loads a network is installed.

        Raises
        ------
        PluginError
            It is not.
        """
        for package in PACKAGES:
            if importlib.util.find_spec(package) is None:
                raise PluginError(
                    f"the speaker lrasd needs {package}, which is not installed", f"pip install {package}"
                )

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the network.

        Raises
        ------
        ModelError
            It is not on this machine, or is another.
        """
        if isinstance(config, LrasdConfig):
            content_hash(located(config.model, config.file, models))

    def open(self) -> None:
        """Find the network and load it.

        Raises
        ------
        ModelError
            It is not on this machine, or is no network of this kind.
        PluginError
            ONNX Runtime is not installed.
        UsageError
            An execution provider that was asked for is not there.
        """
        self.check(self.config)
        from slceleb_speaker_lrasd.network import Network

        path = located(self.config.model, self.config.file, self.context.models)
        available = onnx_runtime().get_available_providers()
        choice = choose_providers(self.config.providers, self.context.device, available, OPTION)
        network = Network.load(path, replace(choice, threads=self.context.threads))
        self._network = network
        self._facts = {
            "model": self.config.model,
            "file": path.name,
            "sha256": content_hash(path),
            "licence": FILES[self.config.model].licence if self.config.file is None else "as its publisher says",
            "providers": {"requested": list(choice.names), "used": list(network.providers)},
            "versions": _versions(),
        }

    def signature(self) -> JsonValue:
        """Return the options, with the hash of the network in the place of its name or path, and versions.

        Raises
        ------
        ModelError
            A file that the options name cannot be read.
        """
        options, file = self.config.model_dump(mode="json"), self.config.file
        digest = FILES[self.config.model].sha256 if file is None else content_hash(file)
        return {**options, "file": digest, "versions": _versions()}

    def observation_signature(self) -> JsonValue:
        """Return nothing: no option has a part in what is kept of a face."""
        return None

    def close(self) -> None:
        """Let go of the network; the report stays."""
        self._network = None

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Begin to count anew."""
        self._pictures = self._tracks = 0

    def observe(self, frame: Frame, faces: Faces) -> Array:
        """Return uint8 [n, 112, 112]: each face's box, grey."""
        from slceleb_speaker_lrasd.crops import crops  # loads OpenCV, and below SciPy: not with every command

        return crops(frame, faces.boxes)

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Return, for each track and row, how likely this face is speaking; 0 where there is no sound at all."""
        return [self._score(track, audio) for track in tracks]

    def _score(self, track: Track, audio: AudioSpan) -> Scores:
        from slceleb_speaker_lrasd.curves import CURVES
        from slceleb_speaker_lrasd.sequence import heard, sequences

        odds, sounding = np.zeros(len(track)), np.zeros(len(track), dtype=bool)
        for part in sequences(track):
            rows = slice(part.first, part.first + len(part.own))
            features, loud = heard(part, audio)
            odds[rows] = self._odds(part, track.observations[part.rows], features)[part.own]
            sounding[rows] = loud[part.own]
        self._tracks += 1
        speaking = np.where(sounding, CURVES[self.config.model].probability(odds), 0.0)
        return Scores(speaking, diagnostics={"odds": odds} if self.config.diagnostics else {})

    def _odds(self, part: Pictures, pictures: Array, features: Array) -> Array:
        if self._network is None:
            raise PluginError("the speaker lrasd is used before it was opened", "use it in a with statement")
        self._pictures += len(pictures)
        return self._network.odds(pictures, features, part.times)

    def report(self) -> Mapping[str, JsonValue]:
        """Return the network, its licence, the providers, versions, and what was scored since `start`."""
        seen = {"pictures_a_second": self.observe_rate, "tracks": self._tracks, "pictures": self._pictures}
        return {**self._facts, **seen}


def _versions() -> dict[str, str]:
    """Return the versions of the packages that scores are made with."""
    for runtime in ("onnxruntime", "onnxruntime-gpu"):
        try:
            return {"onnxruntime": importlib.metadata.version(runtime)}
        except importlib.metadata.PackageNotFoundError:
            continue
    return {}
