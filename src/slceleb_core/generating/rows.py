"""Where the faces of a video are, frame by frame: put aside while it is looked through, read when all are known.

Who a track shows is known when it has ended. So all faces are written down, a row each, in a temporary file without a
name; 150 bytes a face and frame, 14 MB an hour of one face.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType

import numpy as np
from typing_extensions import Self

from slceleb_core.disk.temporaries import PREFIX, discard, putting_aside
from slceleb_core.types import Array

JAW = (323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93)
"""The lower outline of a face, from one ear to the other, in MediaPipe's ``face_mesh_connections`` (FACE_OVAL)."""

BELOW_NOSE = (2,)
"""Where the nose ends: nothing above the line from there to the ears is changed."""

POINTS = (*JAW, *BELOW_NOSE)

ROW = np.dtype([("frame", "<i8"), ("track", "<i8"), ("box", "<f4", (4,)), ("points", "<f4", (len(POINTS), 2))])
"""What is written down of a face."""

CHUNK = 2048
"""Rows that are read at a time: 400 kB."""

SMOOTHED = 5
"""Frames over which boxes are averaged, as Wav2Lip's ``get_smoothened_boxes`` does (inference.py, T=5). There it is the
frame and the four behind it, so that a box runs ahead of a head that moves; here it is two on either side."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceRow:
    """One face on one frame.

    Attributes
    ----------
    frame, track
        Which.
    box
        float64 [4]: x0, y0, x1, y1 in pixels, averaged over a few frames.
    points
        float64 [p, 2]: the outline of its lower part, in pixels; NaN where it was not seen.
    """

    frame: int
    track: int
    box: Array
    points: Array

    def __post_init__(self) -> None:
        if np.shape(self.box) != (4,) or np.shape(self.points) != (len(POINTS), 2):
            raise ValueError(f"a box of shape {np.shape(self.box)}, points of shape {np.shape(self.points)}")

    @property
    def seen(self) -> bool:
        """Whether its lower part was seen."""
        return bool(np.isfinite(self.points).all() and np.isfinite(self.box).all())


class FaceRows:
    """The rows of a video, added in order of frames; a context manager."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix=PREFIX)  # noqa: SIM115 - `__exit__` closes it
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        discard(self._file)

    def add(self, frame: int, tracks: Array, boxes: Array, landmarks: Array | None) -> None:
        """Write down the faces of one frame.

        Parameters
        ----------
        frame
            Its index, higher than all before.
        tracks
            int64 [n].
        boxes
            [n, 4].
        landmarks
            [n, 478, 3]; None where no face has any.

        Raises
        ------
        OutputError
            There is no room for them.
        """
        rows = np.zeros(len(tracks), ROW)
        rows["frame"], rows["track"], rows["box"] = frame, tracks, boxes
        rows["points"] = np.nan if landmarks is None else landmarks[:, POINTS, :2]
        with putting_aside("where the faces of a video are", "14 MB an hour of one face"):
            self._file.write(rows.tobytes())
        self.count += len(rows)

    def of(self, tracks: Collection[int]) -> Iterator[FaceRow]:
        """Yield the rows of some tracks in order of frames, their boxes averaged."""
        yield from averaged(self._read(tracks))

    def _read(self, tracks: Collection[int]) -> Iterator[FaceRow]:
        wanted = np.array(sorted(tracks), np.int64)
        self._file.seek(0)
        while chunk := self._file.read(CHUNK * ROW.itemsize):
            rows = np.frombuffer(chunk, ROW)
            for row in rows[np.isin(rows["track"], wanted)]:
                box, points = row["box"].astype(np.float64), row["points"].astype(np.float64)
                yield FaceRow(int(row["frame"]), int(row["track"]), box, points)


def averaged(rows: Iterable[FaceRow]) -> Iterator[FaceRow]:
    """Yield rows with their boxes averaged over those of the same track, on at most :data:`SMOOTHED` frames around.

    Where a track begins or ends, and where frames are missing, it is over fewer. A few rows are at hand at a time.
    """
    reach = SMOOTHED // 2
    near: deque[FaceRow] = deque()
    waiting: deque[FaceRow] = deque()
    for row in _closed(rows):
        while waiting and (row is None or row.frame > waiting[0].frame + reach):
            first = waiting.popleft()
            while near[0].frame < first.frame - reach:
                near.popleft()
            boxes = [r.box for r in near if r.track == first.track and r.frame <= first.frame + reach]
            yield replace(first, box=np.mean(boxes, axis=0))
        if row is not None:
            near.append(row)
            waiting.append(row)


def _closed(rows: Iterable[FaceRow]) -> Iterator[FaceRow | None]:
    """Yield rows, and None behind the last."""
    yield from rows
    yield None
