"""From frames to rows: find faces, link, embed and observe. Pixels do not get beyond this module.

Each step is a small protocol, so that what was found earlier can stand in for a stage (``artefacts.steps``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np

from slceleb_core.decision.identity import Gallery
from slceleb_core.decision.spans import SLIM, FrameRows
from slceleb_core.perception.alignment import aligned
from slceleb_core.perception.looks import Looks
from slceleb_core.perception.passing import Passing
from slceleb_core.perception.quality import quality
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.perception.tracking import Tracker, TrackingConfig
from slceleb_core.stages import Detector, Recognizer, Speaker
from slceleb_core.timing import Timings
from slceleb_core.types import Array, FaceCrops, Faces, Frame

T = TypeVar("T")

BATCH_PIXELS = 16_000_000
"""Pixels that a batch may hold: two frames of 4K, half a frame of 8K (a batch has at least one frame)."""

EARLY = 0.9
"""Part of the time from one look to the next after which it may come: frame times are rounded."""

NO_PIXELS = np.zeros((0, 0, 3), np.uint8)
"""The picture that is handed to whoever looks at none."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameFaces:
    """One frame, and the faces on it.

    Attributes
    ----------
    index, time, shot
        As in ``Frame``.
    faces
        With every column that the detector gave.
    frame
        The picture; None where nobody needs it.
    embeddings
        float32 [n, dim], where whoever found the faces has had some embedded; NaN throughout of the others.
    """

    index: int
    time: float
    shot: int
    faces: Faces
    frame: Frame | None
    embeddings: Array | None = None

    @property
    def picture(self) -> Frame:
        """The frame; raise RuntimeError where there is none."""
        if self.frame is None:
            raise RuntimeError(f"frame {self.index} was not decoded")
        return self.frame


class FindingFaces(Protocol):
    """The step from frames to faces."""

    def find(self) -> Iterator[Sequence[FrameFaces]]:
        """Yield all frames with their faces, in order of time, a few at a time."""


class Embedding(Protocol):
    """The step from faces to embeddings."""

    def embed(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array]:
        """Return, for each frame, float32 [n, dim]; `tracks`, int64 [n] for each frame, say which track a face is of.

        A frame without faces may have an array of any shape.
        """


class Observing(Protocol):
    """The step from faces to what a score will be made from."""

    def observe(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array | None]:
        """Return, for each frame, [n, ...], or None where nothing is kept of it; `tracks` as of :class:`Embedding`."""


class Detecting:
    """Finds faces with a detector.

    Parameters
    ----------
    detector
        Open, and told of the video.
    frames
        All of them, with their shots.
    tracking
        Which faces are one, where frames between were not looked at.
    """

    def __init__(self, detector: Detector, frames: Iterable[Frame], tracking: TrackingConfig, timings: Timings) -> None:
        self._detector, self._frames, self._timings = detector, frames, timings
        self._passing = Passing(tracking)

    def find(self) -> Iterator[Sequence[FrameFaces]]:
        """Yield the frames in batches; those that were not looked at with the next one that was."""
        for batch in batches(self._frames, self._detector.batch_frames, lambda frame: frame):
            with self._timings.stage("detect"):
                found = self._detector.detect(batch)
            pairs = zip(batch, found, strict=True)
            yield _faced(seen for frame, faces in pairs for seen in self._passing.take(frame, faces))
        yield _faced(self._passing.rest())


class Recognizing:
    """Makes embeddings with a recognizer.

    Parameters
    ----------
    recognizer
        Open, and told of the video.
    """

    def __init__(self, recognizer: Recognizer, timings: Timings) -> None:
        self._recognizer, self._timings = recognizer, timings

    def embed(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array]:
        """Embed the faces of all frames of the batch together."""
        counts = [len(seen.faces) for seen in batch]
        if not sum(counts):
            return [np.zeros((0, 0), np.float32) for _ in counts]
        with self._timings.stage("embed"):
            crops = FaceCrops(
                images=np.concatenate([crop_faces(seen.picture, seen.faces, self._recognizer) for seen in batch]),
                tracks=np.concatenate(tracks),
                boxes=np.concatenate([seen.faces.boxes for seen in batch]),
                times=np.repeat([seen.time for seen in batch], counts),
            )
            embeddings = self._recognizer.embed(crops)
        return np.split(embeddings, np.cumsum(counts)[:-1])


class LiveObserver:
    """Has a speaker stage look at the faces, as often as it likes to.

    Parameters
    ----------
    speaker
        Open, and told of the video.
    """

    def __init__(self, speaker: Speaker, timings: Timings) -> None:
        self._speaker, self._timings = speaker, timings
        self._pace = Pace(speaker.observe_rate)

    def observe(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array | None]:
        """Return what the stage keeps of the faces of each frame; None where it is not asked."""
        asked = [place for place, seen in enumerate(batch) if self._speaker.wants(seen.faces) and self._pace.asks(seen)]
        kept: list[Array | None] = [None] * len(batch)
        if asked:
            chosen = [batch[place] for place in asked]
            with self._timings.stage("observe"):
                frames, faces = [self._shown(seen) for seen in chosen], [seen.faces for seen in chosen]
                observed = self._speaker.observe_batch(frames, faces, [tracks[place] for place in asked])
            for place, of_frame in zip(asked, observed, strict=True):
                kept[place] = of_frame
        return kept

    def _shown(self, seen: FrameFaces) -> Frame:
        return seen.picture if self._speaker.needs_pixels else Frame(seen.index, seen.time, NO_PIXELS, seen.shot)


class Pace:
    """Says of which frames of a shot a stage is asked that wants so many a second, and no more.

    Parameters
    ----------
    rate
        Frames a second; None: all of them.
    """

    def __init__(self, rate: float | None) -> None:
        self._step = 0.0 if rate is None else EARLY / rate
        self._shot, self._last = -1, float("-inf")

    def asks(self, seen: FrameFaces) -> bool:
        """Tell whether it is asked of a frame, the next one, or the one before once more."""
        if seen.shot == self._shot and 0.0 < seen.time - self._last < self._step:
            return False
        self._shot, self._last = seen.shot, seen.time
        return True


class NullObserver:
    """Keeps nothing: what a score would be made from is not needed where the score is known."""

    def observe(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array | None]:  # noqa: ARG002 - the protocol's
        """Return None for each frame."""
        return [None] * len(batch)


@dataclass(frozen=True, slots=True, eq=False)
class Perception:
    """The steps that perceive, for one video.

    Attributes
    ----------
    finding, observing
        Two of them.
    embedding
        The third; None where there is no gallery to compare with.
    selection
        The persons of interest, and who is told of the time that linking and comparing take.
    tracking
        Which faces are one track.
    """

    finding: FindingFaces
    observing: Observing
    embedding: Embedding | None
    selection: VideoSelection
    tracking: TrackingConfig

    def perceive(self) -> Iterator[FrameRows]:
        """Yield a :class:`FrameRows` for each frame, in order."""
        tracker, looks = Tracker(self.tracking), Looks()
        for batch in self.finding.find():
            with self.selection.timings.stage("track"):
                tracks = [tracker.link(seen, seen.faces) for seen in batch]
            embedded, observed = self._embed(batch, tracks), self.observing.observe(batch, tracks)
            for seen, ids, known, observations in zip(batch, tracks, embedded, observed, strict=True):
                faces = seen.faces
                slim = Faces(**{name: getattr(faces, name) for name in SLIM})
                weights = quality(faces)
                with self.selection.timings.stage("compare"):
                    similar = self._compared(seen, known)
                    growth = None if known is None else looks.growth(seen.shot, ids, known, weights)
                    if self.selection.totals is not None and known is not None:
                        self.selection.totals.take(ids, known, weights)
                yield FrameRows(seen.index, seen.time, seen.shot, slim, ids, observations, similar, weights, growth)

    def _embed(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> Sequence[Array | None]:
        """Return, for each frame, float32 [n, dim]; None where nobody is compared with anybody."""
        if self.selection.gallery is None or self.embedding is None:
            return [None] * len(batch)
        return self.embedding.embed(batch, tracks)

    def _compared(self, seen: FrameFaces, embeddings: Array | None) -> Array:
        """Return float32 [n, persons] for the faces of a frame."""
        if self.selection.gallery is None or embeddings is None:
            return np.zeros((len(seen.faces), 0), np.float32)
        return compared(self.selection.gallery, embeddings)


def compared(gallery: Gallery, embeddings: Array) -> Array:
    """Return float32 [n, persons] for the faces of one frame, [n, dim].

    A matrix product rounds by its shape, and by how its numbers lie in memory. So it is taken of one frame, and of a
    copy: the result is the same however frames come together.
    """
    if not len(embeddings):
        return np.zeros((0, len(gallery.names)), np.float32)
    return gallery.similarities(np.array(embeddings, order="C"))


def _faced(seen: Iterable[tuple[Frame, Faces]]) -> list[FrameFaces]:
    return [FrameFaces(frame.index, frame.time, frame.shot, faces, frame) for frame, faces in seen]


def crop_faces(frame: Frame, faces: Faces, recognizer: Recognizer) -> Array:
    """Return uint8 [n, size, size, 3]: the frame's faces, aligned as a recognizer wants them."""
    if faces.keypoints5 is None:
        raise ValueError("alignment needs the detector's five keypoints")
    return aligned(frame.pixels, faces.keypoints5, recognizer.alignment())


def batches(items: Iterable[T], most: int, picture: Callable[[T], Frame]) -> Iterator[list[T]]:
    """Yield what there is in batches, bounded by number and by pixels, so that 8K does not cost gigabytes.

    Parameters
    ----------
    items
        Frames, or what has one.
    most
        How many at most.
    picture
        Gives the frame of one.
    """
    iterator = iter(items)
    for first in iterator:
        shown = picture(first)
        size = max(1, min(most, BATCH_PIXELS // max(shown.width * shown.height, 1)))
        yield [first, *islice(iterator, size - 1)]
