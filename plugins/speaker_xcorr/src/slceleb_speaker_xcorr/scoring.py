"""The detector as a whole: from the tracks of a span and its sound to scores. Heavy to import, hence apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.types import Array, AudioSpan, Track
from slceleb_speaker_xcorr.confidence import confidence
from slceleb_speaker_xcorr.evidence import evidence
from slceleb_speaker_xcorr.filters import PADDING
from slceleb_speaker_xcorr.gate import VoiceDetector, speech_gate
from slceleb_speaker_xcorr.lips import Lips, lips_of, motion
from slceleb_speaker_xcorr.sound import FeatureName, cover, sound_signals
from slceleb_speaker_xcorr.synchrony import lags_within, shared_lag, synchrony
from slceleb_speaker_xcorr.timeline import Grid, grid_of


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores spans, each by itself.

    Attributes
    ----------
    detector
        Tells where a voice is heard.
    feature
        What of the sound is correlated with the lips.
    window
        Seconds of the local correlation.
    window_frames
        Its length in frames of the video; None to go by `window`.
    max_lag
        Seconds by which lips and sound may be apart.
    """

    detector: VoiceDetector
    feature: FeatureName
    window: float
    window_frames: int | None
    max_lag: float

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Array]:
        """Return, for each track, float32 [len(track)] in 0..1: the confidence that this face is speaking."""
        if not any(len(track) for track in tracks):
            return [np.zeros(0, dtype=np.float32) for _track in tracks]
        grid = grid_of(tracks)
        lips = {index: found for index, track in enumerate(tracks) if len(track) and (found := lips_of(track, grid))}
        scores = self.on_grid(list(lips.values()), grid, audio)
        by_track = dict(zip(lips, scores, strict=True))
        silent = np.zeros(grid.count)
        return [
            np.interp(track.times, grid.times, by_track.get(index, silent)).astype(np.float32)
            for index, track in enumerate(tracks)
        ]

    def on_grid(self, faces: Sequence[Lips], grid: Grid, audio: AudioSpan) -> Array:
        """Return float64 [faces, grid.count]: the confidence at each moment."""
        margin = self.max_lag + PADDING
        sound = cover(audio, grid.start - margin, grid.end + margin)
        gate = speech_gate(sound, self.detector, grid.times)
        if not len(faces):
            return np.zeros((0, grid.count))
        lags = lags_within(self.max_lag)
        signals = sound_signals(sound, self.feature, grid, lags)
        lag = shared_lag(faces, signals, lags)
        width = self.window_width(grid)
        together = spread([synchrony(face, signals[:, face.part], lag, width) for face in faces], faces, grid)
        moving = spread([motion(face, grid.step) for face in faces], faces, grid)
        visible = spread([face.seen for face in faces], faces, grid) > 0
        weight = np.array([evidence(face.seconds) for face in faces])
        return confidence(together, moving, visible, weight, gate)

    def window_width(self, grid: Grid) -> int:
        """Return the moments in the correlation's window."""
        return grid.samples(self.window if self.window_frames is None else self.window_frames * grid.interval)


def spread(values: Sequence[Array], faces: Sequence[Lips], grid: Grid) -> Array:
    """Return float64 [faces, grid.count]: the values of each face at its part of the grid, zero elsewhere."""
    table = np.zeros((len(faces), grid.count))
    for row, face, own in zip(table, faces, values, strict=True):
        row[face.part] = own
    return table
