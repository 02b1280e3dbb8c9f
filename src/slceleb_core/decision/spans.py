"""Holding just enough of a shot: rows of observations, divided into spans that overlap.

What a speaker stage says of a moment depends on the seconds around it. So a shot is kept until it ends, or until it
is too long to hold: then what is settled is handed on as a span, with a margin of context on either side that belongs
to its neighbours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from pydantic import Field

from slceleb_core.decision.options import PolicyConfig
from slceleb_core.types import ATTENTION_COLUMNS, Array, Faces, TimeRange, Track

STEPS = 99
"""Of how many steps from frame to frame, the latest of its shot, the usual one is the median: four seconds at 25 frames
a second, so that it follows a rate that changes; odd, so that it is a step that there was."""

ROUNDING = 1e-6
"""Seconds by which differences of frame times may be off; what is exactly as far as a score looks is part of it."""

ASSUMED_STEP = 0.04
"""Seconds for which a frame is taken to be shown that is alone in its shot: that of PAL."""


class SpanConfig(PolicyConfig):
    """How much of a shot is held at once."""

    seconds: float = Field(
        default=60.0,
        ge=5.0,
        le=3600.0,
        description="Longest stretch of a shot that is scored in one piece, in seconds.",
    )


SLIM = ("boxes", "scores", "pose", "sharpness", *ATTENTION_COLUMNS)
"""The columns of faces that outlive the pixels."""

NOT_OBSERVED = np.zeros((0, 0), np.float32)
"""The observations of a face of which the speaker stage was never asked."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameRows:
    """What outlives the pixels of one frame: a row a face.

    Attributes
    ----------
    index, time, shot
        As in ``Frame``.
    faces
        With the columns :data:`SLIM` (the others have been let go).
    tracks
        int64 [n]: track of each face.
    observations
        [n, ...]: the speaker stage's; None where it was not asked.
    similarities
        float32 [n, persons]; persons is 0 without a gallery.
    weights
        float32 [n]: the quality of each face.
    growth
        float64 [n]: by how much each face makes the squared length of its track's weighted sum of embeddings larger;
        it tells how distinct the looks of the track are. None: not known.
    """

    index: int
    time: float
    shot: int
    faces: Faces
    tracks: Array
    observations: Array | None
    similarities: Array
    weights: Array
    growth: Array | None = None

    def growth_of(self, face: int) -> Array | None:
        """Return float64 [1]: that of one face; None where it is not known."""
        return None if self.growth is None else self.growth[face : face + 1]


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
        PTS seconds at which the last frame of `rows` ends: where the next one begins. Where the shot ends, it is shown
        no longer than frames of it usually are.
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

    @property
    def own(self) -> TimeRange:
        """The time of its own frames, from the first until the last of them ends."""
        own = range(*self.keep.indices(len(self.rows)))
        return TimeRange(self.rows[own[0]].time, float(self.ends[own[-1]]))

    def tracks(self) -> list[Track]:
        """Return every track of the span, context included, by id."""
        places: dict[int, list[tuple[int, int]]] = {}
        for r, row in enumerate(self.rows):
            for f, track in enumerate(row.tracks):
                places.setdefault(int(track), []).append((r, f))
        return [self._track(track, where) for track, where in sorted(places.items())]

    def not_followed(self) -> Iterator[tuple[int, int]]:
        """Yield frame index and track of the faces whose lips nobody followed."""
        for row in self.rows:
            if row.faces.followed is not None:
                yield from ((row.index, int(track)) for track in row.tracks[~row.faces.followed])

    def _track(self, track: int, where: list[tuple[int, int]]) -> Track:
        rows = [self.rows[r] for r, _ in where]
        seen = [(self.rows[r].observations, f) for r, f in where]
        asked = [observed[f] for observed, f in seen if observed is not None]
        return Track(
            id=track,
            frames=[row.index for row in rows],  # type: ignore[arg-type]
            times=[row.time for row in rows],  # type: ignore[arg-type]
            boxes=np.stack([self.rows[r].faces.boxes[f] for r, f in where]),
            observations=np.stack(asked) if asked else NOT_OBSERVED,
            observed=None if len(asked) == len(rows) else np.array([observed is not None for observed, _ in seen]),
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
    reach = context + ROUNDING
    held: list[FrameRows] = []
    settled = 0  # rows at the front of `held` that earlier spans have decided
    pace = _Pace()
    for row in frames:
        if held and row.shot != held[-1].shot:
            end = min(row.time, held[-1].time + pace.usual)
            yield Span(held[0].shot, tuple(held), slice(settled, len(held)), last=True, end=end)
            held, settled, pace = [], 0, _Pace()
        elif held and row.time - held[settled].time >= config.seconds + context:
            times = np.array([other.time for other in held])
            ready = max(int(np.searchsorted(times, row.time - reach)), settled + 1)
            yield Span(held[0].shot, tuple(held), slice(settled, ready), last=False, end=row.time)
            drop = min(int(np.searchsorted(times, held[min(ready, len(held) - 1)].time - reach)), ready)
            held, settled = held[drop:], ready - drop
        held.append(row)
        pace.take(row.time)
    if held:
        end = held[-1].time + pace.usual
        yield Span(held[0].shot, tuple(held), slice(settled, len(held)), last=True, end=end)


@dataclass(slots=True)
class _Pace:
    """How long the frames of a shot are shown, wherever its spans begin."""

    last: float | None = None
    steps: deque[float] = field(default_factory=lambda: deque(maxlen=STEPS))

    def take(self, time: float) -> None:
        """Take the time of the next frame."""
        if self.last is not None:
            self.steps.append(time - self.last)
        self.last = time

    @property
    def usual(self) -> float:
        """Seconds from one frame to the next, as a rule."""
        return median(self.steps) if self.steps else ASSUMED_STEP
