"""Where the model that a profile names lies on this machine, or how it gets here."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from slceleb_core.errors import ModelError, UsageError, did_you_mean
from slceleb_core.models import ModelStore, content_hash
from slceleb_core.models.networks import first_line
from slceleb_recognizer_insightface import catalog
from slceleb_recognizer_insightface.catalog import KnownModel
from slceleb_recognizer_insightface.runtime import import_runtime

_PACK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def insightface_home() -> Path:
    """Return the folder that InsightFace keeps its models in (its default ``root``)."""
    return Path("~/.insightface").expanduser()


def resolve(model: str, store: ModelStore) -> Path:
    """Return the .onnx file or the folder that `model` stands for, fetching it where that is what it takes.

    Parameters
    ----------
    model
        The option ``model`` of the profile.
    store
        Finds and fetches pinned files.

    Raises
    ------
    ModelError
        It is not on this machine and cannot be fetched, or is another file than it should be.
    UsageError
        It is neither a path nor a name that a pack could have.
    """
    known = catalog.by_name(model)
    if known is not None:
        return _pinned(known, store)
    return _local(model, store) if _is_path(model) else _pack(model, store)


def demand(model: str, store: ModelStore) -> None:
    """Make sure that `resolve` will find a model, or may fetch it; nothing is fetched.

    Raises
    ------
    ModelError
        It is not on this machine and will not be fetched, is another file than it should be, or has terms that nobody
        has accepted.
    UsageError
        It is neither a path nor a name that a pack could have.
    """
    known = catalog.by_name(model)
    if known is not None:
        _demand(known, store)
        if store.offline or not known.member or _standing_file(known, store) is not None:
            _pinned(known, store)
    elif _is_path(model):
        _local(model, store)
    else:
        _demand_pack(model, store)


def prepare(model: str, store: ModelStore) -> None:
    """Have a pack on this machine that is told by its content alone, and see that terms were accepted.

    What is pinned is fetched when it is opened; what is named by its path is the user's.

    Raises
    ------
    ModelError
        It cannot be fetched, or has terms that nobody has accepted.
    UsageError
        It is neither a path nor a name that a pack could have.
    """
    known = catalog.by_name(model)
    if known is not None:
        _demand(known, store)
    elif not _is_path(model):
        _pack(model, store)


def _demand(known: KnownModel, store: ModelStore) -> None:
    """Raise ModelError where a pinned model has terms that nobody has accepted."""
    if known.file.terms is not None:
        store.demand(f"embed.options.model: {known.name}", known.file.terms)


def signed(model: str, store: ModelStore) -> dict[str, str]:
    """Return what tells the model apart from every other: the hashes of its files, by name; nothing is fetched.

    A pack that is not on this machine has only its name, as for a preview; work begins with :func:`fetch_unpinned`.

    Raises
    ------
    ModelError
        A path leads nowhere, or a file cannot be read.
    """
    known = catalog.by_name(model)
    if known is not None:
        return {"": known.file.sha256}
    source = _local(model, store) if _is_path(model) else _standing_pack(model, store)
    if source is None:
        return {model: ""}
    if source.is_file():
        return {"": content_hash(source)}
    return {file.relative_to(source).as_posix(): content_hash(file) for file in sorted(source.rglob("*.onnx"))}


def _is_path(model: str) -> bool:
    separators = {"/", os.sep, os.altsep or "/"}
    return model.endswith(".onnx") or model.startswith(("~", ".")) or any(mark in model for mark in separators)


def _local(model: str, store: ModelStore) -> Path:
    """Return the file or folder at a path; a bare file name is looked for among the model files, too."""
    path = Path(model).expanduser()
    if path.exists():
        return path
    shared = None if store.folder is None or path.is_absolute() else store.folder / path
    if shared is not None and shared.exists():
        return shared
    raise ModelError(f"embed.options.model: no such file or folder: {path}", "a pack of InsightFace is named bare")


def _pinned(known: KnownModel, store: ModelStore) -> Path:
    """Return the file of a pinned model, its hash checked.

    What is not of a pack, the default, is never fetched unasked: `locate` names the ways to get it.
    """
    _demand(known, store)
    if store.find(known.file) is not None or not known.member:
        return store.locate(known.file)
    found = _standing_file(known, store)
    return store.verify(known.file, found) if found is not None else store.fetch(known.file)


def _standing_file(known: KnownModel, store: ModelStore) -> Path | None:
    """Return the file of a pinned model that is on this machine, unchecked."""
    in_packs = (folder / known.member for folder in _pack_folders(known.name, store) if known.member)
    return store.find(known.file) or next((path for path in in_packs if path.is_file()), None)


def _pack_folders(name: str, store: ModelStore) -> Iterator[Path]:
    if store.folder is not None:
        yield store.folder / name
    yield insightface_home() / "models" / name


def _pack(name: str, store: ModelStore) -> Path:
    """Return the folder of a pack of InsightFace that is not pinned, fetching it where it is not here."""
    found = _demand_pack(name, store)
    return found if found is not None else _download(name, store)


def _demand_pack(name: str, store: ModelStore) -> Path | None:
    """Return the folder of a pack that is on this machine, None where it has to be fetched.

    Raises
    ------
    ModelError
        It has terms that nobody has accepted, or cannot be fetched as the user forbids every connection.
    UsageError
        It is no name that a pack could have.
    """
    if not _PACK_NAME.fullmatch(name):
        raise UsageError(f"embed.options.model: {name!r} is neither the name of a model nor a path", _suggest(name))
    found = _standing_pack(name, store)
    if found is None or name in catalog.PUBLISHED_PACKS:  # another folder of that form is the user's
        store.demand(f"embed.options.model: {name}", catalog.TERMS)
    if found is None and store.offline:
        raise ModelError(f"the model pack {name} cannot be fetched: SLCELEB_OFFLINE is set", _ways_out(name))
    return found


def _standing_pack(name: str, store: ModelStore) -> Path | None:
    return next((folder for folder in _pack_folders(name, store) if folder.exists()), None)


def _download(name: str, store: ModelStore) -> Path:
    """Fetch a pack into InsightFace's own folder, where other programs find it, too."""
    terms = f"licence: {catalog.RESEARCH_ONLY}, unless its MODEL.LICENSE says otherwise"
    store.announce(f"downloading InsightFace's model pack {name} ({terms})")
    import_runtime()
    import requests

    try:
        return _fetch_pack(name, insightface_home())
    except requests.RequestException as error:  # its message is long, and names addresses rather than the reason
        raise ModelError(f"the model pack {name} cannot be fetched: no connection", _ways_out(name)) from error
    except (RuntimeError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"the model pack {name} cannot be fetched: {first_line(error)}", _ways_out(name)) from error


def _fetch_pack(name: str, home: Path) -> Path:
    """Download a pack with InsightFace's own downloader; it gets its place only when it is whole."""
    from insightface.utils import storage

    target = home / "models" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=home) as scratch, _unheard():
        Path(storage.ensure_available("models", name, root=scratch)).replace(target)
    return target


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Keep what a library prints, its progress bar included, from the streams of the command."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _ways_out(name: str) -> str:
    home = insightface_home() / "models" / name
    first = "go online" if name in catalog.PUBLISHED_PACKS else _suggest(name)
    return f"{first}; or put its folder at {home} or into the folder SLCELEB_MODELS; or use sface (no network needed)"


def _suggest(model: str) -> str:
    return did_you_mean(model, {*catalog.PUBLISHED_PACKS, *(known.name for known in catalog.KNOWN_MODELS)})
