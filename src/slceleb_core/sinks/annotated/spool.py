"""Frame results put aside on disk until the verdicts on them are known, so that a video of hours fits."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from slceleb_core.perception.shots import LONGEST_PAUSE
from slceleb_core.results import FaceResult, FrameResult
from slceleb_core.types import JsonValue


class Spool:
    """Holds frame results in a compressed file without a name, of which nothing is left even if the process is killed.

    Parameters
    ----------
    folder
        On whose disk.

    Attributes
    ----------
    first
        The first one; None as long as there is none.
    last
        PTS seconds of the last one.
    jumps
        PTS seconds of the frame before and of the one behind, wherever the clock jumps ahead.
    """

    def __init__(self, folder: Path) -> None:
        self.first: FrameResult | None = None
        self.last = 0.0
        self.jumps: list[tuple[float, float]] = []
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - `close` is the owner's to call
        self._lines = gzip.GzipFile(mode="wb", compresslevel=1, fileobj=self._file)

    def add(self, frame: FrameResult) -> None:
        """Put one aside, behind the others."""
        if self.first is not None and frame.time > self.last + LONGEST_PAUSE:
            self.jumps.append((self.last, frame.time))
        self.first, self.last = self.first or frame, frame.time
        faces = [_face_to_json(face) for face in frame.faces]
        self._lines.write(json.dumps([frame.index, frame.time, frame.voice, faces]).encode() + b"\n")

    def read(self) -> Iterator[FrameResult]:
        """Yield them all, in order; nothing can be added any more."""
        self._lines.close()
        self._file.seek(0)
        with gzip.GzipFile(mode="rb", fileobj=self._file) as lines:
            for line in lines:
                yield _frame_from_json(json.loads(line))

    def close(self) -> None:
        """Let go of the file, and with it of all that it holds; called a second time it does nothing."""
        try:
            self._lines.close()
        finally:
            self._file.close()


def _face_to_json(face: FaceResult) -> JsonValue:
    shown = [face.track, face.box, face.score, face.person, face.similarity, face.speaking]
    return [*shown, face.diagnostics, face.mouth, face.chance, face.overlap]


def _frame_from_json(data: JsonValue) -> FrameResult:
    index, time, voice, faces = data
    return FrameResult(index, time, tuple(FaceResult(track, tuple(box), *rest) for track, box, *rest in faces), voice)
