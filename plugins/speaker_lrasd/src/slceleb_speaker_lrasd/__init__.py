"""Who is speaking, told by a trained network from faces and sound, LR-ASD or Light-ASD: a speaker stage for slceleb."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Speaker


@hookimpl
def slceleb_speakers() -> Sequence[type[Speaker]]:
    """Return the speaker classes of this plugin."""
    from slceleb_speaker_lrasd.stage import LrasdSpeaker

    return [LrasdSpeaker]
