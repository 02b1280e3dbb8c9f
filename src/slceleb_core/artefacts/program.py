"""Which program it is that failed: where it has been changed since, what failed by its fault may go well."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import slceleb_core
from slceleb_core.artefacts.keys import digest
from slceleb_core.artefacts.provenance import stage_identity, versions
from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.stages import Stage


def program_of(bound: BoundProfile, registry: Registry) -> str:
    """Return a hash of the program as a profile uses it.

    It changes with the versions of Python, of the core, of the libraries that it computes with and of the plugins in
    use, and with their sources, as a checkout that is installed to be edited keeps its version whatever is mended.

    Parameters
    ----------
    bound
        The profile.
    registry
        Where its stages came from.
    """
    roles = {"detector": bound.detector, "recognizer": bound.recognizer, "speaker": bound.speaker}
    used = [(role, stage) for role, stage in roles.items() if stage is not None]
    used += [("sink", sink) for sink in bound.sinks]
    plugins = [[stage_identity(role, stage.stage, registry), _sources(stage.stage)] for role, stage in used]
    return digest([versions(), _hash_of(Path(slceleb_core.__file__).parent), plugins])


def _sources(stage: type[Stage]) -> str:
    """Return the hash of the package that a stage comes from; empty where its files are not at hand."""
    top = sys.modules.get(stage.__module__.partition(".")[0])
    file = getattr(top, "__file__", None)
    if file is None or top is slceleb_core:
        return ""
    return _hash_of(Path(file).parent if hasattr(top, "__path__") else Path(file))


def _hash_of(place: Path) -> str:
    """Return the hash of a module, or of all modules of a package, with their names."""
    taken = hashlib.sha256()
    for file in _modules(place):
        taken.update(f"{file.relative_to(place.parent)}\0".encode())
        taken.update(hashlib.sha256(file.read_bytes()).digest())
    return taken.hexdigest()


def _modules(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from sorted(file for file in place.rglob("*.py") if file.is_file())
    elif place.is_file():
        yield place
