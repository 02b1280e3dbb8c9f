"""The stage: sound in, embeddings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.models import ModelFile, ModelStore
from slceleb_core.models.networks import OnnxModel
from slceleb_core.models.providers import ONNX_RUNTIME
from slceleb_core.stages import StageConfig, StageContext, Voice
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, JsonValue, VoiceFigures
from slceleb_voice_campplus.fbank import BANDS, features
from slceleb_voice_campplus.network import ENTRY
from slceleb_voice_campplus.sources import CHECKPOINT, demand, opened, signed

THRESHOLD = 0.31
"""Cosine similarity from which on its authors take two sounds for one person's: what they set in the example of their
Chinese model of the same network (ModelScope, speech_campplus_sv_zh-cn_16k-common); for this one they state none."""

THRESHOLD_SOURCE = "the authors' example for speech_campplus_sv_zh-cn_16k-common, the same network"

SHORTEST = 1.0
"""Seconds: on the talkers of the README one in 40 is wrong at one second, and one in eight at half a second."""

LONGEST = 30.0
"""Seconds that are embedded at once: 150 MB. Of what is longer, equal parts are, and the mean of what they give is
taken: an embedding rests on mean and deviation over time, which are the same for minutes as for this."""

FIGURES = VoiceFigures(
    words=1.04, session=0.4, spread=0.25, strangers=0.16, pairs=0.165, noise=0.005, people=12, recordings=15
)
"""Measured by ``scripts/precision/voices.py`` on talkers of the test clips, but for two: of how far a voice moves from
video to video one person of two occasions tells (.3 to .55, by length), and the spread, .22 within recordings, is taken
a little wider, as it is of more than that."""

LEAST_MOTION = 1.0 / 32768.0
"""What a sound moves by at least: one step of 16 bit."""

PROBE = 100
"""Windows of the sound by which it is found out how long an embedding is."""


class CampplusConfig(StageConfig):
    """Options of the voice stage ``campplus``."""

    file: Path | None = Field(
        None,
        description="an ONNX file of your own in the place of the pinned network; its input `fbank` takes log energies "
        "of 80 mel bands, their mean over time taken off",
    )
    providers: tuple[str, ...] | None = Field(
        None, description="Execution providers of ONNX Runtime, best first. null: chosen by the machine."
    )


class CampplusVoice(Voice):
    """Tells voices apart by CAM++ of 3D-Speaker, a network trained on Chinese and English speech."""

    name: ClassVar[str] = "campplus"
    Config: ClassVar[type[StageConfig]] = CampplusConfig
    model_files: ClassVar[tuple[ModelFile, ...]] = (CHECKPOINT,)
    networks: ClassVar[Mapping[str, str]] = {"whose voice it is": ONNX_RUNTIME}
    shortest = SHORTEST
    figures = FIGURES

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._model: OnnxModel | None = None
        self._facts: Mapping[str, JsonValue] = {}

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the network.

        Raises
        ------
        ModelError
            It is not on this machine, or is another than the pinned one.
        """
        if isinstance(config, CampplusConfig):
            demand(config.file, models)

    def open(self) -> None:
        """Find the network, load it, and run it once.

        Raises
        ------
        ModelError
            It is not on this machine, is another than the pinned one, or does not give embeddings.
        PluginError
            ONNX Runtime cannot be imported, or ONNX, where the network has to be drawn.
        UsageError
            An execution provider that was asked for is not there.
        """
        found = opened(self.config.file, self.config.providers, self.context)
        self.dim, self.threshold, self.model_hash = _length(found.model), THRESHOLD, found.sha256
        own = self.config.file is not None
        self._facts = {
            **found.model.facts(),
            "model": found.sha256,
            "dim": self.dim,
            "threshold": THRESHOLD,
            "threshold_source": "that of the pinned network" if own else THRESHOLD_SOURCE,
        }
        self._model = found.model

    def close(self) -> None:
        """Let go of the network; the report stays."""
        self._model = None

    def signature(self) -> JsonValue:
        """Return the options, with the network's hash in the place of its path.

        Raises
        ------
        ModelError
            A file of the user's own cannot be read.
        """
        options = self.config.model_dump(mode="json", exclude={"file"})
        return {**options, "model": signed(self.config.file, self.context.models)}

    def report(self) -> Mapping[str, JsonValue]:
        """Return the network, its licence and operating point, and the providers."""
        return self._facts

    def embed(self, sounds: Sequence[AudioSpan]) -> Array:
        """Return float32 [n, dim], each row of unit length; not a number for what is too short, or silent.

        Each sound is embedded by itself: lengths differ, and what a batch is filled up with would be heard.
        """
        if self._model is None:
            raise PluginError("the voice stage campplus is used before it was opened", "use it in a with statement")
        rows = np.full((len(sounds), self.dim), np.nan, dtype=np.float32)
        for row, sound in zip(rows, sounds, strict=True):
            if _can_tell(sound):
                row[:] = _embedded(self._model, sound.samples)
        return rows


def _can_tell(sound: AudioSpan) -> bool:
    """Return whether a sound is long enough, and no silence."""
    if sound.rate != SAMPLE_RATE or sound.channels != 1 or sound.samples.ndim != 1:
        raise ValueError(f"a sound of {sound.rate} Hz and {sound.channels} channels, expected {SAMPLE_RATE} and one")
    return len(sound.samples) >= SHORTEST * SAMPLE_RATE and bool(np.ptp(sound.samples) >= LEAST_MOTION)


def _embedded(model: OnnxModel, samples: Array) -> Array:
    """Return the embedding of a sound, of unit length."""
    parts = np.array_split(samples, -(-len(samples) // int(LONGEST * SAMPLE_RATE)))
    directions = [_direction(model.run({ENTRY: features(part)[None]})[0][0]) for part in parts]
    return _direction(np.mean(directions, axis=0))


def _direction(vector: Array) -> Array:
    """Return a vector of unit length; not a number where it has no direction."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length else np.full_like(vector, np.nan))


def _length(model: OnnxModel) -> int:
    """Return how long the embeddings of a network are.

    Raises
    ------
    ModelError
        What it gives is no embedding.
    """
    noise = np.random.default_rng(0).normal(size=(1, PROBE, BANDS)).astype(np.float32)
    shape = model.run({ENTRY: noise})[0].shape
    if len(shape) != 2 or shape[0] != 1:
        raise ModelError(f"{model.path}: it gives {shape}, expected an embedding of each sound", "is it another model?")
    return int(shape[1])
