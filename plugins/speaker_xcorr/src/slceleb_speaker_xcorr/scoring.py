"""The detector as a whole: from the tracks of a span and its sound to scores. Heavy to import, hence apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.media.speech import DetectorName, SpeechFinder
from slceleb_core.types import Array, Scores, Track, WholeSound
from slceleb_speaker_xcorr.calibration import calibrated
from slceleb_speaker_xcorr.confidence import confidence, known_alone
from slceleb_speaker_xcorr.features import FeatureName
from slceleb_speaker_xcorr.hearing import AudioFeatures, hear
from slceleb_speaker_xcorr.lips import Lips, lips_of, motion, pause
from slceleb_speaker_xcorr.synchrony import delayed, evidence, lags, synchrony
from slceleb_speaker_xcorr.timeline import OWN_BASE, RIVAL_BASE, Grid, frame_interval, grid_of, samples


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What has been found of some faces, all float64 [faces, grid.count] but the gate: [grid.count].

    Attributes
    ----------
    grid
        The moments.
    speaking
        0..1.
    together
        How far lips and sound move together.
    moving
        Logarithm of the lips' motion.
    gate
        How likely a voice is heard.
    lag
        Seconds by which the sound comes after the picture.
    """

    grid: Grid
    speaking: Array
    together: Array
    moving: Array
    gate: Array
    lag: Array


@dataclass(frozen=True, slots=True)
class Scorer:
    """Listens to sounds, and scores spans.

    Attributes
    ----------
    speech
        Tells where a voice is heard.
    detector
        By what.
    feature
        What of the sound is correlated with the lips.
    window
        Seconds of the local correlation.
    window_frames
        Its length in frames of the video; None to go by `window`.
    max_lag
        Seconds by which lips and sound may be apart.
    diagnostics
        Whether scores come with what they rest on.
    """

    speech: SpeechFinder
    detector: DetectorName
    feature: FeatureName
    window: float
    window_frames: int | None
    max_lag: float
    diagnostics: bool

    def listen(self, sound: WholeSound) -> AudioFeatures:
        """Return what there is to hear."""
        return hear(sound, self.feature, self.speech, self.detector)

    def score(self, tracks: Sequence[Track], heard: AudioFeatures) -> list[Scores]:
        """Return, for each track and row, the confidence that this face is speaking."""
        if not any(len(track) for track in tracks):
            return [nothing(track) for track in tracks]
        grid = grid_of(tracks)
        lips = {index: found for index, track in enumerate(tracks) if len(track) and (found := lips_of(track, grid))}
        if not lips:
            return [nothing(track) for track in tracks]
        judged = self.judge(list(lips.values()), grid, frame_interval(tracks), heard)
        places = {index: place for place, index in enumerate(lips)}
        return [
            self.of_track(track, judged, places[index]) if index in places else nothing(track)
            for index, track in enumerate(tracks)
        ]

    def judge(self, faces: Sequence[Lips], grid: Grid, interval: float, heard: AudioFeatures) -> Judged:
        """Return what is found of the faces, at least one, at each moment of the grid."""
        sound = delayed(heard, grid, interval, self.max_lag)
        lag = lags(faces, sound)
        window = self.window if self.window_frames is None else self.window_frames * interval
        together, contested = (
            spread(
                [synchrony(face, sound.part(face.part), own, width) for face, own in zip(faces, lag, strict=True)],
                faces,
                grid,
            )
            for width in (samples(OWN_BASE * window), samples(RIVAL_BASE * window))
        )
        moving, pausing = (spread([of(face) for face in faces], faces, grid) for of in (motion, pause))
        visible = spread([face.seen for face in faces], faces, grid) > 0
        weight = spread([evidence(face.seen) for face in faces], faces, grid)
        gate, clear = heard.at(heard.gate, grid), heard.at(heard.clear, grid)
        known = known_alone(together, moving, pausing, clear)
        speaking = calibrated(confidence(known, contested, moving, visible, weight, gate))
        return Judged(grid, speaking, together, moving, gate, spread([sound.lags[own] for own in lag], faces, grid))

    def of_track(self, track: Track, judged: Judged, place: int) -> Scores:
        """Return what was found of the face at `place` at the rows of its track."""
        times = judged.grid.times
        found = {
            "r": judged.together[place],
            "lag": judged.lag[place],
            "motion": judged.moving[place],
            "gate": judged.gate,
        }
        at_rows = {name: np.interp(track.times, times, values) for name, values in found.items()}
        nearest = np.clip(np.searchsorted(times, track.times), 0, len(times) - 1)
        return Scores(
            speaking=np.interp(track.times, times, judged.speaking[place]),
            lag=judged.lag[place][nearest],
            diagnostics=at_rows if self.diagnostics else {},
        )


def nothing(track: Track) -> Scores:
    """Return the scores of a face of which nothing is known: 0, and no lag."""
    return Scores(np.zeros(len(track)), np.full(len(track), np.nan))


def spread(values: Sequence[Array], faces: Sequence[Lips], grid: Grid) -> Array:
    """Return float64 [faces, grid.count]: the values of each face at its part of the grid, zero elsewhere."""
    table = np.zeros((len(faces), grid.count))
    for row, face, own in zip(table, faces, values, strict=True):
        row[face.part] = own
    return table
