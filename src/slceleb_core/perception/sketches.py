"""Frames of which not all is known yet: where faces are, and what may have to be looked at more closely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

import numpy as np
from typing_extensions import Self

from slceleb_core.perception.between import followed, not_followed, seen_as
from slceleb_core.timing import Timings
from slceleb_core.types import Array, Faces, FaceWindows, Frame, Meshed


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A face as seen through its window, kept for a closer look.

    Attributes
    ----------
    image
        uint8 [side, side, 3].
    window
        float64 [4], as of ``types.Found``.
    """

    image: Array
    window: Array


@dataclass(slots=True, eq=False)
class Sketch:
    """One frame.

    Attributes
    ----------
    index, time, shot
        As in ``Frame``.
    faces
        As far as they are known.
    tracks
        int64 [n]: which of them are one face, for as long as it is not settled what is looked at.
    close
        Whether lips may matter here, by what was known when the frame was gone through.
    frame
        The picture; None where nobody will need it.
    embeddings
        float32 [n, dim], NaN throughout of those that were not embedded; None where nobody is compared with anybody.
    views
        By row: of the faces that may be looked at more closely.
    """

    index: int
    time: float
    shot: int
    faces: Faces
    tracks: Array
    close: bool
    frame: Frame | None = None
    embeddings: Array | None = None
    views: dict[int, View] = field(default_factory=dict)

    def let_go(self) -> None:
        """Know that nobody will look more closely: what was seen of lips on a frame by itself does not count."""
        self.views = {}
        self.faces = not_followed(self.faces)

    def follow(self) -> None:
        """Know that lips are looked at, of whoever has a view."""
        self.faces = followed(self.faces)


class Meshing(Protocol):
    """Looks at faces through their windows; ``MeshingDetector`` does."""

    def mesh(self, windows: FaceWindows) -> Meshed:
        """Return the faces that are seen."""


class Closeups:
    """Has a detector look at faces through their windows, beside all else; a context manager.

    Parameters
    ----------
    detector
        Who looks.
    executor
        What carries it out; None: whoever asks.
    timings
        Told of the time that it takes.
    """

    def __init__(self, detector: Meshing, executor: Executor | None, timings: Timings) -> None:
        self._detector, self._executor, self._timings = detector, executor, timings

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def look(self, views: Sequence[View]) -> Meshed:
        """Return the faces that are seen."""
        windows = FaceWindows(np.stack([view.image for view in views]), np.stack([view.window for view in views]))
        with self._timings.stage("mesh"):
            return self._detector.mesh(windows)

    def look_now(self, views: Sequence[View]) -> Meshed:
        """Return the faces that are seen, behind whatever was ordered before."""
        return self.look(views) if self._executor is None else self._executor.submit(self.look, views).result()

    def order(self, sketches: Sequence[Sketch]) -> Order:
        """Have all views of some frames looked at."""
        places = [(number, row) for number, sketch in enumerate(sketches) for row in sketch.views]
        views = [sketches[number].views[row] for number, row in places]
        for sketch in sketches:
            sketch.views = {}
        if not views:
            return Order(sketches, places, None)
        if self._executor is None:
            seen: Future[Meshed] = Future()
            seen.set_result(self.look(views))
            return Order(sketches, places, seen)
        return Order(sketches, places, self._executor.submit(self.look, views))


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Frames whose faces are being looked at.

    Attributes
    ----------
    sketches
        The frames.
    places
        Of each view: which of the frames, and which row of it.
    seen
        What will be seen; None where there is no view.
    """

    sketches: Sequence[Sketch]
    places: Sequence[tuple[int, int]]
    seen: Future[Meshed] | None

    def finished(self) -> Sequence[Sketch]:
        """Return the frames with all that was seen; wait for it."""
        if self.seen is None:
            return self.sketches
        meshed = self.seen.result()
        for number, chosen in _by_frame(self.places, meshed.rows).items():
            sketch = self.sketches[number]
            rows = np.array([self.places[int(meshed.rows[place])][1] for place in chosen])
            sketch.faces = seen_as(sketch.faces, rows, meshed.faces[np.array(chosen)])
        return self.sketches


def _by_frame(places: Sequence[tuple[int, int]], rows: Array) -> Mapping[int, list[int]]:
    """Return, by frame, which of the faces that were seen are on it."""
    frames: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        frames.setdefault(places[int(row)][0], []).append(place)
    return frames


def in_order(orders: Sequence[Order]) -> Iterator[Sketch]:
    """Yield the frames of some orders, each when it is finished."""
    for order in orders:
        yield from order.finished()
