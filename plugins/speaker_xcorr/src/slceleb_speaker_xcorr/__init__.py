"""Who is speaking, told from lip motion and sound by correlation, without training: a speaker stage for slceleb."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Speaker


@hookimpl
def slceleb_speakers() -> Sequence[type[Speaker]]:
    """Return the speaker classes of this plugin."""
    from slceleb_speaker_xcorr.stage import XcorrSpeaker

    return [XcorrSpeaker]
