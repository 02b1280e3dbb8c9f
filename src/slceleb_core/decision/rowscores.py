"""What a speaker stage says of single rows: a value a face and frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from slceleb_core.decision.spans import Span
from slceleb_core.types import Array, Scores, Track


@dataclass(frozen=True, slots=True)
class RowScore:
    """What the speaker stage said of one row."""

    speaking: float
    lag: float | None
    diagnostics: Mapping[str, float] | None
    voice: float
    mouth: float | None
    chance: float | None
    overlap: float | None
    followed: bool = True

    def unheeded(self) -> RowScore:
        """Return what is left where the lips were not followed: whether a voice is heard."""
        return RowScore(0.0, None, None, self.voice, None, None, None, followed=False)

    @classmethod
    def each(cls, scores: Scores) -> Iterator[RowScore]:
        """Yield what was said of each row."""
        for row, speaking in enumerate(scores.speaking):
            lag, chance, overlap = (at(row, values) for values in (scores.lag, scores.chance, scores.overlap))
            diagnostics = {name: float(values[row]) for name, values in scores.diagnostics.items()}
            voice = 1.0 if scores.voice is None else float(scores.voice[row])
            mouth = None if scores.mouth is None else float(scores.mouth[row])
            yield cls(float(speaking), lag, diagnostics or None, voice, mouth, chance, overlap)


class Scoring(Protocol):
    """The step from a span's tracks to scores; it surveys all spans of a video before it scores the first."""

    def survey(self, span: Span, tracks: Sequence[Track]) -> None:
        """Take in a span, and each of its tracks, for what holds for the whole video."""

    def score(self, span: Span, tracks: Sequence[Track]) -> list[Scores]:
        """Return the scores of each track of the span."""

    @property
    def lag(self) -> float | None:
        """Seconds by which the sound of the whole video is late; None where that is not known, or not yet."""


def scored(scoring: Scoring | None, span: Span) -> dict[tuple[int, int], RowScore]:
    """Return what is heard by (frame index, track); empty where there is no sound."""
    tracks = span.tracks()
    if scoring is None or not tracks:
        return {}
    said = {
        (int(frame), track.id): score
        for track, of_track in zip(tracks, scoring.score(span, tracks), strict=True)
        for frame, score in zip(track.frames, RowScore.each(of_track), strict=True)
    }
    return said | {place: said[place].unheeded() for place in span.not_followed() if place in said}


def at(row: int, values: Array | None) -> float | None:
    """Return what a column says of a row; None where it says nothing, or is not there."""
    return None if values is None else known(values[row])


def known(value: float) -> float | None:
    """Return a number of one face; None where it is none."""
    return float(value) if math.isfinite(value) else None
