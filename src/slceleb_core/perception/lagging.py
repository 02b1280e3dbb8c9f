"""What the faces of a span show of the lag of the sound: a speaker stage is asked, at lags at which none scores."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.decision.lag_findings import SEARCH
from slceleb_core.decision.lags import Stretch
from slceleb_core.decision.spans import Span
from slceleb_core.perception.scoring import LISTEN, surveyed
from slceleb_core.stages import Speaker
from slceleb_core.types import Track, WholeSound


def stretches_of(speaker: Speaker, heard: WholeSound, span: Span, tracks: Sequence[Track]) -> list[Stretch]:
    """Return what the faces of a span show of the lag, in the part of it that is its own.

    Parameters
    ----------
    speaker
        Open, told of the video and of its sound.
    heard
        The sound.
    span, tracks
        The span, and its tracks.

    Raises
    ------
    PluginError
        The stage does not tell.
    """
    reach = SEARCH + LISTEN
    start = max(span.rows[0].time - reach, heard.start)
    sound = heard.span(start, max(min(span.end + reach, heard.end), start))
    return [Stretch(span.shot, told) for told in speaker.lag_evidence(surveyed(tracks), sound, span.own, SEARCH)]
