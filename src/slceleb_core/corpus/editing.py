"""JSON files and tables, edited: each is replaced as a whole, so that nobody ever reads a half of it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slceleb_core.disk import atomic
from slceleb_core.disk.atomic import replacing_file
from slceleb_core.disk.output import SOURCE, prepare
from slceleb_core.disk.refusals import writing
from slceleb_core.errors import OutputError
from slceleb_core.types import JsonValue

JsonObject = dict[str, Any]


def delete(path: Path) -> int:
    """Delete a file, or a folder with all that is in it, and return how many files that were: 0 if it is gone."""
    if path.is_dir() and not path.is_symlink():
        count = sum(not inner.is_dir() for inner in path.rglob("*"))
        shutil.rmtree(path)
        return count
    there = path.exists() or path.is_symlink()
    path.unlink(missing_ok=True)
    return int(there)


def delete_results(folder: Path) -> int:
    """Delete results, and return how many files that were.

    What they are of is deleted last: whoever is stopped in the middle still knows that they are to go.
    """
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    count = sum(delete(entry) for entry in inside if entry.name != SOURCE)
    return count + delete(folder)


def sweep(output_dir: Path) -> None:
    """Delete what killed processes left of files that they were about to replace, wherever in an output folder it is.

    The caller holds the folder's lock.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    prepare(output_dir)
    atomic.sweep(output_dir)
    with writing(f"to {output_dir}"):
        atomic.sweep_files(list(output_dir.rglob(".*")))


def read_json(path: Path) -> JsonObject | None:
    """Return a JSON object; None where the file is missing, or holds something else.

    Raises
    ------
    OutputError
        The file is damaged: what it holds cannot be taken out of it.
    """
    try:
        value: JsonValue = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OutputError(f"{path} is damaged: {error}", "delete it, and run the command again") from None
    return value if isinstance(value, dict) else None


def edit_json(path: Path, edit: Callable[[JsonObject], JsonObject]) -> None:
    """Replace a JSON object by an edited one, written as its sink writes it; a file that is missing stays so.

    What stays as it is is not written again, here and in tables: in a large corpus most of it is not concerned.
    """
    before = read_json(path)
    if before is None:
        return
    edited = edit(before)
    if edited == read_json(path):  # as `before` may have been changed in place
        return
    text = json.dumps(edited, ensure_ascii=False, indent=2) if pretty(path) else json.dumps(edited)
    with replacing_file(path) as aside:
        aside.write_text(text + "\n", encoding="utf-8")


def pretty(path: Path) -> bool:
    """Tell whether a JSON file is written for people, indented, and not in ASCII."""
    with path.open("rb") as stream:
        return stream.read(2) == b"{\n"


def edit_rows(path: Path, edit: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Replace the rows of a table by edited ones; None drops one."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns = reader.fieldnames or ()
        rows = [edited for row in reader if (edited := edit(row)) is not None]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    if content != path.read_bytes():
        with replacing_file(path) as aside:
            aside.write_bytes(content)
