"""Where a stage has its network from: the authors' two files, redrawn as it opens, or an ONNX file of the user's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slceleb_celeb2019.networks import FOLDER, Network, drawn
from slceleb_core.errors import ModelError
from slceleb_core.models import ModelStore, content_hash
from slceleb_core.models.networks import licence_beside, onnx_runtime, open_session
from slceleb_core.models.providers import choose_providers
from slceleb_core.stages import StageContext
from slceleb_core.types import JsonValue

ENTRY = "data"
"""What MXNet calls a network's input."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A network, loaded.

    Attributes
    ----------
    session
        ONNX Runtime's.
    sha256
        Of the file that its numbers are from.
    facts
        What a stage's report states of it.
    """

    session: Any
    sha256: str
    facts: dict[str, JsonValue]


def opened(
    network: Network, file: Path | None, providers: tuple[str, ...] | None, context: StageContext, role: str
) -> Opened:
    """Find a network and load it.

    Parameters
    ----------
    network
        Which one.
    file
        An ONNX file to use in its place; None: the authors' files.
    providers
        The execution providers that the profile names.
    context
        The stage's.
    role
        The section of a profile that the options are in, for messages.

    Raises
    ------
    ModelError
        It is not on this machine, is another, or cannot be loaded.
    PluginError
        ONNX or ONNX Runtime cannot be imported.
    UsageError
        An execution provider that was asked for is not there.
    """
    content, sha256, told = _own(file, context.models) if file is not None else _theirs(network, context.models, role)
    available = onnx_runtime().get_available_providers()
    choice = choose_providers(providers, context.device, available, f"{role}.options.providers")
    session = open_session(content, replace(choice, threads=context.threads))
    names, outputs = [entry.name for entry in session.get_inputs()], len(session.get_outputs())
    if names != [ENTRY] or outputs != network.outputs:
        found = f"takes {', '.join(names)} and gives {outputs}"
        hint = f"name what `slceleb-celeb2019` makes, {network.onnx}: {role}.options.file"
        raise ModelError(f"{told['file']} is not {network.title}: it {found}", hint)
    used = {"requested": list(choice.names), "used": list(session.get_providers())}
    return Opened(session, sha256, {"network": network.title, **told, "providers": used})


def check(network: Network, file: Path | None, models: ModelStore, role: str) -> None:
    """Make sure that what :func:`opened` would read is there; parameters as of that.

    Raises
    ------
    ModelError
        It is not on this machine, or is another.
    """
    if file is not None:
        content_hash(place_of(file, models))
    else:
        located(network, models, role)


def located(network: Network, models: ModelStore, role: str) -> tuple[Path, Path]:
    """Return where the authors' two files are.

    Raises
    ------
    ModelError
        One is not on this machine, or is another.
    """
    files = (network.symbol, network.params)
    missing = [file.name for file in files if models.find(file) is None]
    if missing:
        where = models.folder or "the folder that SLCELEB_MODELS names"
        raise ModelError(
            f"{network.title} is not on this machine: no {' and no '.join(missing)}",
            f"put {network.symbol.name} and {network.params.name}, as its authors published them, into {where} or its "
            f"folder {FOLDER}; or have `slceleb-celeb2019 FOLDER TARGET` make {network.onnx} of them, and name that: "
            f"{role}.options.file",
        )
    return models.locate(network.symbol), models.locate(network.params)


def signed(network: Network, file: Path | None, models: ModelStore) -> list[str]:
    """Return the hashes of what decides a network, in hex; the authors' files need not be there.

    Raises
    ------
    ModelError
        A file of the user's own cannot be read.
    """
    if file is not None:
        return [content_hash(place_of(file, models))]
    return [network.symbol.sha256, network.params.sha256]


def place_of(file: Path, models: ModelStore) -> Path:
    """Return where a file of the user's own is; one that is not there by itself is looked for among the model files."""
    path = file.expanduser()
    if path.exists() or path.is_absolute() or models.folder is None:
        return path
    places = (models.folder / path, models.folder / FOLDER / path)
    return next((place for place in places if place.exists()), path)


def _own(file: Path, models: ModelStore) -> tuple[Path, str, dict[str, JsonValue]]:
    path = place_of(file, models)
    used = models.take(path, licence_beside(path))
    return path, used.sha256, {"file": used.name, "sha256": used.sha256, "licence": used.licence}


def _theirs(network: Network, models: ModelStore, role: str) -> tuple[bytes, str, dict[str, JsonValue]]:
    symbol, params = located(network, models, role)
    told = {"file": network.params.name, "sha256": network.params.sha256, "licence": network.params.licence}
    return drawn(network, symbol, params), network.params.sha256, told
