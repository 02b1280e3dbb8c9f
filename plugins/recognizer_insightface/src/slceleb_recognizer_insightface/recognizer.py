"""The stage: InsightFace's recognition models, with reuse along a track."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from slceleb_core.errors import PluginError
from slceleb_core.models import ModelFile, ModelStore, content_hash
from slceleb_core.models.networks import licence_beside
from slceleb_core.models.providers import ONNX_RUNTIME, ProviderChoice, choose_providers
from slceleb_core.stages import Recognizer, StageConfig, StageContext
from slceleb_core.types import Array, Calibration, FaceCrops, JsonValue, VideoInfo
from slceleb_recognizer_insightface import catalog
from slceleb_recognizer_insightface.cache import EmbeddingCache
from slceleb_recognizer_insightface.catalog import KnownModel, OperatingPoint
from slceleb_recognizer_insightface.config import InsightfaceConfig
from slceleb_recognizer_insightface.loading import open_network
from slceleb_recognizer_insightface.network import Network
from slceleb_recognizer_insightface.runtime import import_runtime, installed_versions, runtime_versions
from slceleb_recognizer_insightface.sources import demand, prepare, resolve, signed

OPTION = "embed.options.providers"
"""Where a profile names execution providers."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the result records of the model file in use."""

    file: str
    sha256: str
    licence: str
    point: OperatingPoint
    calibration: Calibration | None = None


class InsightfaceRecognizer(Recognizer):
    """Embeds faces with a recognition model that InsightFace's model zoo understands.

    The embedding of an all-black crop (a face that could not be aligned) is the model's answer to black: a finite unit
    vector, the same for every such crop, that says nothing about a person. ``alignment.alignable`` tells such faces.

    Where embeddings are reused (`CacheConfig`), a face's row is that of the same track's face nearby and shortly
    before. Rows do not depend on how faces are divided into batches: exactly on a CPU with the default batch size,
    else within the rounding of the model's float32 arithmetic.
    """

    name: ClassVar[str] = "insightface"
    Config: ClassVar[type[StageConfig]] = InsightfaceConfig
    model_files: ClassVar[tuple[ModelFile, ...]] = tuple(known.file for known in catalog.KNOWN_MODELS)
    revision: ClassVar[int] = 2
    networks: ClassVar[Mapping[str, str]] = {"face recognition": ONNX_RUNTIME}

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._cache = EmbeddingCache(self.config.cache)
        self._embedded = 0
        self._network: Network | None = None
        self._facts: Mapping[str, JsonValue] = {}

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the model, unless it will be fetched.

        Raises
        ------
        ModelError
            It is not on this machine and will not be fetched, is another, or has terms that nobody has accepted.
        UsageError
            It is neither a path nor a name that a pack could have.
        """
        if isinstance(config, InsightfaceConfig):
            demand(config.model, models)

    def fetch(self) -> None:
        """Fetch the pack that the profile names, where it is not pinned and not on this machine.

        Raises
        ------
        ModelError
            It cannot be fetched, or the model has terms that nobody has accepted.
        UsageError
            It is no name that a pack could have.
        """
        prepare(self.config.model, self.context.models)

    def open(self) -> None:
        """Find the model, load it, and run it once.

        Raises
        ------
        ModelError
            The model is not on this machine and cannot be fetched, or is no recognition model.
        UsageError
            An execution provider that was asked for is not there.
        PluginError
            InsightFace or ONNX Runtime cannot be imported.
        """
        source = resolve(self.config.model, self.context.models)
        runtime = import_runtime()
        choice = choose_providers(self.config.providers, self.context.device, runtime.get_available_providers(), OPTION)
        network = open_network(source, replace(choice, threads=self.context.threads))
        facts = model_facts(network.path, self.context.models)
        self.dim, self.threshold = network.dim, facts.point.threshold
        self.model_hash, self.calibration = facts.sha256, facts.calibration
        self._facts = self._describe(network, facts, choice)
        self._network = network

    def signature(self) -> JsonValue:
        """Return the options, with the hash of the model in the place of its name or path, and versions.

        Raises
        ------
        ModelError
            A model that is not pinned cannot be read.
        """
        options = self.config.model_dump(mode="json", exclude={"model"})
        return {**options, "model": signed(self.config.model, self.context.models), "versions": installed_versions()}

    def close(self) -> None:
        """Let go of the model and of the embeddings kept; the report stays."""
        self._network = None
        self._cache.clear()

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - the contract's signature
        """Forget the previous video: its embeddings, and the counts of the report."""
        self._cache = EmbeddingCache(self.config.cache)
        self._embedded = 0

    def embed(self, crops: FaceCrops) -> Array:
        """Return float32 [n, dim], each row of unit length; NaN where the model's answer has no direction."""
        if self._network is None:
            raise PluginError("the recognizer insightface is used before it was opened", "use it in a with statement")
        claims = [
            self._cache.claim(int(track), box, float(time))
            for track, box, time in zip(crops.tracks, crops.boxes, crops.times, strict=True)
        ]
        fresh = [row for row, (_, reused) in enumerate(claims) if not reused]
        for row, vector in zip(fresh, self._network.embed(crops.images[fresh], self.config.batch_size), strict=True):
            claims[row][0].vector = vector
        self._embedded += len(fresh)
        rows = [entry.vector for entry, _ in claims]
        return np.array(rows, dtype=np.float32).reshape(len(crops), self.dim)

    def report(self) -> Mapping[str, JsonValue]:
        """Return the model, its licence and operating point, the providers, and how often an embedding was reused."""
        lookups, hits = self._cache.lookups, self._cache.hits
        return {
            **self._facts,
            "cache": {
                "lookups": lookups,
                "hits": hits,
                "hit_rate": hits / lookups if lookups else 0.0,
                "embedded": self._embedded,
            },
        }

    def _describe(self, network: Network, facts: ModelFacts, choice: ProviderChoice) -> dict[str, JsonValue]:
        return {
            "model": self.config.model,
            "file": facts.file,
            "sha256": facts.sha256,
            "licence": facts.licence,
            "dim": network.dim,
            "threshold": facts.point.threshold,
            "threshold_source": facts.point.source,
            "calibration": None if facts.calibration is None else asdict(facts.calibration),
            "providers": {"requested": list(choice.names), "used": list(network.providers)},
            "faces_per_call": network.step(self.config.batch_size),
            **runtime_versions(),
        }


def model_facts(path: Path, models: ModelStore) -> ModelFacts:
    """Return what is known of a model file, by its content; a model that is not pinned has the default point.

    It is recorded as used, if the store has not handed it out itself.
    """
    known: KnownModel | None = catalog.by_sha256(content_hash(path))
    licence = licence_beside(path) if known is None else known.file.licence
    used = models.take(path, licence)
    if known is None:
        return ModelFacts(path.name, used.sha256, licence, catalog.UNKNOWN_POINT)
    return ModelFacts(path.name, used.sha256, licence, known.point, known.calibration)
