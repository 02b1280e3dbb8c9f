"""Reading who speaks when, and what is scored, from CSV, RTTM and UEM. Errors name the file and the line."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from slceleb_core.errors import UsageError

SPEECH_COLUMNS = ("video", "person", "start", "end")

REGION_COLUMNS = ("video", "start", "end")

RTTM_HINT = "a line of RTTM reads: SPEAKER <video> 1 <start> <duration> <NA> <NA> <person> <NA> <NA>"

UEM_HINT = "a line of UEM reads: <video> 1 <start> <end>"


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch in which a person speaks.

    Attributes
    ----------
    video
        As the file names it.
    person
        The name, in Unicode's composed form (NFC), so that it compares equal wherever it was typed.
    start, end
        PTS seconds.
    """

    video: str
    person: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a video that is scored.

    Attributes
    ----------
    video
        As the file names it.
    start, end
        PTS seconds.
    """

    video: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file: where it is, for errors, and its cells."""

    path: Path
    number: int
    cells: Sequence[str]
    hint: str

    def fail(self, what: str) -> NoReturn:
        raise UsageError(f"{self.path}, line {self.number}: {what}", self.hint)

    def text(self, place: int, what: str) -> str:
        text = unicodedata.normalize("NFC", self.cells[place].strip())
        if not text:
            self.fail(f"no {what}")
        return text

    def seconds(self, place: int, what: str) -> float:
        try:
            value = float(self.cells[place])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fail(f"the {what} {self.cells[place]!r} is no number of seconds")
        return value

    def span(self, start: float, end: float) -> tuple[float, float]:
        if end <= start:
            self.fail(f"it ends at {end:g} s, which is not after its start at {start:g} s")
        return start, end


def read_speech(path: Path) -> list[Speech]:
    """Return who speaks when.

    Parameters
    ----------
    path
        RTTM (NIST, "Rich Transcription Spring 2006 evaluation plan") where the name ends in ``.rttm``; else CSV with
        the columns ``video,person,start,end``, in any order, among others.

    Raises
    ------
    UsageError
        It cannot be read or does not hold.
    """
    if path.suffix.lower() == ".rttm":
        return [_rttm(line) for line in _words(path, RTTM_HINT) if line.cells[0].upper() == "SPEAKER"]
    return [
        Speech(
            line.text(0, "video"),
            line.text(1, "person"),
            *line.span(line.seconds(2, "start"), line.seconds(3, "end")),
        )
        for line in _table(path, SPEECH_COLUMNS)
    ]


def read_regions(path: Path) -> list[Region]:
    """Return what is scored.

    Parameters
    ----------
    path
        UEM (NIST) where the name ends in ``.uem``; else CSV with the columns ``video,start,end``, in any order, among
        others.

    Raises
    ------
    UsageError
        It cannot be read or does not hold.
    """
    if path.suffix.lower() == ".uem":
        return [_uem(line) for line in _words(path, UEM_HINT)]
    return [
        Region(line.text(0, "video"), *line.span(line.seconds(1, "start"), line.seconds(2, "end")))
        for line in _table(path, REGION_COLUMNS)
    ]


def _rttm(line: _Line) -> Speech:
    if len(line.cells) < 8:
        line.fail(f"{len(line.cells)} fields instead of 8 or more")
    start, duration = line.seconds(3, "start"), line.seconds(4, "duration")
    return Speech(line.text(1, "video"), line.text(7, "person"), *line.span(start, start + duration))


def _uem(line: _Line) -> Region:
    if len(line.cells) < 4:
        line.fail(f"{len(line.cells)} fields instead of 4")
    return Region(line.text(0, "video"), *line.span(line.seconds(2, "start"), line.seconds(3, "end")))


def _words(path: Path, hint: str) -> Iterator[_Line]:
    """Yield the lines of a file of words, without comments (``;;``) and empty lines."""
    for number, line in enumerate(_text(path).splitlines(), start=1):
        words = line.split()
        if words and not words[0].startswith(";;"):
            yield _Line(path, number, words, hint)


def _table(path: Path, columns: Sequence[str]) -> Iterator[_Line]:
    """Yield the lines of a CSV file, each with the cells of the wanted columns in the wanted order."""
    hint = f"the first line must name the columns: {','.join(columns)}"
    rows = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(rows, [])]
        missing = [column for column in columns if column not in header]
        if missing:
            raise UsageError(f"{path}, line 1: no column {', '.join(missing)}", hint)
        places = [header.index(column) for column in columns]
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _cells(_Line(path, rows.line_num, row, hint), places)
    except csv.Error as error:
        raise UsageError(f"{path}, line {rows.line_num}: {error}", hint) from None


def _cells(line: _Line, places: Sequence[int]) -> _Line:
    if len(line.cells) <= max(places):
        line.fail(f"{len(line.cells)} cells, fewer than the first line names")
    return _Line(line.path, line.number, [line.cells[place] for place in places], line.hint)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"cannot read {path}: {reason}") from None
