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
from slceleb_core.types import Array, AudioSpan, Scores, Track, WholeSound

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
    heard
        The same in the form in which the stage wants it.
    vad
        What finds voices; None: nobody asks for them.
    """

    def __init__(
        self, speaker: Speaker, audio: AudioTrack, heard: WholeSound, vad: DetectorName | None, timings: Timings
    ) -> None:
        self._speaker, self._audio, self._heard, self._vad, self._timings = speaker, audio, heard, vad, timings

    def survey(self, span: Span, tracks: Sequence[Track]) -> None:
        """Have the stage take in a span, and the sound around it."""
        with self._timings.stage("speak"):
            self._speaker.survey(surveyed(tracks), self._listen(span), span.own)

    @property
    def lag(self) -> float | None:
        """What the stage says of the whole video."""
        return self._speaker.lag

    def score(self, span: Span, tracks: Sequence[Track]) -> list[Scores]:
        """Return what the stage says, and where a voice is heard."""
        with self._timings.stage("speak"):
            scores = said_of(self._speaker, tracks, self._listen(span))
        if self._vad is None:
            return scores
        with self._timings.stage("listen"):
            activity = self._speaker.context.speech.find(self._audio, self._vad)
        return [
            replace(of_track, voice=voice_at(activity, track.times))
            for of_track, track in zip(scores, tracks, strict=True)
        ]

    def _listen(self, span: Span) -> AudioSpan:
        start = max(span.rows[0].time - LISTEN, self._heard.start)
        return self._heard.span(start, max(min(span.end + LISTEN, self._heard.end), start))


def surveyed(tracks: Sequence[Track]) -> list[Track]:
    """Return the tracks of which a stage was asked, and of those the rows."""
    return [asked(track) for track in tracks if is_asked(track)]


def said_of(speaker: Speaker, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
    """Return what a stage says of the rows that it was asked of, and what follows for the others."""
    places = [place for place, track in enumerate(tracks) if is_asked(track)]
    said = speaker.score([asked(tracks[place]) for place in places], audio)
    known = dict(zip(places, said, strict=True))
    return [filled(known.get(place), track) for place, track in enumerate(tracks)]


def is_asked(track: Track) -> bool:
    """Tell whether the stage was asked of any row of a track."""
    return track.observed is None or bool(track.observed.any())


def asked(track: Track) -> Track:
    """Return a track of those rows only that the stage was asked of."""
    rows = track.observed
    if rows is None:
        return track
    return Track(track.id, track.frames[rows], track.times[rows], track.boxes[rows], track.observations)


def filled(said: Scores | None, track: Track) -> Scores:
    """Return the scores of all rows of a track.

    Between two rows that the stage was asked of, a score is on the straight line from the one to the other, and what
    holds for longer than a moment is that of the nearer one. A mouth was not seen there, and nothing is said of what a
    score rests on.

    Parameters
    ----------
    said
        Of the rows that the stage was asked of; None: of no row.
    """
    if said is None:
        return Scores(np.zeros(len(track)))
    observed = track.observed
    if observed is None:
        return said
    known = track.times[observed]
    nearest = np.searchsorted((known[1:] + known[:-1]) / 2, track.times)

    def held(values: Array | None) -> Array | None:
        return None if values is None else values[nearest]

    def seen(values: Array) -> Array:
        return np.where(observed, values[nearest], np.nan)

    return Scores(
        np.interp(track.times, known, said.speaking),
        held(said.lag),
        {name: seen(values) for name, values in said.diagnostics.items()},
        mouth=None if said.mouth is None else seen(said.mouth),
        chance=held(said.chance),
        overlap=held(said.overlap),
    )


def voice_at(activity: SpeechActivity, times: Array) -> Array:
    """Return float64 [n]: how likely a voice is heard at PTS `times`; where that cannot be told, 1."""
    probability, trust = activity.at(times)
    return np.asarray(1.0 - trust * (1.0 - probability))
