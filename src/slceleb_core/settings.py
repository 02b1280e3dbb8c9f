"""Facts about this machine, read from the environment variables ``SLCELEB_*``.

Nothing here changes what a video's result is: that is the profile's part. An empty variable counts as unset.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from slceleb_core.errors import UsageError
from slceleb_core.models import ModelStore
from slceleb_core.stages import StageContext

PREFIX = "SLCELEB_"
"""What the names of the variables begin with."""


def _expanded(path: Path) -> Path:
    """Return `path` with a leading ``~`` resolved, as a shell would have done outside of quotes."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


Folder = Annotated[Path, AfterValidator(_expanded)]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"],
    BeforeValidator(lambda text: text.upper() if isinstance(text, str) else text),
]


class Settings(BaseSettings):
    """The settings of this machine; see :func:`load_settings`.

    Attributes
    ----------
    models, cache, device, decoder, log_level, runner, offline, accept_licences
        As described by the fields, and read from ``SLCELEB_MODELS``, ``SLCELEB_CACHE`` and so on.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    models: Folder | None = Field(default=None, description="Folder that is searched first for model files.")
    cache: Folder = Field(
        default_factory=lambda: platformdirs.user_cache_path("slceleb"),
        description="Folder in which downloaded model files are kept.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where models run: auto takes a GPU where one can be used, and says so."
    )
    decoder: Literal["libav", "nvdec"] = Field(
        default="libav",
        description="What decodes pictures: the processor, or the decoder of an NVIDIA card where a file allows it.",
    )
    log_level: LogLevel = Field(default="WARNING", description="Least severe log line shown.")
    runner: str = Field(default="pool", description="Who carries out videos: pool, inline, or a plugin's runner.")
    offline: bool = Field(default=False, description="Never open a network connection, even when asked to fetch.")
    accept_licences: str = Field(
        default="", description="Terms of model files that are accepted, by name, divided by commas."
    )

    def model_store(self) -> ModelStore:
        """Return the model store of this machine."""
        accepted = frozenset(filter(None, (name.strip() for name in self.accept_licences.split(","))))
        return ModelStore(cache=self.cache, folder=self.models, offline=self.offline, accepts=accepted)

    def stage_context(self) -> StageContext:
        """Return what stages made on this machine are handed."""
        return StageContext(self.model_store(), device=self.device, offline=self.offline, decoder=self.decoder)


def processors() -> int:
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    UsageError
        A variable has a value that cannot be; the line names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise UsageError("; ".join(_in_words(fault) for fault in faults), "correct it or unset it") from error


def _in_words(fault: ErrorDetails) -> str:
    """Return pydantic's account of one bad value as part of a line."""
    variable = PREFIX + str(fault["loc"][0]).upper()
    reason = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    value = os.environ.get(variable, fault["input"])
    return f"{variable}={str(value)!r}: {reason}"
