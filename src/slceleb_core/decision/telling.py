"""What is decided, in the form in which it is handed on: faces, segments, rejections, tracks."""

from __future__ import annotations

import numpy as np

from slceleb_core.decision.candidates import Candidate, RowMeasures
from slceleb_core.decision.identity import Identity
from slceleb_core.decision.rowscores import RowScore, known
from slceleb_core.decision.segmenting import Stretch
from slceleb_core.decision.spans import FrameRows
from slceleb_core.decision.trackstates import TrackState
from slceleb_core.results import FaceResult, Gate, Rejection, Segment, TrackResult


def unnamed(track: int) -> str:
    """Return what a track is called that has no name."""
    return f"track-{track:04d}"


def measures_of(row: FrameRows, face: int, score: RowScore, other_speaker: float) -> RowMeasures:
    """Return what is measured of a face on a frame, beside who it is and whether it speaks."""
    pose, sharpness = row.faces.pose, row.faces.sharpness
    return RowMeasures(
        voice=score.voice,
        other_speaker=other_speaker,
        size=float(row.faces.sizes[face]),
        turned=None if pose is None else known(np.abs(pose[face, :2]).max()),
        sharpness=None if sharpness is None else known(sharpness[face]),
        chance=score.chance,
        overlap=score.overlap,
        followed=score.followed,
    )


def face_result(
    row: FrameRows, face: int, who: Identity, similarity: float | None, score: RowScore | None
) -> FaceResult:
    """Return a face of a frame, as decided; `similarity` is that to whom it is nearest."""
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


def rejection_of(candidate: Candidate, track: int, person: str, gates: tuple[Gate, ...]) -> Rejection:
    """Return a candidate that is no segment."""
    frames = (candidate.first_frame, candidate.last_frame)
    return Rejection(person, track, candidate.start, candidate.end, *frames, gates)


def segment_of(stretch: Stretch, track: int, who: Identity, gates: tuple[Gate, ...], name: str, video: str) -> Segment:
    """Return a stretch of speech as a segment, called `name`."""
    return Segment(
        id=name,
        video=video,
        person=who.person or unnamed(track),
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


def track_result(track: int, shot: int, state: TrackState, who: Identity) -> TrackResult:
    """Return what is known of a track that has ended."""
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
