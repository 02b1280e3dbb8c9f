"""Holding just enough of a shot: rows of observations, divided into spans that overlap.

What a speaker stage says of a moment depends on the seconds around it. So a shot is kept until it ends, or until it
is too long to hold: then what is settled is handed on as a span, with a margin of context on either side that belongs
to its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from slceleb_core.decision.options import PolicyConfig
from slceleb_core.types import Array, Faces, Track


class SpanConfig(PolicyConfig):
    """How much of a shot is held at once."""

    seconds: float = Field(
        default=60.0,
        ge=5.0,
        le=3600.0,
        description="Longest stretch of a shot that is scored in one piece, in seconds.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class FrameRows:
    """What outlives the pixels of one frame: a row a face.

    Attributes
    ----------
    index, time, shot
        As in ``Frame``.
    faces
        Boxes, scores, pose and sharpness (the other columns have been let go).
    tracks
        int64 [n]: track of each face.
    observations
        [n, ...]: the speaker stage's.
    similarities
        float32 [n, persons]; persons is 0 without a gallery.
    weights
        float32 [n]: the quality of each face.
    """

    index: int
    time: float
    shot: int
    faces: Faces
    tracks: Array
    observations: Array
    similarities: Array
    weights: Array


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A stretch of one shot, ready to be scored.

    Attributes
    ----------
    shot
        The shot's number.
    rows
        Its frames in order of time, context included.
    keep
        Which of `rows` are this span's own; the others are context.
    last
        Whether the shot ends with it.
    end
        PTS seconds at which the last frame of `rows` ends.
    """

    shot: int
    rows: tuple[FrameRows, ...]
    keep: slice
    last: bool
    end: float

    @property
    def ends(self) -> Array:
        """float64 [rows]: PTS seconds until which each frame is shown."""
        return np.append([row.time for row in self.rows[1:]], self.end)

    def tracks(self) -> list[Track]:
        """Return every track of the span, context included, by id."""
        places: dict[int, list[tuple[int, int]]] = {}
        for r, row in enumerate(self.rows):
            for f, track in enumerate(row.tracks):
                places.setdefault(int(track), []).append((r, f))
        return [self._track(track, where) for track, where in sorted(places.items())]

    def _track(self, track: int, where: list[tuple[int, int]]) -> Track:
        rows = [self.rows[r] for r, _ in where]
        return Track(
            id=track,
            frames=[row.index for row in rows],  # type: ignore[arg-type]
            times=[row.time for row in rows],  # type: ignore[arg-type]
            boxes=np.stack([self.rows[r].faces.boxes[f] for r, f in where]),
            observations=np.stack([self.rows[r].observations[f] for r, f in where]),
        )


def divide(frames: Iterable[FrameRows], config: SpanConfig, context: float) -> Iterator[Span]:
    """Yield the spans of all shots.

    Parameters
    ----------
    frames
        In order of time.
    config
        How long a span may be.
    context
        Seconds of context that a score may depend on, on either side.
    """
    held: list[FrameRows] = []
    settled = 0  # rows at the front of `held` that earlier spans have decided
    for row in frames:
        if held and row.shot != held[-1].shot:
            yield _span(held, slice(settled, len(held)), last=True, until=row.time)
            held, settled = [], 0
        elif held and row.time - held[settled].time >= config.seconds + context:
            times = np.array([one.time for one in held])
            ready = max(int(np.searchsorted(times, row.time - context)), settled + 1)
            yield _span(held, slice(settled, ready), last=False, until=row.time)
            drop = min(int(np.searchsorted(times, held[min(ready, len(held) - 1)].time - context)), ready)
            held, settled = held[drop:], ready - drop
        held.append(row)
    if held:
        yield _span(held, slice(settled, len(held)), last=True, until=float("inf"))


def _span(held: list[FrameRows], keep: slice, *, last: bool, until: float) -> Span:
    """Return the span; its last frame is shown until the next one, but no longer than frames usually are."""
    times = np.array([row.time for row in held])
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.04
    return Span(held[0].shot, tuple(held), keep, last, min(until, float(times[-1]) + usual))
