"""From rows to results: score each span, decide who each track is, find the stretches of speech.

Frames are settled span by span; tracks and segments when their shot has ended, for only then is all that can be known
of who they are known. What is held of a track is constant, but for its candidates; so a shot of any length fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from slceleb_core.decision.candidates import Candidate, CandidateBuilder
from slceleb_core.decision.census import Census
from slceleb_core.decision.covisible import CoVisible
from slceleb_core.decision.gates import GateConfig, Limits, examine, stopping
from slceleb_core.decision.identity import NO_GALLERY, Gallery, Identity, IdentityConfig, decide
from slceleb_core.decision.operating import AnyPoint, OperatingPoint
from slceleb_core.decision.rowscores import RowScore, Scoring, known, scored
from slceleb_core.decision.segmenting import Row, SegmentConfig
from slceleb_core.decision.spans import Span
from slceleb_core.decision.telling import face_result, measures_of, rejection_of, segment_of, track_result, unnamed
from slceleb_core.decision.trackstates import TrackState
from slceleb_core.results import FrameResult, Gate, Result


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
        self._states: dict[int, TrackState] = {}
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
        speaking = scored(self._scoring, span)
        yield from self._frames(span, speaking, self._decide(self._open_states(span)))
        if span.last:
            yield from self._end_shot(span.shot, folder, video)

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
                    state = TrackState(builder, row.time, row.time, row.index, row.index)
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
        self, span: Span, speaking: dict[tuple[int, int], RowScore], identities: dict[int, Identity]
    ) -> Iterator[FrameResult]:
        ends = span.ends
        for r in range(*span.keep.indices(len(span.rows))):
            row = span.rows[r]
            faces = []
            everyone = [speaking.get((row.index, int(track))) for track in row.tracks]
            for f, track in enumerate(int(t) for t in row.tracks):
                who, score = identities[track], everyone[f]
                similarity = None if who.nearest is None else known(row.similarities[f, who.nearest])
                faces.append(face_result(row, f, who, similarity, score))
                if score is not None:
                    shared = (score.overlap or 0.0) > self._rules.gates.max_overlap
                    scored = Row(
                        row.index, row.time, float(ends[r]), score.speaking, row.similarities[f], score.lag, shared
                    )
                    others = everyone[:f] + everyone[f + 1 :]
                    other_speaker = max((other.speaking for other in others if other is not None), default=0.0)
                    self._states[track].hear(scored, measures_of(row, f, score, other_speaker))
            voice = next((score.voice for score in everyone if score is not None), None)
            yield FrameResult(row.index, row.time, tuple(faces), voice)

    def _end_shot(self, shot: int, folder: str, video: str) -> Iterator[Result]:
        identities = {track: self._identity(track) for track in self._states}
        judged = sorted(self._judged(identities), key=lambda item: (item[0].start, item[1]))
        for candidate, track, gates in judged:
            if candidate.speech is not None and stopping(gates) is None:
                self._segments += 1
                yield segment_of(
                    candidate.speech, track, identities[track], gates, f"{folder}-{self._segments:04d}", video
                )
        for candidate, track, gates in judged:
            if stopping(gates) is not None:
                yield rejection_of(candidate, track, self._named(track, identities[track]), gates)
        for track, state in sorted(self._states.items()):
            yield track_result(track, shot, state, identities[track])
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
            return unnamed(track)
        return self._gallery.names[who.nearest]
