"""The generator: options, opening, and what the core asks of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.models import ModelStore, Terms
from slceleb_core.models.networks import check_model, hash_of, open_model, runtime_versions
from slceleb_core.models.providers import ONNX_RUNTIME
from slceleb_core.stages import Generator, GeneratorConfig, StageConfig, StageContext
from slceleb_core.types import Array, JsonValue, WholeSound

if TYPE_CHECKING:
    from slceleb_generator_wav2lip.network import Network

OPTION = "generator.options.model"
"""Where the network is named."""

PACKAGES = ("librosa", "onnxruntime")
"""What is needed to run a network."""

TERMS = Terms(
    "wav2lip-research",
    "personal, research and non-commercial use only, as its authors trained it on LRS2",
    "https://github.com/Rudrabha/Wav2Lip#license-and-citation",
)
"""What the authors say of their weights. Whose a file's are cannot be told, so all are taken to be under these."""

LICENCE = "non-commercial research (Wav2Lip's authors; a network of one's own may have another)"

NAME_ONE = "name one by --model: plugins/generator_wav2lip/README.md says how the authors' checkpoint becomes one"


class Wav2LipConfig(GeneratorConfig):
    """Options of :class:`Wav2LipGenerator`."""

    chin: float = Field(
        default=0.05,
        ge=0.0,
        le=0.5,
        description="By how much the box of a face reaches below the chin, in parts of its height: the network was "
        "trained on boxes with some room there.",
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="ONNX Runtime execution providers, best first, such as [CPUExecutionProvider]; one that cannot be "
        "had is an error. null: CUDA where this machine has it and its device setting allows it, else CPU",
    )


class Wav2LipGenerator(Generator):
    """Makes lips that fit a sound by a network of Wav2Lip's form, which the user supplies."""

    name: ClassVar[str] = "wav2lip"
    Config: ClassVar[type[StageConfig]] = Wav2LipConfig
    revision: ClassVar[int] = 1
    terms: ClassVar[tuple[Terms, ...]] = (TERMS,)
    networks: ClassVar[Mapping[str, str]] = {"lips that fit a sound": ONNX_RUNTIME}
    face_pixels: ClassVar[int] = 96

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self.pads = (0.0, self.config.chin, 0.0, 0.0)
        self._network: Network | None = None
        self._sound: WholeSound | None = None
        self._facts: dict[str, JsonValue] = {}

    @classmethod
    def check(cls, config: StageConfig) -> None:  # noqa: ARG003 - no option changes what is needed
        """Make sure that what runs a network is installed.

        Raises
        ------
        PluginError
            It is not.
        """
        for package in PACKAGES:
            if importlib.util.find_spec(package) is None:
                raise PluginError(
                    f"the generator wav2lip needs {package}, which is not installed", f"pip install {package}"
                )

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Look for the network, and whether its terms were accepted.

        Raises
        ------
        ModelError
            None is named, it cannot be read, or nobody has accepted the terms.
        """
        if isinstance(config, Wav2LipConfig):
            check_model(_demanded(config, models), models)

    def open(self) -> None:
        """Load the network, and make sure that it is one of this form.

        Raises
        ------
        ModelError
            None is named, its terms were not accepted, or it is no network of this form.
        PluginError
            ONNX Runtime or librosa is not installed.
        UsageError
            An execution provider that was asked for is not there.
        """
        self.check(self.config)
        from slceleb_generator_wav2lip.network import Network

        models = self.context.models
        path = _demanded(self.config, models)
        check_model(path, models)
        model = open_model(path, self.context, self.config.providers, "generator.options.providers")
        self._network = Network.of(model)
        self._facts = {
            **model.facts(),
            "licence": LICENCE,
            "terms": {"name": TERMS.name, "url": TERMS.url, "accepted": models.accepted(TERMS)},
            "versions": dict(runtime_versions()),
        }

    def close(self) -> None:
        """Let go of the network; the report stays."""
        self._network = self._sound = None

    def signature(self) -> JsonValue:
        """Return the options, with the hash of the network in the place of its path, and versions.

        Raises
        ------
        ModelError
            The file cannot be read.
        """
        options, model = self.config.model_dump(mode="json"), self.config.model
        digest = None if model is None else hash_of(model, self.context.models)
        return {**options, "model": digest, "versions": dict(runtime_versions())}

    def start(self, sound: WholeSound) -> None:
        """Remember the sound."""
        self._sound = sound

    def generate(self, faces: Array, times: Array) -> Array:
        """Return uint8 [n, 96, 96, 3], RGB: the faces with lips as they are at these times."""
        from slceleb_generator_wav2lip.spectra import heard

        if self._network is None or self._sound is None:
            raise PluginError(
                "the generator wav2lip is used before it was opened and told of a sound", "use it in a with statement"
            )
        return np.zeros_like(faces) if not len(faces) else self._network.generate(heard(self._sound, times), faces)

    def report(self) -> Mapping[str, JsonValue]:
        """Return the network, its licence and terms, the providers, and versions."""
        return self._facts


def _demanded(config: Wav2LipConfig, models: ModelStore) -> Path:
    """Return the file that options name; raise ModelError where there is none, or its terms were not accepted."""
    if config.model is None:
        raise ModelError(f"{OPTION}: no network is named", NAME_ONE)
    models.demand(f"the network {config.model.name}", TERMS)
    return config.model.expanduser()
