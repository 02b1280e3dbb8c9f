"""Which program it is that failed: where it has been changed since, what failed by its fault may go well."""

from __future__ import annotations

from pathlib import Path

import slceleb_core
from slceleb_core.artefacts.keys import digest
from slceleb_core.artefacts.provenance import stage_identity, versions
from slceleb_core.artefacts.sources import hash_of, packages_of
from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.stages import Stage


def program_of(bound: BoundProfile, registry: Registry) -> str:
    """Return a hash of the program as a profile uses it.

    It changes with the versions of Python, of the core, of the libraries that it computes with and of the plugins in
    use, and with their sources, as a checkout that is installed to be edited keeps its version whatever is mended.

    Parameters
    ----------
    bound
        The profile.
    registry
        Where its stages came from.
    """
    used = [
        [stage_identity(role, bound_stage.stage, registry), hash_of(*_packages(bound_stage.stage))]
        for role, bound_stage in bound.by_role
    ]
    return digest([versions(), hash_of(Path(slceleb_core.__file__).parent), used])


def _packages(stage: type[Stage]) -> list[Path]:
    """Return where the packages lie that a stage comes from, and the parts that it is made of."""
    return [*packages_of(stage), *(place for part in stage.parts for place in _packages(part.stage))]
