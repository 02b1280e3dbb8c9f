"""The speaker stage of 2019."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.models import ModelStore, content_hash
from slceleb_core.models.networks import licence_beside, onnx_runtime, runtime_versions
from slceleb_core.models.providers import ONNX_RUNTIME, choose_providers
from slceleb_core.stages import Speaker, StageConfig, StageContext
from slceleb_core.types import Array, AudioSpan, Faces, Frame, JsonValue, Scores, Track, VideoInfo

if TYPE_CHECKING:
    from slceleb_celeb2019.syncnet.network import Syncnet

FILE = "syncnet_v2.onnx"
"""What a converted checkpoint is called where no option names one."""

SCALE = 10.0
"""SyncNet's confidence that is a score of 1: its authors' own example reaches 10. So the thresholds of 2019, which were
4 and 3, are .4 and .3."""

REACH = 11.0
"""Seconds away from a moment beyond which nothing counts for its score: a cell and what is around it, the shifts, the
window and the running median."""


class SyncnetConfig(StageConfig):
    """Options of ``speaker: {use: syncnet}``."""

    file: Path | None = Field(
        default=None,
        description="SyncNet as ONNX, converted by yourself (the plugin's README says how), as nobody publishes it so; "
        "null: syncnet_v2.onnx among the model files.",
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="ONNX Runtime execution providers, best first, such as [CPUExecutionProvider]; one that cannot be "
        "had is an error. null: CUDA where this machine has it and its device setting allows it, else CPU.",
    )
    diagnostics: bool = Field(default=False, description="Hand out SyncNet's own confidence, as `confidence`.")


class SyncnetSpeaker(Speaker):
    """Tells who is speaking by SyncNet, as the CN-Celeb pipeline of 2019 did; the network is the user's own.

    A score is a tenth of SyncNet's confidence, and no probability.
    """

    name: ClassVar[str] = "syncnet"
    Config: ClassVar[type[StageConfig]] = SyncnetConfig
    requires: ClassVar[frozenset[str]] = frozenset({"keypoints5"})
    networks: ClassVar[Mapping[str, str]] = {"speaking": ONNX_RUNTIME}
    observe_rate: ClassVar[float | None] = 30.0  # it takes 25, and the nearest of 24 to 30 are near enough
    keeps_observations: ClassVar[bool] = False  # several gigabytes an hour of a face, and cut out again in no time
    context_seconds: float = REACH

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._network: Syncnet | None = None
        self._facts: Mapping[str, JsonValue] = {}
        self._windows = 0

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the network.

        Raises
        ------
        ModelError
            There is none.
        """
        if isinstance(config, SyncnetConfig):
            _located(config, models)

    def open(self) -> None:
        """Find the network and load it.

        Raises
        ------
        ModelError
            It is not on this machine, or is no network of this kind.
        PluginError
            ONNX or ONNX Runtime cannot be imported.
        UsageError
            An execution provider that was asked for is not there.
        """
        from slceleb_celeb2019.syncnet.network import Syncnet

        path = self._path()
        used = self.context.models.take(path, licence_beside(path))
        available = onnx_runtime().get_available_providers()
        choice = choose_providers(self.config.providers, self.context.device, available, "speaker.options.providers")
        network = Syncnet.load(path, replace(choice, threads=self.context.threads))
        self._network = network
        told = {"file": used.name, "sha256": used.sha256, "licence": used.licence}
        ran = {"requested": list(choice.names), "used": list(network.providers)}
        self._facts = {**told, "providers": ran, "versions": {**runtime_versions()}}

    def signature(self) -> JsonValue:
        """Return the options, with the hash of the network in the place of its path, and versions.

        Raises
        ------
        ModelError
            There is no network.
        """
        options = self.config.model_dump(mode="json")
        return {**options, "file": content_hash(self._path()), "versions": {**runtime_versions()}}

    def observation_signature(self) -> JsonValue:
        """Return nothing: no option has a part in what is kept of a face."""
        return None

    def close(self) -> None:
        """Let go of the network; the report stays."""
        self._network = None

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Begin to count anew."""
        self._windows = 0

    def observe(self, frame: Frame, faces: Faces) -> Array:
        """Return uint8 [n, 336, 224]: the square around each mouth."""
        from slceleb_celeb2019.syncnet.crops import crops

        return crops(frame, faces)

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Return, for each track and row, a tenth of SyncNet's confidence, 0..1; and the lag at which it was found."""
        return [self._score(track, audio) for track in tracks]

    def _score(self, track: Track, audio: AudioSpan) -> Scores:
        from slceleb_celeb2019.syncnet.confidence import confidences
        from slceleb_celeb2019.syncnet.windows import STEP, windows_of

        if self._network is None:
            raise PluginError("the speaker syncnet is used before it was opened", "use it in a with statement")
        sure, lag = np.zeros(len(track)), np.full(len(track), np.nan)
        for windows in windows_of(track):
            distances, silent = self._network.distances(windows, track, audio)
            of_window, steps = confidences(distances, silent, windows.times)
            sure[windows.rows] = of_window[windows.nearest]
            lag[windows.rows] = STEP * steps[windows.nearest]
            self._windows += len(of_window)
        told = {"confidence": sure} if self.config.diagnostics else {}
        return Scores(np.clip(sure / SCALE, 0.0, 1.0), lag=lag, diagnostics=told)

    def report(self) -> Mapping[str, JsonValue]:
        """Return the network, the providers, versions, and what was scored since `start`."""
        return {**self._facts, "windows": self._windows}

    def _path(self) -> Path:
        return _located(self.config, self.context.models)


def _located(config: SyncnetConfig, models: ModelStore) -> Path:
    """Return where the network is.

    Raises
    ------
    ModelError
        There is none.
    """
    from slceleb_celeb2019.sources import place_of

    path = place_of(config.file or Path(FILE), models)
    if not path.exists():
        raise ModelError(
            f"no SyncNet on this machine: {path} is not there, and nobody publishes it as ONNX",
            "convert its authors' checkpoint as the README of slceleb-celeb2019 says, and name it: "
            "speaker.options.file; or take another speaker, such as lrasd",
        )
    return path
