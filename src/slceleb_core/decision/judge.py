"""From rows to results: score each span, decide who each track is, find the stretches of speech.

Frames are settled span by span; tracks and segments when their shot has ended, for only then is all that can be known
of who they are known. What is held of a track is constant, but for its candidates; so a shot of any length fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from slceleb_core.decision.candidates import Candidate, CandidateBuilder, Mean, RowMeasures
from slceleb_core.decision.census import Census
from slceleb_core.decision.covisible import CoVisible
from slceleb_core.decision.gates import GateConfig, Limits, examine, stopping
from slceleb_core.decision.identity import NO_GALLERY, Gallery, Identity, IdentityConfig, Vote, decide
from slceleb_core.decision.operating import AnyPoint, OperatingPoint
from slceleb_core.decision.segmenting import Row, SegmentConfig, Stretch
from slceleb_core.decision.spans import FrameRows, Span
from slceleb_core.results import FaceResult, FrameResult, Gate, Rejection, Result, Segment, TrackResult
from slceleb_core.types import Array, Scores, Track


@dataclass(frozen=True, slots=True)
class _RowScore:
    """What the speaker stage said of one row."""

    speaking: float
    lag: float | None
    diagnostics: Mapping[str, float] | None
    voice: float
    mouth: float | None
    chance: float | None
    overlap: float | None
    followed: bool = True

    def unheeded(self) -> _RowScore:
        """Return what is left where the lips were not followed: whether a voice is heard."""
        return _RowScore(0.0, None, None, self.voice, None, None, None, followed=False)

    @classmethod
    def each(cls, scores: Scores) -> Iterator[_RowScore]:
        """Yield what was said of each row."""
        for row, speaking in enumerate(scores.speaking):
            lag, chance, overlap = (_at(row, values) for values in (scores.lag, scores.chance, scores.overlap))
            diagnostics = {name: float(values[row]) for name, values in scores.diagnostics.items()}
            voice = 1.0 if scores.voice is None else float(scores.voice[row])
            mouth = None if scores.mouth is None else float(scores.mouth[row])
            yield cls(float(speaking), lag, diagnostics or None, voice, mouth, chance, overlap)


@dataclass(slots=True)
class _TrackState:
    """What is known of a track of the running shot.

    Its candidates wait for the end of the shot, as it is known only then whose they are: a few hundred bytes each, and
    of speech as much again as two numbers for each person of the gallery take.
    """

    builder: CandidateBuilder
    start: float
    end: float
    first_frame: int
    last_frame: int
    frames: int = 0
    heard: int = 0
    speaking_sum: float = 0.0
    speaking_max: float = 0.0
    vote: Vote = field(default_factory=Vote)
    candidates: list[Candidate] = field(default_factory=list)

    def hear(self, row: Row, measures: RowMeasures) -> None:
        """Take a scored row."""
        self.heard += measures.followed
        self.speaking_sum += row.speaking
        self.speaking_max = max(self.speaking_max, row.speaking)
        self.candidates.extend(self.builder.feed(row, measures))

    def close(self) -> None:
        """Know that there will be no further rows; where there was no sound, no voice was heard in any."""
        self.candidates.extend(self.builder.close())
        if not self.candidates:
            silent = Mean.of(0.0)
            span = (self.start, self.end, self.first_frame, self.last_frame, self.end - self.start)
            self.candidates = [Candidate(*span, 0.0, silent, Mean(), Mean(), Mean(), Mean(), Mean(), Mean(), Mean())]

    def whole(self) -> Candidate:
        """Return all of the track as one candidate: whom it shows decides about all of it."""
        whole = self.candidates[0]
        for part in self.candidates[1:]:
            whole = whole.join(part)
        return whole


@dataclass(frozen=True, slots=True)
class Rules:
    """What the core decides by: the operating point and the policies of the profile.

    Attributes
    ----------
    threshold
        What a track must reach to be taken for a person.
    identity, segments, gates
        The profile's sections.
    """

    threshold: AnyPoint
    identity: IdentityConfig
    segments: SegmentConfig
    gates: GateConfig

    @property
    def limits(self) -> Limits:
        """What candidates are measured against."""
        return Limits(self.identity.margin, self.segments.onset, self.segments.min_on, self.gates)


class Scoring(Protocol):
    """The step from a span's tracks to scores; it surveys all spans of a video before it scores the first."""

    def survey(self, span: Span, tracks: Sequence[Track]) -> None:
        """Take in a span, and each of its tracks, for what holds for the whole video."""

    def score(self, span: Span, tracks: Sequence[Track]) -> list[Scores]:
        """Return the scores of each track of the span."""

    @property
    def lag(self) -> float | None:
        """Seconds by which the sound of the whole video is late; None where that is not known, or not yet."""


class Judge:
    """Judges the spans of one video, in order, once it has surveyed all of them.

    Whatever has to be known of the whole video before the first decision is gathered in :meth:`survey`.

    Parameters
    ----------
    scoring
        Who scores; None where there is no sound to score by.
    gallery
        The persons of interest, or None.
    rules
        What is decided by.

    Attributes
    ----------
    census
        Of the strangers in the video.
    """

    def __init__(self, scoring: Scoring | None, gallery: Gallery | None, rules: Rules) -> None:
        self._scoring = scoring
        self._gallery = gallery
        self._rules = rules
        self._states: dict[int, _TrackState] = {}
        self._together = CoVisible()
        self._segments = 0
        self.census = Census(gallery, rules.threshold)

    def survey(self, span: Span) -> None:
        """Take in a span, the next one of the video, before any is judged."""
        self.census.take(span)
        if self._scoring is not None:
            self._scoring.survey(span, span.tracks())

    def judge(self, span: Span, folder: str, video: str) -> Iterator[Result]:
        """Yield the span's frames and, when it ends the shot, the shot's segments and tracks.

        Parameters
        ----------
        span
            The next one.
        folder
            Prefix of segment ids.
        video
            The video's file name.
        """
        speaking = self._score(span)
        yield from self._frames(span, speaking, self._decide(self._open_states(span)))
        if span.last:
            yield from self._end_shot(span.shot, folder, video)

    def _score(self, span: Span) -> dict[tuple[int, int], _RowScore]:
        """Return what is heard by (frame index, track); empty where there is no sound."""
        tracks = span.tracks()
        if self._scoring is None or not tracks:
            return {}
        said = {
            (int(frame), track.id): score
            for track, of_track in zip(tracks, self._scoring.score(span, tracks), strict=True)
            for frame, score in zip(track.frames, _RowScore.each(of_track), strict=True)
        }
        return said | {place: said[place].unheeded() for place in span.not_followed() if place in said}

    def _open_states(self, span: Span) -> set[int]:
        """Take what is seen of the span's own frames, and return the tracks that are seen there."""
        ends, seen = span.ends, set[int]()
        for r in range(*span.keep.indices(len(span.rows))):
            row = span.rows[r]
            ids = [int(track) for track in row.tracks]
            for f, track in enumerate(ids):
                state = self._states.get(track)
                if state is None:
                    builder = CandidateBuilder(self._rules.segments)
                    state = _TrackState(builder, row.time, row.time, row.index, row.index)
                    self._states[track] = state
                state.end, state.last_frame, state.frames = float(ends[r]), row.index, state.frames + 1
                state.vote.add(row.similarities[f : f + 1], row.weights[f : f + 1], row.growth_of(f))
            self._together.meet(ids)
            seen.update(ids)
        return seen

    def _decide(self, tracks: set[int]) -> dict[int, Identity]:
        """Return who the tracks of a span are, by all that is known now; of others nothing new is known."""
        gallery, rules = self._gallery, self._rules
        if gallery is not None:
            votes = {track: self._states[track].vote for track in tracks}
            point, margin = self._point, rules.identity.margin
            self._together.revise({track: decide(vote, gallery, point, margin) for track, vote in votes.items()})
        return {track: self._identity(track) for track in tracks}

    @cached_property
    def _point(self) -> OperatingPoint:
        """What a track must reach; asked for when all spans have been surveyed."""
        return self.census.point()

    def _identity(self, track: int) -> Identity:
        return NO_GALLERY if self._gallery is None else self._together.identity(track)

    def _frames(
        self, span: Span, speaking: dict[tuple[int, int], _RowScore], identities: dict[int, Identity]
    ) -> Iterator[FrameResult]:
        ends = span.ends
        for r in range(*span.keep.indices(len(span.rows))):
            row = span.rows[r]
            faces = []
            everyone = [speaking.get((row.index, int(track))) for track in row.tracks]
            for f, track in enumerate(int(t) for t in row.tracks):
                who, score = identities[track], everyone[f]
                similarity = None if who.nearest is None else _known(row.similarities[f, who.nearest])
                faces.append(_face_result(row, f, who, similarity, score))
                if score is not None:
                    shared = (score.overlap or 0.0) > self._rules.gates.max_overlap
                    scored = Row(
                        row.index, row.time, float(ends[r]), score.speaking, row.similarities[f], score.lag, shared
                    )
                    others = everyone[:f] + everyone[f + 1 :]
                    other_speaker = max((other.speaking for other in others if other is not None), default=0.0)
                    self._states[track].hear(scored, _measures(row, f, score, other_speaker))
            voice = next((score.voice for score in everyone if score is not None), None)
            yield FrameResult(row.index, row.time, tuple(faces), voice)

    def _end_shot(self, shot: int, folder: str, video: str) -> Iterator[Result]:
        identities = {track: self._identity(track) for track in self._states}
        judged = sorted(self._judged(identities), key=lambda item: (item[0].start, item[1]))
        for candidate, track, gates in judged:
            if candidate.speech is not None and stopping(gates) is None:
                self._segments += 1
                yield _segment(
                    candidate.speech, track, identities[track], gates, f"{folder}-{self._segments:04d}", video
                )
        for candidate, track, gates in judged:
            if stopping(gates) is not None:
                yield _rejection(candidate, track, self._named(track, identities[track]), gates)
        for track, state in sorted(self._states.items()):
            yield _track_result(track, shot, state, identities[track])
        self._states, self._together = {}, CoVisible()

    def _judged(self, identities: Mapping[int, Identity]) -> Iterator[tuple[Candidate, int, tuple[Gate, ...]]]:
        """Yield every candidate of the shot that concerns somebody who is looked for, and what the gates say of it."""
        lag = None if self._scoring is None else self._scoring.lag
        limits = replace(self._rules.limits, lag_ms=1000.0 * (lag or 0.0))
        for track, state in self._states.items():
            state.close()
            who = identities[track]
            if self._concerns(who):
                nobody = self._gallery is not None and who.person is None
                for candidate in [state.whole()] if nobody else state.candidates:
                    yield candidate, track, examine(candidate, who, limits)

    def _concerns(self, who: Identity) -> bool:
        """Tell whether a track is taken for, or nearest to, somebody who is looked for; without a gallery all are."""
        if self._gallery is None:
            return True
        return who.nearest is not None and self._gallery.names[who.nearest] in self._gallery.wanted

    def _named(self, track: int, who: Identity) -> str:
        """Return whom a track is taken for, or nearest to."""
        if who.person is not None:
            return who.person
        if self._gallery is None or who.nearest is None:
            return _unnamed(track)
        return self._gallery.names[who.nearest]


def _unnamed(track: int) -> str:
    return f"track-{track:04d}"


def _measures(row: FrameRows, face: int, score: _RowScore, other_speaker: float) -> RowMeasures:
    pose, sharpness = row.faces.pose, row.faces.sharpness
    return RowMeasures(
        voice=score.voice,
        other_speaker=other_speaker,
        size=float(row.faces.sizes[face]),
        turned=None if pose is None else _known(np.abs(pose[face, :2]).max()),
        sharpness=None if sharpness is None else _known(sharpness[face]),
        chance=score.chance,
        overlap=score.overlap,
        followed=score.followed,
    )


def _at(row: int, values: Array | None) -> float | None:
    """Return what a column says of a row; None where it says nothing, or is not there."""
    return None if values is None else _known(values[row])


def _known(value: float) -> float | None:
    """Return a number of one face; None where it is none."""
    return float(value) if math.isfinite(value) else None


def _face_result(
    row: FrameRows, face: int, who: Identity, similarity: float | None, score: _RowScore | None
) -> FaceResult:
    x0, y0, x1, y1 = (float(v) for v in row.faces.boxes[face])
    return FaceResult(
        track=int(row.tracks[face]),
        box=(x0, y0, x1, y1),
        score=float(row.faces.scores[face]),
        person=who.person,
        similarity=similarity,
        speaking=None if score is None or not score.followed else score.speaking,
        diagnostics=None if score is None else score.diagnostics,
        mouth=None if score is None else score.mouth,
        chance=None if score is None else score.chance,
        overlap=None if score is None else score.overlap,
        looked=row.faces.looked is None or bool(row.faces.looked[face]),
        embedded=row.faces.embedded is None or bool(row.faces.embedded[face]),
    )


def _rejection(candidate: Candidate, track: int, person: str, gates: tuple[Gate, ...]) -> Rejection:
    frames = (candidate.first_frame, candidate.last_frame)
    return Rejection(person, track, candidate.start, candidate.end, *frames, gates)


def _segment(stretch: Stretch, track: int, who: Identity, gates: tuple[Gate, ...], name: str, video: str) -> Segment:
    return Segment(
        id=name,
        video=video,
        person=who.person or _unnamed(track),
        start=stretch.start,
        end=stretch.end,
        first_frame=stretch.first_frame,
        last_frame=stretch.last_frame,
        speaking_mean=stretch.speaking_sum / stretch.rows,
        speaking_min=stretch.speaking_min,
        similarity=stretch.likeness.mean_to(who.nearest),
        similarity_min=stretch.likeness.least_to(who.nearest),
        track=track,
        av_offset_ms=stretch.offset_ms,
        gates=gates,
    )


def _track_result(track: int, shot: int, state: _TrackState, who: Identity) -> TrackResult:
    return TrackResult(
        id=track,
        shot=shot,
        first_frame=state.first_frame,
        last_frame=state.last_frame,
        start=state.start,
        end=state.end,
        frames=state.frames,
        person=who.person,
        similarity=who.similarity,
        margin=who.margin,
        reason=who.reason,
        speaking_mean=state.speaking_sum / state.heard if state.heard else None,
        speaking_max=state.speaking_max if state.heard else None,
    )
