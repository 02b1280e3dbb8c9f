"""The steps of perception and judgement, written down as they are taken, and taken again from what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from slceleb_core.artefacts.archive import Reader, Stored
from slceleb_core.artefacts.rows import LEAN, face_columns, faces_of, score_columns, scores_of
from slceleb_core.artefacts.store import Recording
from slceleb_core.decision.rowscores import Scoring
from slceleb_core.decision.spans import Span
from slceleb_core.perception.steps import Embedding, FindingFaces, FrameFaces, Observing, batches
from slceleb_core.stages import BATCH_FRAMES
from slceleb_core.timing import Timings
from slceleb_core.types import MESH_COLUMNS, Array, Frame, Scores, Track

KEEP, REPLAY = "keep", "replay"
"""What the time is counted as that it takes to write results down, and to read them."""

NO_ROWS = np.zeros((0, 0), np.float32)
"""What is known of a frame's faces where it has none."""


class RecordingFaces:
    """Finds faces, and writes them down.

    Parameters
    ----------
    inner
        Who finds them.
    faces, meshes
        Where to; None for meshes that are not kept.

    Attributes
    ----------
    meshed
        Whether there were columns that belong to the meshes.
    """

    def __init__(self, inner: FindingFaces, faces: Recording, meshes: Recording | None, timings: Timings) -> None:
        self._inner, self._faces, self._meshes, self._timings = inner, faces, meshes, timings
        self.meshed = False

    def find(self) -> Iterator[Sequence[FrameFaces]]:
        """Yield what is found."""
        for batch in self._inner.find():
            with self._timings.stage(KEEP):
                for seen in batch:
                    self._keep(seen)
            yield batch

    def _keep(self, seen: FrameFaces) -> None:
        rows, lean, mesh = len(seen.faces), face_columns(seen.faces, LEAN), face_columns(seen.faces, MESH_COLUMNS)
        self._faces.add(rows, lean, index=seen.index, time=seen.time, shot=seen.shot)
        self.meshed = self.meshed or bool(mesh)
        if self._meshes is not None:
            self._meshes.add(rows, mesh, index=seen.index)


class ReplayingFaces:
    """Finds the faces that were found before.

    Parameters
    ----------
    faces, meshes
        What was written down; None for meshes that nobody will look at.
    frames
        The pictures, once more; None where nobody will look at them.
    """

    def __init__(self, faces: Reader, meshes: Reader | None, frames: Iterable[Frame] | None, timings: Timings) -> None:
        self._faces, self._meshes, self._frames, self._timings = faces, meshes, frames, timings

    def find(self) -> Iterator[Sequence[FrameFaces]]:
        """Yield what was found."""
        stored = self._timings.pulling(REPLAY, self._stored())
        if self._frames is None:
            while batch := [self._sight(found, None) for found in islice(stored, BATCH_FRAMES)]:
                yield batch
            return
        for frames in batches(self._frames, BATCH_FRAMES, lambda frame: frame):
            yield [self._sight(next(stored, None), frame) for frame in frames]

    def _stored(self) -> Iterator[Stored]:
        if self._meshes is None:
            yield from self._faces.items()
            return
        for faces, more in zip(self._faces.items(), self._meshes.items(), strict=True):
            yield replace(faces, columns={**faces.columns, **more.columns})

    @staticmethod
    def _sight(stored: Stored | None, frame: Frame | None) -> FrameFaces:
        if stored is None or (frame is not None and stored.numbers["index"] != frame.index):
            raise RuntimeError("the video has other frames than when its faces were found")
        index, shot = int(stored.numbers["index"]), int(stored.numbers["shot"])
        shown = None if frame is None else replace(frame, shot=shot)
        return FrameFaces(index, stored.numbers["time"], shot, faces_of(stored.columns, stored.rows), shown)


class RecordingEmbeddings:
    """Makes embeddings, and writes them down."""

    def __init__(self, inner: Embedding, recording: Recording, timings: Timings) -> None:
        self._inner, self._recording, self._timings = inner, recording, timings

    def embed(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array]:
        """Return them."""
        made = self._inner.embed(batch, tracks)
        with self._timings.stage(KEEP):
            for seen, own in zip(batch, made, strict=True):
                self._recording.add(len(seen.faces), {"rows": own}, index=seen.index)
        return made


class RecordingObservations:
    """Observes, and writes down what."""

    def __init__(self, inner: Observing, recording: Recording, timings: Timings) -> None:
        self._inner, self._recording, self._timings = inner, recording, timings

    def observe(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array | None]:
        """Return it."""
        observed = self._inner.observe(batch, tracks)
        with self._timings.stage(KEEP):
            for seen, own in zip(batch, observed, strict=True):
                self._recording.add(len(seen.faces), {} if own is None else {"rows": own}, index=seen.index)
        return observed


class ReplayingRows:
    """Gives the embeddings, or the observations, that were written down."""

    def __init__(self, reader: Reader, timings: Timings) -> None:
        self._stored, self._timings = timings.pulling(REPLAY, reader.items()), timings

    def embed(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array]:  # noqa: ARG002 - the protocol's
        """Return the embeddings of each frame."""
        return [stored.columns["rows"] if stored.rows else NO_ROWS for stored in map(self._next, batch)]

    def observe(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array | None]:  # noqa: ARG002 - the protocol's
        """Return what is known of the faces of each frame; None where nobody was asked."""
        return [stored.columns.get("rows") if stored.rows else NO_ROWS for stored in map(self._next, batch)]

    def _next(self, seen: FrameFaces) -> Stored:
        """Return what was written down of a frame, the next one."""
        stored = next(self._stored, None)
        if stored is None or (stored.numbers["index"], stored.rows) != (seen.index, len(seen.faces)):
            raise RuntimeError("intermediate results do not belong together")
        return stored


class RecordingScores:
    """Scores, and writes down what."""

    def __init__(self, inner: Scoring, recording: Recording, timings: Timings) -> None:
        self._inner, self._recording, self._timings = inner, recording, timings

    def survey(self, span: Span, tracks: Sequence[Track]) -> None:
        """Hand it on: what comes of it shows in the scores."""
        self._inner.survey(span, tracks)

    @property
    def lag(self) -> float | None:
        """Return that of the inner one."""
        return self._inner.lag

    def score(self, span: Span, tracks: Sequence[Track]) -> list[Scores]:
        """Return it."""
        scores = self._inner.score(span, tracks)
        with self._timings.stage(KEEP):
            for track, own in zip(tracks, scores, strict=True):
                self._recording.add(len(own), score_columns(own), track=track.id, first=int(track.frames[0]))
        return scores


class ReplayingScores:
    """Gives the scores that were written down."""

    def __init__(self, reader: Reader, timings: Timings) -> None:
        self._stored, self._timings = timings.pulling(REPLAY, reader.items()), timings
        self._lag: float | None = reader.facts["lag"]

    def survey(self, span: Span, tracks: Sequence[Track]) -> None:
        """Do nothing: what holds for the whole video has been told when the scores were found."""

    @property
    def lag(self) -> float | None:
        """What was told then."""
        return self._lag

    def score(self, span: Span, tracks: Sequence[Track]) -> list[Scores]:  # noqa: ARG002 - the protocol's
        """Return the scores of each track."""
        return [self._scores(track) for track in tracks]

    def _scores(self, track: Track) -> Scores:
        stored = next(self._stored, None)
        if stored is None or not belongs(stored, track):
            raise RuntimeError("intermediate results do not belong together")
        return scores_of(stored.columns)


def belongs(stored: Stored, track: Track) -> bool:
    """Tell whether scores are those of a track of this span."""
    first: float = track.frames[0]
    return (stored.numbers["track"], stored.numbers["first"], stored.rows) == (track.id, first, len(track))
