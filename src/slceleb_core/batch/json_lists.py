"""Rows of a JSON list: an array of paths and objects, or one of them after another (JSON lines).

Numbers stay as they are written: a time 62.50 is what the list says, not what it comes to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from slceleb_core.errors import UsageError

Value: TypeAlias = str | list[str]

SPACE = re.compile(r"[ \t\n]*")

HINT = 'such as "talk.mp4" or {"video": "talk.mp4", "poi": ["Ada"]}'


def json_rows(text: str, path: Path) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield where each entry is (``list.json:3``) and its values by name, in lower case; a path alone is ``video``.

    Raises
    ------
    UsageError
        It is not JSON, or an entry is neither a path nor an object of texts.
    """
    for where, entry in _entries(text, path):
        yield where, _row(entry, where)


def is_json(text: str) -> bool:
    """Tell whether a list is JSON though its name does not say so: an array, or an object in each line."""
    begin = text.lstrip()
    if not begin.startswith(("[", "{")):
        return False
    try:
        json.loads(begin if begin.startswith("[") else begin.partition("\n")[0])
    except (ValueError, RecursionError):
        return False  # a name may begin with a bracket
    return True


def _entries(text: str, path: Path) -> Iterator[tuple[str, object]]:
    at = _after_space(text, 0)
    in_array = text[at : at + 1] == "["
    at = _after_space(text, at + in_array)
    line, counted = 1, 0
    while at < len(text) and not (in_array and text[at] == "]"):
        line, counted = line + text.count("\n", counted, at), at
        entry, behind = _decoded(text, at, path)
        yield f"{path}:{line}", entry
        at = _after_space(text, behind)
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
        elif in_array and text[at : at + 1] != "]":
            raise UsageError(f"{_where(text, at, path)}: not JSON: a comma or ] is missing", HINT)
    if in_array and text[at + 1 :].strip():
        raise UsageError(f"{_where(text, at + 1, path)}: not JSON: something follows the list", HINT)


def _decoded(text: str, at: int, path: Path) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise UsageError(f"{_where(text, error.pos, path)}: not JSON: {error.msg}", HINT) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{_where(text, at, path)}: {error}", HINT) from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object's values by name in lower case."""
    values: dict[str, object] = {}
    for key, value in pairs:
        name = key.strip().lower()
        if name in values:
            raise ValueError(f"{name} is given twice")
        values[name] = value
    return values


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=str)


def _after_space(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return at if found is None else found.end()


def _where(text: str, at: int, path: Path) -> str:
    return f"{path}:{text.count(chr(10), 0, at) + 1}"


def _row(entry: object, where: str) -> dict[str, Value]:
    if isinstance(entry, str):
        return {"video": entry}
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: neither a path nor an object", HINT)
    return {name: _texts(value, name, where) for name, value in entry.items() if value is not None}


def _texts(value: object, name: str, where: str) -> Value:
    if isinstance(value, list) and not any(isinstance(entry, (list, dict)) or entry is None for entry in value):
        return [_text(entry) for entry in value]
    if isinstance(value, (list, dict)):
        raise UsageError(f"{where}: {name}: expected a text, or a list of texts", HINT)
    return _text(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
