"""From rows to results: score each span, decide who each track is, find the stretches of speech.

Frames are settled span by span; tracks and segments when their shot has ended, for only then is all that can be known
of who they are known. What is held of a track is constant, so a shot of any length fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from slceleb_core.identity import NO_GALLERY, Gallery, Identity, IdentityConfig, Vote, decide, separate
from slceleb_core.media.audio import AudioTrack
from slceleb_core.segmenting import Row, SegmentConfig, Segmenter, Stretch
from slceleb_core.spans import FrameRows, Span
from slceleb_core.stages import Speaker
from slceleb_core.timing import Timings
from slceleb_core.types import AudioSpan, FaceResult, FrameResult, Scores, Segment, TrackResult

LISTEN = 0.5
"""Seconds of sound handed to the speaker stage beyond either end of a span: room for the lag between lips and sound."""

Result = FrameResult | TrackResult | Segment


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the speaker stage said of one row."""

    speaking: float
    lag: float | None
    why: Mapping[str, float] | None

    @classmethod
    def each(cls, scores: Scores) -> Iterator[_Heard]:
        """Yield what was said of each row."""
        for row, speaking in enumerate(scores.speaking):
            lag = None if scores.lag is None or not math.isfinite(scores.lag[row]) else float(scores.lag[row])
            why = {name: float(values[row]) for name, values in scores.diagnostics.items()}
            yield cls(float(speaking), lag, why or None)


@dataclass(slots=True)
class _Dossier:
    """What is known of a track of the running shot."""

    segmenter: Segmenter
    first: FrameRows
    last: FrameRows
    end: float
    frames: int = 0
    heard: int = 0
    speaking_sum: float = 0.0
    speaking_max: float = 0.0
    vote: Vote = field(default_factory=Vote)
    stretches: list[Stretch] = field(default_factory=list)

    def hear(self, row: Row) -> None:
        """Take a scored row."""
        self.heard += 1
        self.speaking_sum += row.speaking
        self.speaking_max = max(self.speaking_max, row.speaking)
        self.stretches.extend(self.segmenter.feed(row))


@dataclass(frozen=True, slots=True)
class Rules:
    """What the core decides by: the operating point and the policies of the profile.

    Attributes
    ----------
    threshold
        Least similarity; from the profile, or the recognizer's.
    identity, segments
        The profile's sections.
    """

    threshold: float
    identity: IdentityConfig
    segments: SegmentConfig


class Judge:
    """Judges the spans of one video, in order."""

    def __init__(
        self,
        speaker: Speaker,
        audio: AudioTrack | None,
        gallery: Gallery | None,
        rules: Rules,
        timings: Timings,
    ) -> None:
        self._speaker = speaker
        self._audio = audio
        self._gallery = gallery
        self._rules = rules
        self._timings = timings
        self._dossiers: dict[int, _Dossier] = {}
        self._together: set[tuple[int, int]] = set()
        self._segments = 0

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
        self._open_dossiers(span)
        provisional = self._decide()
        yield from self._frames(span, speaking, provisional)
        if span.last:
            yield from self._end_shot(span.shot, folder, video)

    def _score(self, span: Span) -> dict[tuple[int, int], _Heard]:
        """Return what is heard by (frame index, track); empty where there is no sound."""
        tracks = span.tracks()
        if self._audio is None or not tracks:
            return {}
        with self._timings.stage("speak"):
            scores = self._speaker.score(tracks, self._listen(self._audio, span))
        return {
            (int(frame), track.id): heard
            for track, of_track in zip(tracks, scores, strict=True)
            for frame, heard in zip(track.frames, _Heard.each(of_track), strict=True)
        }

    @staticmethod
    def _listen(audio: AudioTrack, span: Span) -> AudioSpan:
        start = max(span.rows[0].time - LISTEN, audio.start)
        return audio.span(start, max(min(span.end + LISTEN, audio.end), start))

    def _open_dossiers(self, span: Span) -> None:
        ends = span.ends
        for r in range(*span.keep.indices(len(span.rows))):
            row = span.rows[r]
            ids = [int(track) for track in row.tracks]
            for f, track in enumerate(ids):
                known = self._dossiers.get(track)
                if known is None:
                    known = _Dossier(Segmenter(self._rules.segments), row, row, ends[r])
                    self._dossiers[track] = known
                known.last, known.end, known.frames = row, float(ends[r]), known.frames + 1
                known.vote.add(row.similarities[f : f + 1], row.weights[f : f + 1])
            self._together.update((a, b) for a in ids for b in ids if a < b)

    def _decide(self) -> dict[int, Identity]:
        gallery = self._gallery
        if gallery is None:
            return dict.fromkeys(self._dossiers, NO_GALLERY)
        rules = self._rules
        alone = {
            track: decide(known.vote, gallery, rules.threshold, rules.identity.margin)
            for track, known in self._dossiers.items()
        }
        return separate(alone, self._together)

    def _frames(
        self, span: Span, speaking: dict[tuple[int, int], _Heard], identities: dict[int, Identity]
    ) -> Iterator[FrameResult]:
        ends = span.ends
        for r in range(*span.keep.indices(len(span.rows))):
            row = span.rows[r]
            faces = []
            for f, track in enumerate(int(t) for t in row.tracks):
                who, heard = identities[track], speaking.get((row.index, track))
                similarity = None if who.nearest is None else float(row.similarities[f, who.nearest])
                faces.append(_face_result(row, f, who, similarity, heard))
                if heard is not None:
                    scored = Row(row.index, row.time, float(ends[r]), heard.speaking, similarity or 0.0, heard.lag)
                    self._dossiers[track].hear(scored)
            yield FrameResult(row.index, row.time, tuple(faces))

    def _end_shot(self, shot: int, folder: str, video: str) -> Iterator[Result]:
        identities = self._decide()
        for known in self._dossiers.values():
            known.stretches.extend(known.segmenter.close())
        found = [
            (stretch, track, identities[track])
            for track, known in self._dossiers.items()
            if self._wanted(identities[track])
            for stretch in known.stretches
        ]
        for stretch, track, who in sorted(found, key=lambda item: (item[0].start, item[1])):
            self._segments += 1
            yield _segment(stretch, track, who, f"{folder}-{self._segments:04d}", video)
        for track, known in sorted(self._dossiers.items()):
            yield _track_result(track, shot, known, identities[track])
        self._dossiers, self._together = {}, set()

    def _wanted(self, who: Identity) -> bool:
        return self._gallery is None or who.person in self._gallery.wanted


def _face_result(
    row: FrameRows, face: int, who: Identity, similarity: float | None, heard: _Heard | None
) -> FaceResult:
    x0, y0, x1, y1 = (float(v) for v in row.faces.boxes[face])
    return FaceResult(
        track=int(row.tracks[face]),
        box=(x0, y0, x1, y1),
        score=float(row.faces.scores[face]),
        person=who.person,
        similarity=similarity,
        speaking=None if heard is None else heard.speaking,
        why=None if heard is None else heard.why,
    )


def _segment(stretch: Stretch, track: int, who: Identity, name: str, video: str) -> Segment:
    compared = who.nearest is not None
    return Segment(
        id=name,
        video=video,
        person=who.person or f"track-{track:04d}",
        start=stretch.start,
        end=stretch.end,
        first_frame=stretch.first_frame,
        last_frame=stretch.last_frame,
        speaking_mean=stretch.speaking_sum / stretch.rows,
        speaking_min=stretch.speaking_min,
        similarity=stretch.similarity_sum / stretch.rows if compared else None,
        similarity_min=stretch.similarity_min if compared else None,
        track=track,
        av_offset_ms=stretch.offset_ms,
    )


def _track_result(track: int, shot: int, known: _Dossier, who: Identity) -> TrackResult:
    return TrackResult(
        id=track,
        shot=shot,
        first_frame=known.first.index,
        last_frame=known.last.index,
        start=known.first.time,
        end=known.end,
        frames=known.frames,
        person=who.person,
        similarity=who.similarity,
        margin=who.margin,
        reason=who.reason,
        speaking_mean=known.speaking_sum / known.heard if known.heard else None,
        speaking_max=known.speaking_max if known.heard else None,
    )
