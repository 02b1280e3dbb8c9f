"""What a result records of how it came about."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping

from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.stages import Stage
from slceleb_core.types import JsonValue

LIBRARIES = ("av", "numpy", "opencv-python", "scipy")
"""Libraries of the core that a result could depend on; the plugins report their own."""


def provenance(
    bound: BoundProfile, registry: Registry, reports: Mapping[str, Mapping[str, JsonValue]]
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
    """
    return {
        "profile": bound.resolved(),
        "versions": versions(),
        "stages": {
            role: {**stage_identity(role, getattr(bound, role).stage, registry), **report}
            for role, report in reports.items()
        },
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
    """Return which stage it is, where it comes from, and of what version and revision it is. JSON-ready."""
    origin = registry.find(role, stage.name).origin
    return {
        "name": stage.name,
        "distribution": origin.distribution,
        "version": origin.version,
        "revision": stage.revision,
    }
