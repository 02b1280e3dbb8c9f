"""What a result records of how it came about."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping

from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.stages import Sink, Stage
from slceleb_core.types import JsonValue

LIBRARIES = ("av", "numpy", "opencv-python", "scipy")
"""Libraries of the core that a result could depend on; the plugins report their own."""


MODEL_FILES = "model_files"
"""Under which key the core states the model files that it has handed to a stage, whatever that reports itself."""


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
        Those that are open; of them those are stated that were handed model files.
    """
    perceiving = {
        role: {**stage_identity(role, getattr(bound, role).stage, registry), **report}
        for role, report in reports.items()
    }
    writing = {
        f"sink {sink.name}": {**stage_identity("sink", type(sink), registry), **reported(sink)}
        for sink in sinks
        if sink.context.models.used
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
    """Return which stage it is, where it comes from, of what version and revision, and of which parts. JSON-ready."""
    origin = registry.find(role, stage.name).origin
    of: list[JsonValue] = [stage_identity(role, part.stage, registry) for part in stage.parts]
    return {
        "name": stage.name,
        "distribution": origin.distribution,
        "version": origin.version,
        "revision": stage.revision,
        **({"made_of": of} if of else {}),
    }
