"""Writing again what is about the whole corpus, with the sinks that have written it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from slceleb_core.corpus.editing import delete
from slceleb_core.corpus.reading import Corpus, read_corpus
from slceleb_core.disk.output import SOURCE
from slceleb_core.disk.refusals import writing
from slceleb_core.errors import PluginError, ProfileError
from slceleb_core.manifests.base import FOLDER, ManifestSink
from slceleb_core.profile import explain
from slceleb_core.registry import Registry
from slceleb_core.settings import load_settings
from slceleb_core.sinks.table import FILE as TABLE
from slceleb_core.stages import Sink

log = logging.getLogger(__name__)

EXPORTS = "exports.json"
"""In the folder of the manifests: with which options each of them was exported by hand."""


@dataclass(frozen=True, slots=True)
class Use:
    """A sink and its options.

    Attributes
    ----------
    name
        The sink's.
    options
        As in a profile.
    """

    name: str
    options: Mapping[str, Any]


def collects(kind: type[Sink]) -> bool:
    """Tell whether a sink writes anything about a whole output folder."""
    return kind.collect is not Sink.collect


def collect_with(use: Use, output_dir: Path, registry: Registry) -> None:
    """Have a sink write what is about a whole output folder.

    Raises
    ------
    PluginError
        No such sink is installed.
    ProfileError
        Its options do not hold.
    OutputError
        It cannot be written.
    """
    kind = cast("type[Sink]", registry.find("sink", use.name).stage)
    try:
        config = kind.Config.model_validate(dict(use.options))
    except ValidationError as error:
        raise ProfileError(explain(error, kind.Config, f"sink {use.name}")) from None
    with kind(config, load_settings().stage_context()) as sink, writing(f"to {output_dir}"):
        sink.collect(output_dir)


def collect_again(output_dir: Path, registry: Registry) -> None:
    """Have all sinks that have written about the whole output folder do so again.

    What was written by a sink that is not installed any more is deleted, where it is a manifest: it would keep what has
    been taken out.

    Raises
    ------
    ProfileError
        Recorded options do not hold.
    OutputError
        It cannot be written.
    """
    for use in uses_in(read_corpus(output_dir), registry):
        try:
            collect_with(use, output_dir, registry)
        except PluginError as error:
            gone = delete(output_dir / FOLDER / use.name)
            what = "its manifest was deleted" if gone else "what it wrote about the whole corpus may be out of date"
            log.warning("%s: %s", error.message, what, extra={"hint": error.hint})


def uses_in(corpus: Corpus, registry: Registry) -> Iterator[Use]:
    """Yield the sinks of the latest profile, then those of which something stands beside it.

    What sinks have exported that write no manifest is taken to stand: nobody knows where.
    """
    recorded = {use.name: use for use in _of_profiles(corpus)}
    exported = {name: Use(name, options) for name, options in read_exports(corpus.folder).items()}
    standing = [path.name for path in sorted((corpus.folder / FOLDER).glob("*/"))]
    standing += ["table"] if (corpus.folder / TABLE).exists() else []
    standing += [name for name in exported if name not in standing and not _writes_manifests(name, registry)]
    known = recorded | {name: use for name, use in exported.items() if name in standing or name in recorded}
    for name in dict.fromkeys([*recorded, *standing]):
        yield known.get(name, Use(name, {}))


def _writes_manifests(name: str, registry: Registry) -> bool:
    """Tell whether a sink is known to write into the folder of manifests, and nowhere else."""
    return any(known.name == name and issubclass(known.stage, ManifestSink) for known in registry)


def _of_profiles(corpus: Corpus) -> Iterator[Use]:
    """Yield the sinks of the profile with which the last video was processed."""
    latest = max(corpus.recordings, key=lambda recording: (recording.folder / SOURCE).stat().st_mtime_ns, default=None)
    provenance: Mapping[str, Any] = {} if latest is None else latest.report().get("provenance") or {}
    for use in (provenance.get("profile") or {}).get("sinks") or ():
        yield Use(use["use"], use.get("options") or {})


def read_exports(output_dir: Path) -> dict[str, dict[str, Any]]:
    """Return with which options manifests were exported by hand, by name."""
    try:
        found = json.loads((output_dir / FOLDER / EXPORTS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): dict(options) for name, options in found.items()}
