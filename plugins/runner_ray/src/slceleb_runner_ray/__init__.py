"""The videos of a batch carried out on a Ray cluster: a runner for slceleb."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.hookspecs import hookimpl
from slceleb_core.runners import Runner


@hookimpl
def slceleb_runners() -> Sequence[type[Runner]]:
    """Return the runner classes of this plugin."""
    from slceleb_runner_ray.runner import RayRunner

    return [RayRunner]
