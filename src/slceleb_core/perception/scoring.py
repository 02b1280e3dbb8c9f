"""From faces and sound to scores: what a speaker stage says of tracks, and where a voice is heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from slceleb_core.decision.spans import Span
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.speech import DetectorName, SpeechActivity
from slceleb_core.stages import Speaker
from slceleb_core.timing import Timings
from slceleb_core.types import Array, AudioSpan, Scores, Track

LISTEN = 0.5
"""Seconds of sound handed to the speaker stage beyond either end of a span: room for the lag between lips and sound."""


class LiveScorer:
    """Has a speaker stage score tracks by the sound.

    Parameters
    ----------
    speaker
        Open, and told of the video and of its sound.
    audio
        The sound.
    vad
        What finds voices; None: nobody asks for them.
    """

    def __init__(self, speaker: Speaker, audio: AudioTrack, vad: DetectorName | None, timings: Timings) -> None:
        self._speaker, self._audio, self._vad, self._timings = speaker, audio, vad, timings

    def survey(self, span: Span, tracks: Sequence[Track]) -> None:
        """Have the stage take in a span, and the sound around it."""
        with self._timings.stage("speak"):
            self._speaker.survey(tracks, self._listen(span), span.own)

    @property
    def lag(self) -> float | None:
        """What the stage says of the whole video."""
        return self._speaker.lag

    def score(self, span: Span, tracks: Sequence[Track]) -> list[Scores]:
        """Return what the stage says, and where a voice is heard."""
        with self._timings.stage("speak"):
            scores = self._speaker.score(tracks, self._listen(span))
        if self._vad is None:
            return scores
        with self._timings.stage("listen"):
            activity = self._speaker.context.speech.find(self._audio, self._vad)
        return [
            replace(of_track, voice=voice_at(activity, track.times))
            for of_track, track in zip(scores, tracks, strict=True)
        ]

    def _listen(self, span: Span) -> AudioSpan:
        start = max(span.rows[0].time - LISTEN, self._audio.start)
        return self._audio.span(start, max(min(span.end + LISTEN, self._audio.end), start))


def voice_at(activity: SpeechActivity, times: Array) -> Array:
    """Return float64 [n]: how likely a voice is heard at PTS `times`; where that cannot be told, 1."""
    probability, trust = activity.at(times)
    return np.asarray(1.0 - trust * (1.0 - probability))
