"""What a result records of how it came about."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable

from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.stages import Stage
from slceleb_core.types import JsonValue

LIBRARIES = ("av", "numpy", "opencv-python", "scipy")
"""Libraries of the core that a result could depend on; the plugins report their own."""


def provenance(bound: BoundProfile, registry: Registry, stages: Iterable[tuple[str, Stage]]) -> dict[str, JsonValue]:
    """Return the resolved profile, versions, and what each stage reports of its models and devices. JSON-ready.

    Parameters
    ----------
    bound
        The profile.
    registry
        Where its stages came from.
    stages
        The open ones, by role.
    """
    return {
        "profile": bound.resolved(),
        "versions": versions(),
        "stages": {role: _stage(role, stage, registry) for role, stage in stages},
    }


def versions() -> dict[str, str]:
    """Return the versions of Python, the core, and the libraries it computes with."""
    found = {"python": platform.python_version(), "slceleb-core": _version("slceleb-core")}
    return found | {name: _version(name) for name in LIBRARIES}


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _stage(role: str, stage: Stage, registry: Registry) -> dict[str, JsonValue]:
    origin = registry.find(role, stage.name).origin
    return {
        "name": stage.name,
        "distribution": origin.distribution,
        "version": origin.version,
        "revision": stage.revision,
        **stage.report(),
    }
