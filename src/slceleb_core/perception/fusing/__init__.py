"""The core's own speaker stage, made of others: ``use: fuse``. Registered through the same public hook as anybody's."""

from __future__ import annotations

from slceleb_core.hookspecs import hookimpl
from slceleb_core.perception.fusing.stage import FuseSpeaker
from slceleb_core.stages import Speaker


@hookimpl
def slceleb_speakers() -> list[type[Speaker]]:
    """Return it."""
    return [FuseSpeaker]
