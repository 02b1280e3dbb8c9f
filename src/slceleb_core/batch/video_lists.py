"""Lists of videos: plain lines, tables, YAML, JSON. A line that does not hold is named with its number."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from slceleb_core.batch.grouping import CameraRow, checked_name, joined, signed_seconds
from slceleb_core.batch.json_lists import is_json, json_rows
from slceleb_core.batch.path_spelling import resolve_path
from slceleb_core.batch.text_files import read_text
from slceleb_core.batch.yaml_lists import yaml_rows
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Item

VIDEO = ("video", "path", "file")
"""What the column of the file may be called; the first is what the documentation says."""

OWN = {*VIDEO, "poi", "start", "end", "id", "audio_track"}
"""Columns that mean something here; all others are facts about the video."""

GROUP, OF_GROUPS = "group", {"camera", "offset", "microphone"}
"""The column that says of which group of cameras a video is, and those that mean something where it does."""

COLUMNS = (
    "expected columns: video, and where wanted poi, start, end, id, audio_track, group, camera, offset, microphone"
)

NOT_MARKED = frozenset({"", "0", "no", "false"})
"""What stands in a column of marks where there is none."""

DELIMITERS = (",", ";", "\t")
"""What may stand between the cells of ``.csv``: Excel writes semicolons where commas stand in numbers."""

SEPARATOR = re.compile(r"\Asep=(.)\n", re.IGNORECASE)
"""The line by which Excel is told what stands between cells."""

TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)", re.ASCII)

Row: TypeAlias = Mapping[str, str | list[str]]
"""What is said of one video, by column, in lower case; only what is there at all."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A video and where it is named.

    Attributes
    ----------
    item
        The video.
    where
        For people: ``videos.csv:12``.
    """

    item: Item
    where: str


def read_list(path: Path) -> list[Listed]:
    """Return the videos of a list.

    Paths that are not absolute are relative to the list's folder, or to the working directory where the list is a pipe.

    Parameters
    ----------
    path
        ``.csv`` or ``.tsv`` with a header; ``.yaml`` or ``.yml`` with a list; ``.json``, ``.jsonl`` or ``.ndjson`` with
        a list or an entry after another. Anything else that is not JSON has a video a line, where blank lines and lines
        that begin with ``#`` are left out.

    Raises
    ------
    UsageError
        It cannot be read, or a line of it does not hold; the message names file and line.
    """
    text = read_text(path)
    suffix = path.suffix.lower()
    rows: Iterator[tuple[str, Row]]
    if suffix in (".csv", ".tsv"):
        rows = _table(text, "\t" if suffix == ".tsv" else _delimiter(text), path)
    elif suffix in (".yaml", ".yml"):
        rows = yaml_rows(text, path)
    elif suffix in (".json", ".jsonl", ".ndjson") or is_json(text):
        rows = json_rows(text, path)
    else:
        rows = _lines(text, path)
    piped = path.is_fifo() or path.absolute().is_relative_to("/dev")  # such as /dev/stdin, which may be a file
    folder = Path() if piped else path.parent
    listed = _listed(rows, folder)
    if not listed:
        raise UsageError(f"{path} names no video", "put a video into each line")
    return listed


def _listed(rows: Iterator[tuple[str, Row]], folder: Path) -> list[Listed]:
    """Return the videos of rows; those of one group as one, where the first of them stands."""
    listed: list[Listed] = []
    groups: dict[str, tuple[int, list[CameraRow]]] = {}
    for where, row in rows:
        group = _legible(_single(row, GROUP, where).strip(), GROUP, where)
        if not group:
            listed.append(Listed(_item(row, folder, where), where))
            continue
        checked_name(group, f"{where}: group")
        if group not in groups:
            groups[group] = len(listed), []
            listed.append(Listed(Item(folder), where))  # its place
        groups[group][1].append(_camera(row, group, folder, where))
    for place, of_group in groups.values():
        listed[place] = Listed(joined(of_group), of_group[0].where)
    return listed


def _camera(row: Row, group: str, folder: Path, where: str) -> CameraRow:
    """Return a row that says of which group it is."""
    texts = {name: _single(row, name, where).strip() for name in OF_GROUPS}
    own = {name: cell for name, cell in row.items() if name != GROUP and name not in OF_GROUPS}
    offset = signed_seconds(texts["offset"], where) if texts["offset"] else None
    camera, heard = _legible(texts["camera"], "camera", where), texts["microphone"].lower() not in NOT_MARKED
    if camera:
        checked_name(camera, f"{where}: camera")
    return CameraRow(_item(own, folder, where), group, camera, offset, heard, where)


def seconds_of(text: str) -> float:
    """Return seconds of ``12.5``, ``1:02.5`` or ``1:02:03.5``.

    Raises
    ------
    ValueError
        It is none of these.
    """
    found = TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    if (found[2] is not None and rest >= 60) or (found[1] is not None and minutes >= 60):
        raise ValueError(text)
    seconds = hours * 3600 + minutes * 60 + rest
    if not math.isfinite(seconds):  # so many digits that a float does not hold them
        raise ValueError(text)
    return seconds


def _lines(text: str, path: Path) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"{path}:{number}", {"video": line}


def _delimiter(text: str) -> str:
    """Return what stands between the cells of a table: that by which a column of its header names the file."""
    told = SEPARATOR.match(text)
    if told is not None:
        return told[1]
    lines = (line.lstrip() for line in text.split("\n"))
    header = next((line for line in lines if line and not line.startswith("#")), "").lower()
    names = {mark: {cell.strip(' "') for cell in header.split(mark)} for mark in DELIMITERS}
    return next((mark for mark in DELIMITERS if not names[mark].isdisjoint(VIDEO)), ",")


def _table(text: str, delimiter: str, path: Path) -> Iterator[tuple[str, Row]]:
    # Strictly: otherwise a quote that is not closed would swallow the rest of the list in silence.
    cells_of = SEPARATOR.sub("\n", text)
    reader = csv.reader(io.StringIO(cells_of, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    header: list[str] | None = None
    begin = 1
    try:
        for cells in reader:
            where, begin = f"{path}:{begin}", reader.line_num + 1
            remark = header is None and cells[:1] and cells[0].startswith("#")
            if remark or not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells, where)
            else:
                yield where, _cells(header, cells, where)
    except csv.Error as error:
        hint = "a cell that begins with a quote ends with one; a quote inside it is doubled"
        raise UsageError(f"{path}:{begin}: {error}", hint) from None


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if not any(name in VIDEO for name in names):
        raise UsageError(
            f"{where}: no column is called video", f"{COLUMNS}; with commas, semicolons or tabs between them"
        )
    double = next((name for name in names if name and names.count(name) > 1), None)
    if double is not None:
        raise UsageError(f"{where}: two columns are called {double!r}", COLUMNS)
    return names


def _cells(header: list[str], cells: list[str], where: str) -> Row:
    """Return a row's cells by column; spreadsheets add empty columns without a name, and those count for nothing."""
    columns = header + [""] * (len(cells) - len(header))
    named = {name: cell for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    if "" in named:
        hint = "put a cell that holds a comma into quotes"
        raise UsageError(f"{where}: there is no column for the cell {named['']!r}", hint)
    return named


def _item(row: Row, folder: Path, where: str) -> Item:
    named = [name for name in VIDEO if name in row]
    if len(named) > 1:
        raise UsageError(f"{where}: both {named[0]} and {named[1]} name the file", "call the other column otherwise")
    video = _single(row, named[0], where) if named else ""
    if not video.strip():
        raise UsageError(f"{where}: no video is named", COLUMNS)
    start, end = _seconds(row, "start", where), _seconds(row, "end", where)
    if end is not None and end <= (start or 0.0):
        raise UsageError(f"{where}: it ends ({end:g} s) before it starts ({start or 0.0:g} s)", "mend start and end")
    people = [name.strip() for text in _texts(row, "poi", where) for name in text.split(";")]
    facts = {_legible(name, name, where): "; ".join(_texts(row, name, where)) for name in row if name not in OWN}
    poi = tuple(name for name in people if name)
    track, called = (_legible(_single(row, name, where).strip(), name, where) for name in ("audio_track", "id"))
    file = resolve_path(video, folder, where)
    return Item(file.path, called, poi, start, end, facts, track, file.absence)


def _single(row: Row, column: str, where: str) -> str:
    """Return the one text of a column, empty where there is none."""
    value = row.get(column, "")
    if isinstance(value, str):
        return value
    raise UsageError(f"{where}: {column} is a list of {len(value)}", "give one")


def _texts(row: Row, column: str, where: str) -> list[str]:
    value = row.get(column, [])
    return [_legible(text, column, where) for text in ([value] if isinstance(value, str) else value)]


def _legible(text: str, column: str, where: str) -> str:
    """Return a text as it can be written; JSON can hold half a character, and that is none."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError as error:
        fault = f"{where}: {column!a} holds {text[error.start]!a}, which is no character"
        raise UsageError(fault, "write the character itself, or both halves of it") from None


def _seconds(row: Row, column: str, where: str) -> float | None:
    text = _single(row, column, where)
    try:
        return seconds_of(text) if text.strip() else None
    except ValueError:
        raise UsageError(f"{where}: {column} is {text!r}, which is no time", "give seconds, or h:mm:ss") from None
