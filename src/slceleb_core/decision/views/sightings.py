"""What one camera shows, on the clock of the group: tracks as a whole, and frames one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from slceleb_core.decision.identity import Vote
from slceleb_core.decision.rowscores import RowScore, known
from slceleb_core.decision.spans import FrameRows, Span
from slceleb_core.types import Array

TrackKey: TypeAlias = tuple[int, int]
"""A camera's place in the group, and the number of a track of its video."""


@dataclass(slots=True, eq=False)
class Sighted:
    """A track of one camera, when all of its video has been seen.

    Attributes
    ----------
    key
        Which one.
    start, end
        Seconds on the clock of the group.
    vote
        What its faces say of who it is.
    total
        float64 [dim]: the sum of its embeddings, each by its weight; of no size where there is none.
    beside
        Tracks that were seen on one frame with it; so they show other people.
    """

    key: TrackKey
    start: float
    end: float
    vote: Vote = field(default_factory=Vote)
    total: Array = field(default_factory=lambda: np.zeros(0))
    beside: set[TrackKey] = field(default_factory=set)

    @property
    def camera(self) -> int:
        """The camera's place in the group."""
        return self.key[0]

    @property
    def mean(self) -> Array:
        """float64 [dim]: the mean of its embeddings; of no size where there is none."""
        return np.asarray(self.total / self.vote.weight) if self.vote.weight > 0 else np.zeros(0)

    def together(self, other: Sighted) -> float:
        """Return for how many seconds both are seen; below 0: how far they are apart."""
        return min(self.end, other.end) - max(self.start, other.start)


class Roll:
    """Collects the tracks of one camera, span by span.

    Parameters
    ----------
    camera
        Its place in the group.
    """

    def __init__(self, camera: int) -> None:
        self._camera = camera
        self._tracks: dict[int, Sighted] = {}
        self._last: frozenset[int] = frozenset()

    def take(self, span: Span) -> None:
        """Take the own frames of a span, the next one of the video."""
        ends = span.ends
        for r in range(*span.keep.indices(len(span.rows))):
            row = span.rows[r]
            for face, track in enumerate(int(track) for track in row.tracks):
                sighted = self._tracks.get(track)
                if sighted is None:
                    sighted = self._tracks[track] = Sighted((self._camera, track), row.time, row.time)
                sighted.end = float(ends[r])
                sighted.vote.add(row.similarities[face : face + 1], row.weights[face : face + 1], row.growth_of(face))
            self._meet(frozenset(int(track) for track in row.tracks))

    def _meet(self, here: frozenset[int]) -> None:
        """Know that these tracks are on one frame."""
        if here == self._last:
            return
        self._last = here
        keys = {(self._camera, track) for track in here}
        for track in here:
            self._tracks[track].beside |= keys - {(self._camera, track)}

    def close(self, totals: dict[int, Array]) -> list[Sighted]:
        """Return all tracks, by number.

        Parameters
        ----------
        totals
            float64 [dim] by track: the sum of its embeddings, each by its weight.
        """
        for track, sighted in self._tracks.items():
            if track in totals and sighted.vote.weight > 0:
                sighted.total = totals[track]
        return [sighted for _, sighted in sorted(self._tracks.items())]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One face on one frame of a camera.

    Attributes
    ----------
    track
        Which one.
    box
        x0, y0, x1, y1 in pixels of that camera's picture.
    score
        The detector's confidence, 0..1.
    size
        Pixels (``Faces.sizes``).
    turned
        Degrees by which it looks away from the camera; None where the detector says not.
    sharpness
        0..1; None where the detector says not.
    weight
        Its quality, 0..1: size, pose and sharpness.
    similarities
        float32 [persons].
    looked, embedded
        As of ``FaceResult``.
    said
        What the speaker stage says of it; None without a sound.
    """

    track: TrackKey
    box: tuple[float, float, float, float]
    score: float
    size: float
    turned: float | None
    sharpness: float | None
    weight: float
    similarities: Array
    looked: bool
    embedded: bool
    said: RowScore | None


@dataclass(frozen=True, slots=True, eq=False)
class ViewFrame:
    """A frame of one camera.

    Attributes
    ----------
    camera
        Its place in the group.
    index
        Of the frame, in that camera's video.
    shot
        In which it is, in that camera's video.
    time, end
        From when until when it is shown, seconds.
    looks
        The faces on it.
    """

    camera: int
    index: int
    shot: int
    time: float
    end: float
    looks: tuple[Look, ...]


def frames_of(camera: int, span: Span, said: dict[tuple[int, int], RowScore]) -> Iterator[ViewFrame]:
    """Yield the own frames of a span.

    Parameters
    ----------
    camera
        Its place in the group.
    span
        The next one of its video.
    said
        What is heard, by (frame index, track).
    """
    ends = span.ends
    for r in range(*span.keep.indices(len(span.rows))):
        row = span.rows[r]
        looks = tuple(
            _look((camera, track), row, face, said.get((row.index, track)))
            for face, track in enumerate(int(track) for track in row.tracks)
        )
        yield ViewFrame(camera, row.index, row.shot, row.time, float(ends[r]), looks)


def _look(track: TrackKey, row: FrameRows, face: int, said: RowScore | None) -> Look:
    faces = row.faces
    x0, y0, x1, y1 = (float(value) for value in faces.boxes[face])
    return Look(
        track=track,
        box=(x0, y0, x1, y1),
        score=float(faces.scores[face]),
        size=float(faces.sizes[face]),
        turned=None if faces.pose is None else known(np.abs(faces.pose[face, :2]).max()),
        sharpness=None if faces.sharpness is None else known(faces.sharpness[face]),
        weight=float(row.weights[face]),
        similarities=row.similarities[face],
        looked=faces.looked is None or bool(faces.looked[face]),
        embedded=faces.embedded is None or bool(faces.embedded[face]),
        said=said,
    )


def seen_by(members: Iterable[Sighted]) -> list[int]:
    """Return by which cameras some tracks are seen, in order."""
    return sorted({member.camera for member in members})
