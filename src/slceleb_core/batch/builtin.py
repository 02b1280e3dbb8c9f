"""The built-in runners, registered through the same public hook as anybody's."""

from __future__ import annotations

from slceleb_core.batch.inline import InlineRunner
from slceleb_core.batch.pool import PoolRunner
from slceleb_core.hookspecs import hookimpl
from slceleb_core.runners import Runner


@hookimpl
def slceleb_runners() -> list[type[Runner]]:
    """Return the built-in runners."""
    return [InlineRunner, PoolRunner]
