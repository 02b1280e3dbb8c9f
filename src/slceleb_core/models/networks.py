"""ONNX files that a plugin runs: the pinned one, or one of the user's own, on the providers that were chosen.

In a stage::

    FILES = {"light_asd": LIGHT_ASD}

    @classmethod
    def check_models(cls, config, models):
        check_model(source_of(config.model, FILES, "speaker.options.model"), models)

    def open(self):
        source = source_of(self.config.model, FILES, "speaker.options.model")
        self._model = open_model(source, self.context, self.config.providers, "speaker.options.providers")

    def score(self, ...):
        (scores,) = self._model.run({"audio": audio, "video": video})

    def signature(self):
        source = source_of(self.config.model, FILES, "speaker.options.model")
        return {**super().signature(), "model": hash_of(source, self.context.models)}

    def report(self):
        return self._model.facts()

ONNX Runtime is no dependency of the core: a plugin that uses this has it among its own.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeAlias

from slceleb_core.errors import ModelError, PluginError, UsageError, did_you_mean
from slceleb_core.models.card import CardSession
from slceleb_core.models.files import ModelFile, UsedModel
from slceleb_core.models.providers import CUDA, ProviderChoice, choose_providers, missing_providers
from slceleb_core.models.store import UNKNOWN_LICENCE, ModelStore, content_hash
from slceleb_core.types import Array, JsonValue

log = logging.getLogger(__name__)

RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
"""Distributions of ONNX Runtime."""

QUIET = 3
"""ONNX Runtime's log level "error": its warnings are about graphs that the user did not draw."""

MAX_THREADS = 4
"""Threads beyond which a network of this kind, with an input of 112 pixels, is not worth dividing."""

TERMS_FILE = "MODEL.LICENSE"
"""What the file with the terms is called that lies beside models of InsightFace's packages."""

Source: TypeAlias = ModelFile | Path
"""A pinned file, or the path of one of the user's own."""

Shape: TypeAlias = tuple[int | None, ...]
"""Of an input; None where any number will do."""


class Machine(Protocol):
    """What of ``StageContext`` counts here."""

    @property
    def models(self) -> ModelStore:
        """Where model files are found."""

    @property
    def device(self) -> str:
        """``auto``, ``cpu`` or ``cuda``."""

    @property
    def threads(self) -> int | None:
        """Processor threads to keep to; None: as many as serve the model."""


def source_of(named: str | None, files: Mapping[str, ModelFile], option: str) -> Source:
    """Return what an option of a profile stands for.

    Parameters
    ----------
    named
        The name of a pinned file, or a path: it has a slash or ends in ``.onnx``. None: the first of `files`.
    files
        The pinned files, by the names that a profile calls them.
    option
        Where the profile names it, such as ``speaker.options.model``, for the message.

    Raises
    ------
    UsageError
        It is neither.
    """
    if named is None:
        return next(iter(files.values()))
    if named in files:
        return files[named]
    if named.endswith(".onnx") or named.startswith("~") or {"/", os.sep} & set(named):
        return Path(named).expanduser()
    hint = did_you_mean(named, files)
    raise UsageError(f"{option}: {named!r} is neither the name of a model nor a path", hint)


def hash_of(source: Source, models: ModelStore) -> str:
    """Return the sha256 of what will be run, in hex, for a stage's signature; nothing is fetched.

    Raises
    ------
    ModelError
        A file of the user's own cannot be read.
    """
    return source.sha256 if isinstance(source, ModelFile) else content_hash(_place_of(source, models))


def check_model(source: Source, models: ModelStore) -> None:
    """Make sure that a file can be opened, for ``Stage.check_models``; nothing is loaded.

    Raises
    ------
    ModelError
        It is not on this machine, is another than the pinned one, or has terms that nobody has accepted.
    """
    _taken(source, models.apart())


def open_model(
    source: Source,
    machine: Machine,
    providers: Sequence[str] | None,
    option: str,
    *,
    inputs: Mapping[str, Shape] | None = None,
    rows: int | None = None,
) -> OnnxModel:
    """Find an ONNX file, load it, and record that it is used.

    Parameters
    ----------
    source
        As of :func:`source_of`. The hash of a pinned file is checked, and terms that it has must have been accepted.
    machine
        The stage's context.
    providers, option
        What the profile names, and where (:func:`~slceleb_core.models.providers.choose_providers`).
    inputs
        Names and shapes of what it has to take, so that another kind of model is refused in one line; None: anything.
    rows
        Where all that goes in and comes out has as many rows: how many a card is given at once at most, through
        buffers that stay there (:class:`~slceleb_core.models.card.CardSession`). None: a card is used plainly.

    Raises
    ------
    ModelError
        It is not on this machine, is another file than the pinned one, cannot be loaded, or takes something else.
    UsageError
        An execution provider that was asked for is not there.
    PluginError
        ONNX Runtime cannot be imported.
    """
    path, used = _taken(source, machine.models)
    runtime = onnx_runtime()
    choice = choose_providers(providers, machine.device, runtime.get_available_providers(), option)
    session = open_session(path, replace(choice, threads=machine.threads))
    taken = {entry.name: tuple(_fixed(entry.shape)) for entry in session.get_inputs()}
    _demand_inputs(path, taken, inputs or {})
    outputs = tuple(exit_.name for exit_ in session.get_outputs())
    actual = tuple(session.get_providers())
    runner = CardSession(session, rows) if rows is not None and actual[0] == CUDA else session
    return OnnxModel(path, used, taken, outputs, choice.names, actual, runner)


@dataclass(frozen=True, slots=True, eq=False)
class OnnxModel:
    """An ONNX file, loaded.

    Attributes
    ----------
    path
        The file.
    used
        Its name, hash and licence.
    inputs
        The shape of each input, by name; None where a number is open.
    outputs
        Names of the outputs, in order.
    requested, providers
        The execution providers that were asked for, and those that it runs on.
    session
        What runs it, called as ``InferenceSession.run`` is.
    """

    path: Path
    used: UsedModel
    inputs: Mapping[str, Shape]
    outputs: tuple[str, ...]
    requested: tuple[str, ...]
    providers: tuple[str, ...]
    session: Any

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Return every output, in order, for the inputs by name."""
        made: list[Array] = self.session.run(list(self.outputs), dict(feeds))
        return made

    def facts(self) -> dict[str, JsonValue]:
        """Return what a stage's report should state of it."""
        return {
            "file": self.used.name,
            "sha256": self.used.sha256,
            "licence": self.used.licence,
            "providers": {"requested": list(self.requested), "used": list(self.providers)},
        }


def onnx_runtime() -> ModuleType:
    """Import ONNX Runtime, kept from reporting home and from warnings about graphs, and return it.

    Raises
    ------
    PluginError
        It cannot be imported.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is loaded
    try:
        import onnxruntime
    except (ImportError, OSError) as error:
        raise PluginError(
            f"ONNX Runtime cannot be imported: {first_line(error)}",
            "`slceleb doctor` looks at it; onnxruntime and onnxruntime-gpu must not both be installed",
        ) from error
    if hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(QUIET)
    runtime: ModuleType = onnxruntime
    return runtime


def session_options(threads: int | None = None) -> Any:
    """Return options that suit a small network that shares the machine with the other stages.

    Parameters
    ----------
    threads
        How many threads to keep to; None: those that this process may run on, at most :data:`MAX_THREADS`.
    """
    options = onnx_runtime().SessionOptions()
    options.intra_op_num_threads = min(threads or MAX_THREADS, thread_count())
    # Waiting threads that spin take the processor from decoding and detection, and where there are more threads than
    # processors they made a face take 48 ms instead of 15; without, a face takes 6 % longer on an idle machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def thread_count() -> int:
    """Return how many threads to use: those that this process may run on, at most :data:`MAX_THREADS`."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MAX_THREADS)


def runtime_versions() -> dict[str, str]:
    """Return the version of ONNX Runtime, under the name by which it is installed; it is not imported."""
    found: dict[str, str] = {}
    for name in RUNTIMES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def open_session(content: Path | bytes, choice: ProviderChoice) -> Any:
    """Return an ``InferenceSession`` of a file, or of its content.

    Raises
    ------
    ModelError
        ONNX Runtime cannot load it.
    UsageError
        It dropped a provider that the user asked for; where the machine chose, that is logged.
    """
    runtime, printed = onnx_runtime(), io.StringIO()
    what = content if isinstance(content, Path) else "a network"
    try:
        with contextlib.redirect_stdout(printed):  # it prints about providers that fail
            session = runtime.InferenceSession(
                str(content) if isinstance(content, Path) else content,
                session_options(choice.threads),
                providers=list(choice.names),
                provider_options=choice.options,
            )
    except Exception as error:  # its classes are made by ONNX Runtime, and have no public names
        raise ModelError(f"{what} cannot be loaded: {first_line(error)}", "is it a whole ONNX file?") from error
    finally:
        for line in filter(None, printed.getvalue().splitlines()):
            log.info("while loading %s: %s", what, line)
    warning = missing_providers(choice, session.get_providers())
    if warning:
        log.warning(warning)
    return session


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def licence_beside(path: Path) -> str:
    """Return where the licence of a file of the user's own is to be read."""
    return f"unknown: see {TERMS_FILE} of its package" if (path.parent / TERMS_FILE).is_file() else UNKNOWN_LICENCE


def _taken(source: Source, models: ModelStore) -> tuple[Path, UsedModel]:
    """Return where a file is, and what is recorded of it."""
    if isinstance(source, ModelFile):
        return models.locate(source), models.used[source.name]
    path = _place_of(source, models)
    return path, models.take(path, licence_beside(path))


def _place_of(path: Path, models: ModelStore) -> Path:
    """Return the place of a file of the user's own; one that is not there by itself is looked for in their folder."""
    if path.exists() or models.folder is None or path.is_absolute():
        return path
    shared = models.folder / path
    return shared if shared.exists() else path


def _fixed(shape: Sequence[object]) -> list[int | None]:
    return [size if isinstance(size, int) else None for size in shape]


def _demand_inputs(path: Path, taken: Mapping[str, Shape], inputs: Mapping[str, Shape]) -> None:
    """Raise ModelError where a network does not take what it will be given."""
    for name, shape in inputs.items():
        if name not in taken:
            raise ModelError(f"{path} has no input {name!r}, only {', '.join(taken) or 'none'}", "is it another model?")
        if not _fits(taken[name], shape):
            what = f"its input {name!r} is {_told(taken[name])}, expected {_told(shape)}"
            raise ModelError(f"{path}: {what}", "is it another model?")


def _fits(found: Shape, shape: Shape) -> bool:
    """Tell whether two shapes agree, where both say a number."""
    if len(found) != len(shape):
        return False
    return all(a is None or b is None or a == b for a, b in zip(found, shape, strict=True))


def _told(shape: Shape) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape)
