"""What a stage is made of, where no version tells: the content of a package that is installed to be edited.

A version says what an ordinary installation holds. One to be edited (``pip install -e``) keeps its version whatever is
written into it, so it counts by its files.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import inspect
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from slceleb_core.errors import PluginError
from slceleb_core.stages import Stage

CORE = __name__.partition(".")[0]
"""The core's package. What it does is counted by numbers of its steps (``artefacts.keys``), which its tests watch: most
of what is edited there, pages and commands, changes no result."""

COMPILED = "__pycache__"


@cache
def edited_sources(stage: type[Stage], distribution: str) -> str:
    """Return the hash of the packages that a stage's class comes from, as far as they are there to be edited.

    It is taken once for each class in a process: what is edited meanwhile is not what has been loaded, and a module
    that is loaded anew has new classes.

    Parameters
    ----------
    stage
        The class; those that it derives from count as well.
    distribution
        The name of the one that provides it.

    Returns
    -------
    str
        In hex; empty for a stage of an ordinary installation, or of the core.

    Raises
    ------
    PluginError
        A file of the package cannot be read.
    """
    edited = [place for place in packages_of(stage) if _to_be_edited(place, distribution)]
    if not edited:
        return ""
    try:
        return hash_of(*edited)
    except OSError as error:
        raise PluginError(
            f"the source of {distribution}, which is installed to be edited, cannot be read: {error}",
            "make the file readable, or install the plugin without -e",
        ) from error


def packages_of(stage: type[Stage]) -> list[Path]:
    """Return where the packages, or single modules, lie that a class and those come from that it derives from.

    Those of the core are left out, and what has no file.
    """
    return sorted({place for part in inspect.getmro(stage) for place in _package(part.__module__)})


def hash_of(*places: Path) -> str:
    """Return the hash of modules, or of all files of packages, with their names."""
    taken = hashlib.sha256()
    for place in places:
        for file in _files(place):
            taken.update(f"{file.relative_to(place.parent).as_posix()}\0".encode(errors="surrogateescape"))
            about = file.stat()
            taken.update(_content(file, about.st_mtime_ns, about.st_size))
    return taken.hexdigest()


def _package(module: str) -> Iterator[Path]:
    """Yield where the package, or the module, lies that a module belongs to: of a namespace's, the first below it."""
    parts = module.split(".")
    if parts[0] == CORE or parts[0] in sys.stdlib_module_names:
        return
    for length in range(1, len(parts) + 1):
        part = sys.modules.get(".".join(parts[:length]))
        file = getattr(part, "__file__", None)
        if file is not None:
            yield Path(file).parent if hasattr(part, "__path__") else Path(file)
            return


def _to_be_edited(place: Path, distribution: str) -> bool:
    """Tell whether what lies there is something else than what was installed once and stays as it is."""
    try:
        about = importlib.metadata.distribution(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError):  # given in a script, which has no version either
        return not _installed_by_anybody(place)
    return _says_so(about) or not (_records(about, place) or _installed_by_anybody(place))


def _says_so(about: importlib.metadata.Distribution) -> bool:
    """Tell whether a distribution says that it is to be edited (PEP 610)."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        return bool(json.loads(about.read_text("direct_url.json") or "{}")["dir_info"]["editable"])
    return False


def _records(about: importlib.metadata.Distribution, place: Path) -> bool:
    """Tell whether a package, or a module, is among the files that were installed with a distribution."""
    root = Path(str(about.locate_file("")))
    try:
        name = place.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return False
    listed = (row[0] for row in csv.reader((about.read_text("RECORD") or "").splitlines()) if row)
    return any(path == name or path.startswith(f"{name}/") for path in listed)


def _installed_by_anybody(place: Path) -> bool:
    """Tell whether a package lies where installed ones do: it is another distribution's then."""
    return place.parent.name in ("site-packages", "dist-packages")


def _files(place: Path) -> Iterator[Path]:
    """Yield the files of a package, or the one of a module, in order; none that is hidden, compiled or a backup."""
    if place.is_file():
        yield place
        return
    for folder, below, names in os.walk(place):
        below[:] = sorted(name for name in below if name != COMPILED and not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith((".", "#")) and not name.endswith((".pyc", "~")) and file.is_file():
                yield file


@cache
def _content(file: Path, mtime_ns: int, size: int) -> bytes:  # noqa: ARG001 - of which state of it
    """Return the hash of a file's content, read once for each state of it."""
    return hashlib.sha256(file.read_bytes()).digest()
