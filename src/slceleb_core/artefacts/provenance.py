"""What a result records of how it came about."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Iterator, Mapping

from slceleb_core.artefacts.sources import edited_sources
from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.stages import Sink, Stage
from slceleb_core.types import JsonValue

LIBRARIES = ("av", "numpy", "opencv-python", "scipy")
"""Libraries of the core that a result could depend on; the plugins report their own."""


MODEL_FILES = "model_files"
"""Under which key the core states the model files that it has handed to a stage, whatever that reports itself."""


SOURCES = "sources"
"""Under which key it stands what the source of a stage holds that is installed to be edited."""


PARTS = "made_of"
"""Under which key the parts of a stage stand that is made of others."""


def reported(stage: Stage) -> dict[str, JsonValue]:
    """Return what a stage reports, and which model files it was handed. JSON-ready."""
    used = stage.context.models.used
    handed: dict[str, JsonValue] = {MODEL_FILES: [used[name].to_json() for name in sorted(used)]} if used else {}
    return {**stage.report(), **handed}


def provenance(
    bound: BoundProfile,
    registry: Registry,
    reports: Mapping[str, Mapping[str, JsonValue]],
    sinks: Iterable[Sink] = (),
) -> dict[str, JsonValue]:
    """Return the resolved profile, versions, and what each stage reports of its models and devices. JSON-ready.

    Parameters
    ----------
    bound
        The profile.
    registry
        Where its stages came from.
    reports
        What stages report, by role; the roles are named as the attributes of `bound`.
    sinks
        Those that are open; of them those are stated that were handed model files, or are installed to be edited.
    """
    perceiving = {
        role: {**stage_identity(role, getattr(bound, role).stage, registry), **report}
        for role, report in reports.items()
    }
    writing = {
        label("sink", sink.name): {**identity, **reported(sink)}
        for sink, identity in ((sink, stage_identity("sink", type(sink), registry)) for sink in sinks)
        if sink.context.models.used or SOURCES in identity
    }
    return {
        "profile": bound.resolved(),
        "versions": versions(),
        "stages": perceiving | writing,
    }


def versions() -> dict[str, str]:
    """Return the versions of Python, the core, and the libraries it computes with."""
    found = {"python": platform.python_version(), "slceleb-core": _version("slceleb-core")}
    return found | library_versions()


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that the core computes with."""
    return {name: _version(name) for name in LIBRARIES}


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def stage_identity(role: str, stage: type[Stage], registry: Registry) -> dict[str, JsonValue]:
    """Return which stage it is, where it comes from, of what version and revision, and of which parts. JSON-ready.

    Of one that is installed to be edited it says what its source holds, too: a version tells nothing of that.
    """
    origin = registry.find(role, stage.name).origin
    of: list[JsonValue] = [stage_identity(role, part.stage, registry) for part in stage.parts]
    edited = edited_sources(stage, origin.distribution)
    return {
        "name": stage.name,
        "distribution": origin.distribution,
        "version": origin.version,
        "revision": stage.revision,
        **({SOURCES: edited} if edited else {}),
        **({PARTS: of} if of else {}),
    }


def label(role: str, name: str) -> str:
    """Return what a stage is called among those of a result: its role, of which there may be several sinks."""
    return f"{role} {name}" if role == "sink" else role


def identities(bound: BoundProfile, registry: Registry) -> dict[str, dict[str, JsonValue]]:
    """Return the identity of every stage of a profile, as results state them. JSON-ready."""
    return {label(role, used.stage.name): stage_identity(role, used.stage, registry) for role, used in bound.by_role}


def changes(before: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> list[str]:
    """Return how stages of the same name are others than those that have made a result, in words, each once.

    Parameters
    ----------
    before
        As a result states them (``provenance["stages"]``).
    now
        As :func:`identities` returns them.
    """
    shared = [(before[role], now[role]) for role in now if role in before]
    return list(dict.fromkeys(said for old, new in shared for said in _change(old, new)))


def _change(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield how a stage has changed, the plainest first that explains all others."""
    if (old["name"], old["distribution"]) != (new["name"], new["distribution"]):
        return
    if old["version"] != new["version"]:
        yield f"{new['distribution']} {old['version']} has become {new['version']}"
    elif old.get(SOURCES) != new.get(SOURCES):
        yield f"the source of {new['distribution']} has changed"
    elif old["revision"] != new["revision"]:
        yield f"{new['name']} of {new['distribution']} works otherwise than before"
    for part, other in zip(old.get(PARTS, ()), new.get(PARTS, ()), strict=False):
        yield from _change(part, other)
