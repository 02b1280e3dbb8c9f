"""Where each segment comes from: which file, under which licence, found by which models and plugins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slceleb_core.corpus.reading import Corpus, Recording


@dataclass(frozen=True, slots=True)
class Model:
    """A model file that took part.

    Attributes
    ----------
    name, sha256, licence
        As the stage reported; empty where it did not say.
    """

    name: str
    sha256: str
    licence: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the segments of a recording come from.

    Attributes
    ----------
    video, sha256
        The source file, and its hash; empty where it is not known.
    facts
        Further columns of the video list: source URL, licence, consent.
    models
        The model files that took part, by stage.
    plugins
        The stages with their distributions and versions: ``detector mediapipe (slceleb-detector-mediapipe 0.1.0)``.
    versions
        Of Python, the core and its libraries.
    profile
        Hash of the resolved profile: equal where it was equal; empty where none is recorded.
    """

    video: str
    sha256: str
    facts: Mapping[str, str]
    models: tuple[Model, ...]
    plugins: tuple[str, ...]
    versions: Mapping[str, str]
    profile: str


def origin_of(recording: Recording) -> Origin:
    """Return where the segments of a recording come from, as the run recorded it."""
    told: Mapping[str, Any] = recording.report().get("provenance") or {}
    stages: Mapping[str, Any] = told.get("stages") or {}
    profile = told.get("profile")
    return Origin(
        video=str(recording.video),
        sha256=recording.sha256,
        facts=recording.facts,
        models=tuple(dict.fromkeys(model for stage in stages.values() for model in _of_stage(stage))),
        plugins=tuple(_plugin(role, stage) for role, stage in stages.items()),
        versions=told.get("versions") or {},
        profile="" if profile is None else _digest(profile),
    )


def sources_of(corpus: Corpus) -> dict[str, dict[str, str]]:
    """Return, by recording, what is known of its file, with the same columns for all.

    They are ``video_sha256``, and ``source_<name>`` for each further column of the video list; empty where nothing is
    known.
    """
    names = sorted({name for recording in corpus.recordings for name in recording.facts})
    return {
        recording.name: {
            "video_sha256": recording.sha256,
            **{f"source_{name}": recording.facts.get(name, "") for name in names},
        }
        for recording in corpus.recordings
    }


def _plugin(role: str, stage: Mapping[str, Any]) -> str:
    package = f"{stage.get('distribution', '')} {stage.get('version', '')}".strip()
    return f"{role} {stage.get('name', '')} ({package})"


def _of_stage(stage: Mapping[str, Any]) -> list[Model]:
    """Return the models of a stage; one that it names without a hash is that of the core's record of that name."""
    found = list(_models(stage))
    hashed = {model.name for model in found if model.sha256}
    return [model for model in found if model.sha256 or model.name not in hashed]


def _models(value: Any) -> Iterator[Model]:
    """Yield every model in a stage's report, wherever it lies: what states a hash or a licence is one."""
    if isinstance(value, Mapping):
        if "licence" in value or "sha256" in value:
            name = value.get("file") or value.get("name") or value.get("model") or value.get("path") or ""
            yield Model(str(name), str(value.get("sha256") or ""), str(value.get("licence") or ""))
        for inner in value.values():
            yield from _models(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _models(inner)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
