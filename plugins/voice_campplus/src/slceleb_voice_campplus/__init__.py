"""Whose voice it is, told by CAM++ of 3D-Speaker: a voice stage for slceleb."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Voice


@hookimpl
def slceleb_voices() -> Sequence[type[Voice]]:
    """Return the voice classes of this plugin."""
    from slceleb_voice_campplus.stage import CampplusVoice

    return [CampplusVoice]
