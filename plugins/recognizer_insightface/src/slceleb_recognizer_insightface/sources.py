"""Where the model that a profile names lies on this machine, or how it gets here."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from slceleb_core.errors import ModelError, UsageError, did_you_mean
from slceleb_core.models import ModelStore
from slceleb_recognizer_insightface import catalog
from slceleb_recognizer_insightface.catalog import KnownModel

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
    if _is_path(model):
        return _local(model, store)
    if not _PACK_NAME.fullmatch(model):
        raise UsageError(f"embed.options.model: {model!r} is neither the name of a model nor a path", _suggest(model))
    return _pack(model, store)


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
    """Return the file of a pinned model, its hash checked."""
    in_packs = (folder / known.member for folder in _pack_folders(known.name, store) if known.member)
    found = store.find(known.file) or next((path for path in in_packs if path.is_file()), None)
    if found is not None:
        return store.verify(known.file, found)
    # A model that is shipped by package is never fetched behind the user's back: locate names the ways to get it.
    return store.locate(known.file) if known.file.carriers else store.fetch(known.file)


def _pack_folders(name: str, store: ModelStore) -> Iterator[Path]:
    if store.folder is not None:
        yield store.folder / name
    yield insightface_home() / "models" / name


def _pack(name: str, store: ModelStore) -> Path:
    """Return the folder of a pack of InsightFace that is not pinned."""
    found = next((folder for folder in _pack_folders(name, store) if folder.is_dir()), None)
    return found if found is not None else _download(name, store)


def _download(name: str, store: ModelStore) -> Path:
    """Fetch a pack with InsightFace's own downloader, into InsightFace's own folder."""
    import requests
    from insightface.utils import storage

    target = insightface_home() / "models" / name
    store.announce(
        f"fetching InsightFace's pack {name}; licence: {catalog.RESEARCH_ONLY} unless its MODEL.LICENSE says otherwise"
    )
    try:
        # It prints; standard output belongs to the results.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            storage.ensure_available("models", name, root=str(insightface_home()))
    except (requests.RequestException, RuntimeError, OSError, zipfile.BadZipFile) as error:
        # A folder half unpacked would be taken for the pack the next time.
        shutil.rmtree(target, ignore_errors=True)
        target.with_name(f"{name}.zip").unlink(missing_ok=True)
        raise ModelError(
            f"the model pack {name} is not on this machine and cannot be fetched", _ways_out(name)
        ) from error
    return target


def _ways_out(name: str) -> str:
    home = insightface_home() / "models" / name
    ways = f"put its folder at {home}; or into the folder named by SLCELEB_MODELS; or use sface, which needs no network"
    return f"{_suggest(name)}; {ways}" if name not in catalog.PUBLISHED_PACKS else f"go online; or {ways}"


def _suggest(model: str) -> str:
    return did_you_mean(model, {*catalog.PUBLISHED_PACKS, *(known.name for known in catalog.KNOWN_MODELS)})
