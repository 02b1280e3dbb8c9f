"""``segments.csv`` and ``rejected.csv``: a line a segment, and a line a stretch that is none; by video and for all."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from slceleb_core.disk.atomic import replacing_file
from slceleb_core.disk.naming import readable
from slceleb_core.disk.output import results_in
from slceleb_core.results import Rejection, Segment, Summary
from slceleb_core.stages import Sink, SinkJob, StageConfig

COLUMNS = ("id", "video", "person", "start", "end", "duration", "speaking_mean", "speaking_min", "similarity", "track")

REJECTED_COLUMNS = ("video", "person", "track", "start", "end", "duration", "gate", "value", "limit", "comparison")

FILE, REJECTED = "segments.csv", "rejected.csv"

TABLES = {FILE: COLUMNS, REJECTED: REJECTED_COLUMNS}


class TableConfig(StageConfig):
    """It has no options."""


class TableSink(Sink):
    """Writes the tables of each video and, when the run ends, of all of them."""

    name = "table"
    revision = 2
    Config = TableConfig

    _job: SinkJob

    def start(self, job: SinkJob) -> None:
        """Begin both tables."""
        self._job = job
        self._lines: dict[str, list[list[str]]] = {name: [] for name in TABLES}

    def segment(self, segment: Segment) -> None:
        """Take a line."""
        self._lines[FILE].append(list(row(segment).values()))

    def rejection(self, rejection: Rejection) -> None:
        """Take a line."""
        self._lines[REJECTED].append([readable(self._job.video.path), *rejected_cells(rejection)])

    def commit(self, summary: Summary) -> None:  # noqa: ARG002 - the table has no room for it
        """Write the video's tables."""
        for name, lines in self._lines.items():
            _write(self._job.folder / name, lines, TABLES[name])

    def collect(self, output_dir: Path) -> None:
        """Write the run's tables anew from those of all finished videos, so that a rerun never doubles a line."""
        for name in TABLES:
            tables = [result / name for result in results_in(output_dir)]
            with replacing_file(output_dir / name) as aside:
                _write(aside, (line for table in tables if table.is_file() for line in _read(table)), TABLES[name])

    def abort(self) -> None:
        """Forget the lines."""
        self._lines = {}


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


def rejected_cells(rejection: Rejection) -> list[str]:
    """Return the columns of a stretch that is no segment, but for the first."""
    gate = rejection.gate
    times = (f"{seconds:.3f}" for seconds in (rejection.start, rejection.end, rejection.duration))
    measured = ("" if value is None else f"{value:.4f}" for value in (gate.value, gate.limit))
    return [rejection.person, str(rejection.track), *times, gate.name, *measured, gate.comparison]


def _write(path: Path, lines: Iterable[list[str]], columns: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


def _read(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        next(lines, None)
        yield from lines
