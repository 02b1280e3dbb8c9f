"""``segments.csv``: one line a segment, for each video and for the whole run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from slceleb_core.output import replacing, results_in
from slceleb_core.stages import Sink, SinkJob, StageConfig
from slceleb_core.types import Segment, Summary

COLUMNS = ("id", "video", "person", "start", "end", "duration", "speaking_mean", "speaking_min", "similarity", "track")

FILE = "segments.csv"


class TableConfig(StageConfig):
    """It has no options."""


class TableSink(Sink):
    """Writes ``segments.csv`` of the video and, once that stands, of the run."""

    name = "table"
    Config = TableConfig

    _job: SinkJob

    def start(self, job: SinkJob) -> None:
        """Begin a table."""
        self._job = job
        self._lines: list[list[str]] = []

    def segment(self, segment: Segment) -> None:
        """Take a line."""
        self._lines.append(list(row(segment).values()))

    def commit(self, summary: Summary) -> None:  # noqa: ARG002 - the table has no room for it
        """Write the video's table."""
        _write(self._job.folder / FILE, self._lines)

    def published(self, folder: Path) -> None:
        """Write the run's table anew from the tables of all finished videos, so that a rerun never doubles a line."""
        tables = [result / FILE for result in results_in(folder.parent)]
        with replacing(folder.parent / FILE) as aside:
            _write(aside, (line for table in tables if table.is_file() for line in _read(table)))

    def abort(self) -> None:
        """Forget the lines."""
        self._lines = []


def row(segment: Segment) -> dict[str, str]:
    """Return a segment as the columns of the table, formatted: milliseconds for times, four decimals for scores."""
    return {
        "id": segment.id,
        "video": segment.video,
        "person": segment.person,
        "start": f"{segment.start:.3f}",
        "end": f"{segment.end:.3f}",
        "duration": f"{segment.duration:.3f}",
        "speaking_mean": f"{segment.speaking_mean:.4f}",
        "speaking_min": f"{segment.speaking_min:.4f}",
        "similarity": "" if segment.similarity is None else f"{segment.similarity:.4f}",
        "track": str(segment.track),
    }


def _write(path: Path, lines: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(lines)


def _read(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        next(lines, None)
        yield from lines
