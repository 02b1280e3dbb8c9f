"""The detector as a whole: from the tracks of a span and its sound to scores. Heavy to import, hence apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from slceleb_core.media.speech import DetectorName, SpeechFinder
from slceleb_core.types import Array, LagEvidence, Scores, TimeRange, Track, WholeSound
from slceleb_speaker_xcorr.calibration import calibrated
from slceleb_speaker_xcorr.confidence import (
    LEAD_LIMIT,
    MOTION_LIMITS,
    NOW_LIMITS,
    RIVAL_MOTION_LIMIT,
    TYPICAL_MOTION,
    VOICE_LIMITS,
    WEIGHTS,
    Signs,
    best_other,
    confidence,
    lead_of,
)
from slceleb_speaker_xcorr.delays import Delayed, Delays
from slceleb_speaker_xcorr.evidence import LEAST_CLARITY, log_ratio, scatter
from slceleb_speaker_xcorr.features import FeatureName
from slceleb_speaker_xcorr.filters import triangle_sum
from slceleb_speaker_xcorr.hearing import AudioFeatures, hear
from slceleb_speaker_xcorr.lag import LagBelief, LagSurvey
from slceleb_speaker_xcorr.lips import Lips, lips_of, motion, pause, spread
from slceleb_speaker_xcorr.overlap import overlaps
from slceleb_speaker_xcorr.reaching import Reach
from slceleb_speaker_xcorr.timeline import (
    BOTH_BASE,
    OWN_BASE,
    RIVAL_BASE,
    STEP,
    TURN_BASE,
    Grid,
    frame_interval,
    grid_of,
    samples,
)
from slceleb_speaker_xcorr.voices import Voice, locally, survey, trust, voices, weight_of


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """The faces of a span and what is heard, on one grid.

    Attributes
    ----------
    grid
        The moments.
    places
        Number of each face's track in the span.
    faces
        The lips of each, at least one.
    sound
        At all delays.
    gate, clear
        float64 [grid.count], 0..1: how likely a voice is heard, and how far the sound tells pauses by itself.
    """

    grid: Grid
    places: tuple[int, ...]
    faces: tuple[Lips, ...]
    sound: Delayed
    gate: Array
    clear: Array

    @property
    def weights(self) -> list[Array]:
        """How much each moment says of each face's voice."""
        return [weight_of(face, self.gate[face.part]) for face in self.faces]

    def spread(self, values: Sequence[Array]) -> Array:
        """Return float64 [faces, grid.count]: the values of each face at its part of the grid, zero elsewhere."""
        return spread(values, self.faces, self.grid)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What has been found of the faces of a span, float64 [faces, grid.count] each.

    Attributes
    ----------
    speaking
        0..1.
    lag
        Seconds by which the sound comes after the picture.
    chance
        0..1: how likely a wrong voice goes with the lips as well.
    overlap
        0..1: how likely this face and another one speak at once.
    together
        The correlation over as long as the face is seen.
    signs
        What it all rests on.
    """

    speaking: Array
    lag: Array
    chance: Array
    overlap: Array
    together: Array
    signs: Signs


@dataclass(frozen=True, slots=True)
class Scorer:
    """Listens to sounds, surveys a video, and scores spans.

    Attributes
    ----------
    speech
        Tells where a voice is heard.
    detector
        By what.
    feature
        What of the sound is correlated with jaw and lower lip.
    window
        Seconds of the option's window.
    window_frames
        Its length in frames of the video; None to go by `window`.
    delays
        How far lips and sound may be apart.
    diagnostics
        Whether scores come with what they rest on.
    weights
        Of the signs, by name.
    lags
        What the video has shown of its lag.
    """

    speech: SpeechFinder
    detector: DetectorName
    feature: FeatureName
    window: float
    window_frames: int | None
    delays: Delays
    diagnostics: bool
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    lags: LagSurvey = field(default_factory=LagSurvey)

    def listen(self, sound: WholeSound) -> AudioFeatures:
        """Return what there is to hear."""
        return hear(sound, self.feature, self.speech, self.detector)

    def forget(self) -> None:
        """Let go of what the last video has shown."""
        self.lags.forget()

    def survey(self, tracks: Sequence[Track], heard: AudioFeatures, own: TimeRange) -> None:
        """Take in what the faces show of the video's lag, in the part of a span that is its own."""
        if own.start is not None:
            self.lags.settle(own.start)
        span = self._span(tracks, heard)
        if span is None:
            return
        for place, face, weight in zip(span.places, span.faces, span.weights, strict=True):
            times = span.grid.times[face.part]
            survey(face, span.sound.part(face.part), weight, times, own.holds(times), tracks[place].id, self.lags)

    def lag_evidence(
        self, tracks: Sequence[Track], heard: AudioFeatures, own: TimeRange, reach: float
    ) -> list[LagEvidence]:
        """Return how far each face goes with the sound at each lag up to `reach` seconds, stretch by stretch."""
        return list(Reach.of(reach, frame_interval(tracks)).evidence(tracks, heard, own))

    def belief(self) -> LagBelief:
        """Return what is known of the video's lag."""
        return self.lags.belief(self.delays.steps * STEP)

    def score(self, tracks: Sequence[Track], heard: AudioFeatures, belief: LagBelief) -> list[Scores]:
        """Return, for each track and row, the confidence that this face is speaking."""
        span = self._span(tracks, heard)
        if span is None:
            return [nothing(track) for track in tracks]
        judged = self._judge(span, self._seconds(tracks), belief)
        faces = {place: face for face, place in enumerate(span.places)}
        return [
            self._of_track(track, span, judged, faces[index]) if index in faces else nothing(track)
            for index, track in enumerate(tracks)
        ]

    def _seconds(self, tracks: Sequence[Track]) -> float:
        return self.window if self.window_frames is None else self.window_frames * frame_interval(tracks)

    def _span(self, tracks: Sequence[Track], heard: AudioFeatures) -> Span | None:
        """Return the faces and the sound; None where no face has been measured."""
        if not any(len(track) for track in tracks):
            return None
        grid = grid_of(tracks)
        lips = {index: found for index, track in enumerate(tracks) if len(track) and (found := lips_of(track, grid))}
        if not lips:
            return None
        sound = self.delays.heard(heard, grid, frame_interval(tracks))
        gate, clear = heard.at(heard.gate, grid), heard.at(heard.clear, grid)
        return Span(grid, tuple(lips), tuple(lips.values()), sound, gate, clear)

    def _judge(self, span: Span, window: float, belief: LagBelief) -> Judged:
        """Return what is found of the faces at each moment of the grid."""
        found = voices(span.faces, span.sound, span.weights, belief, span.grid, window)
        visible = span.spread([face.seen for face in span.faces]) > 0
        local = {base: local_fits(span, found, base * window) for base in (OWN_BASE, TURN_BASE, RIVAL_BASE, BOTH_BASE)}
        ratios = {base: local_ratios(span, found, local[base], base * window) for base in (OWN_BASE, BOTH_BASE)}
        moving, pausing = (span.spread([of(face) for face in span.faces]) for of in (motion, pause))
        rivalled = span.spread([trust(face) for face in span.faces])
        share = np.maximum(best_other(rivalled, visible), 0.0)
        ratio, chance = (span.spread([getattr(of, name) for of in found]) for name in ("ratio", "chance"))
        signs = Signs(
            voice=np.clip(ratio, *VOICE_LIMITS),
            now=np.clip(ratios[OWN_BASE], *NOW_LIMITS),
            motion=np.clip(moving - TYPICAL_MOTION, *MOTION_LIMITS),
            pause=pausing * (1.0 - span.clear),
            alone=1.0 - share,
            turn=share * lead_of(local[TURN_BASE], visible, LEAD_LIMIT),
            lead=share * lead_of(local[RIVAL_BASE], visible, LEAD_LIMIT),
            livelier=share * lead_of(moving, visible, RIVAL_MOTION_LIMIT),
        )
        return Judged(
            speaking=calibrated(confidence(signs, visible, span.gate, self.weights)),
            lag=span.spread([span.sound.lags[of.lag] for of in found]),
            chance=chance,
            overlap=overlaps(ratios[BOTH_BASE], chance, visible),
            together=span.spread([of.correlation for of in found]),
            signs=signs,
        )

    def _of_track(self, track: Track, span: Span, judged: Judged, face: int) -> Scores:
        """Return what was found of a face at the rows of its track; nothing before and behind what was measured."""
        times, part = span.grid.times, span.faces[face].part
        measured = (track.times >= times[part][0]) & (track.times <= times[part][-1])

        def at_rows(values: Array) -> Array:
            return np.asarray(np.interp(track.times, times, values))

        nearest = np.clip(np.searchsorted(times, track.times), 0, len(times) - 1)
        found = {"r": judged.together[face], "lag": judged.lag[face], "gate": span.gate, **judged.signs.named(face)}
        return Scores(
            speaking=at_rows(judged.speaking[face]),
            lag=np.where(measured, judged.lag[face][nearest], np.nan),
            chance=np.where(measured, at_rows(judged.chance[face]), np.nan),
            overlap=np.where(measured, at_rows(judged.overlap[face]), np.nan),
            diagnostics={name: at_rows(values) for name, values in found.items()} if self.diagnostics else {},
        )


def local_fits(span: Span, found: Sequence[Voice], base: float) -> Array:
    """Return how well each face goes with the sound over a window of `base` seconds: float64 [faces, grid.count]."""
    width = samples(base)
    pairs = zip(span.faces, found, strict=True)
    return span.spread([locally(face, span.sound.part(face.part), of.lag, width) for face, of in pairs])


def local_ratios(span: Span, found: Sequence[Voice], fits: Array, base: float) -> Array:
    """Return the log ratios of such: float64 [faces, grid.count]."""
    seen = span.spread([face.seen for face in span.faces])
    clear = np.maximum(span.spread([of.clear for of in found]), LEAST_CLARITY)
    return log_ratio(fits, np.zeros(span.grid.count), scatter(triangle_sum(seen, samples(base)) * STEP), clear)


def nothing(track: Track) -> Scores:
    """Return the scores of a face of which nothing is known: 0, and neither lag nor chance."""
    unknown = np.full(len(track), np.nan)
    return Scores(np.zeros(len(track)), unknown, chance=unknown, overlap=unknown)
