"""Manifests, and what else sinks make of a whole corpus, of one that was built without them or for another place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from slceleb_core.disk.atomic import write_durably
from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.manifests.base import FOLDER
from slceleb_core.manifests.collecting import EXPORTS, Use, collect_with, collects, read_exports
from slceleb_core.registry import Registry
from slceleb_core.stages import Sink


def export(output_dir: Path, names: Sequence[str], root: str | None, registry: Registry) -> Iterator[Path]:
    """Have sinks write what they make of a whole corpus, and yield where: their manifests, or the output folder.

    With which options it was done is kept beside them, so that they can be written again in the same way after
    something was taken out of the corpus.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    names
        Of sinks that write something about the whole corpus, manifests first of all.
    root
        What paths begin with in place of the output folder's own absolute path; None: with that. Forms that hold
        their files themselves have no use for it.
    registry
        The plugins.

    Raises
    ------
    UsageError
        There is no such form.
    OutputError
        It cannot be written.
    """
    uses = [_use(name, root, registry) for name in dict.fromkeys(names)]
    for use in uses:
        collect_with(use, output_dir, registry)
        (output_dir / FOLDER).mkdir(exist_ok=True)
        kept = read_exports(output_dir) | {use.name: dict(use.options)}
        write_durably(output_dir / FOLDER / EXPORTS, (json.dumps(kept, indent=1) + "\n").encode())
        manifest = output_dir / FOLDER / use.name
        yield manifest if manifest.is_dir() else output_dir


def _use(name: str, root: str | None, registry: Registry) -> Use:
    forms = {known.name: known.stage for known in registry if issubclass(known.stage, Sink) and collects(known.stage)}
    if name not in forms:
        raise UsageError(f"--to {name}: no such form of a corpus", did_you_mean(name, forms))
    movable = "root" in forms[name].Config.model_fields
    return Use(name, {"root": root} if movable and root is not None else {})
