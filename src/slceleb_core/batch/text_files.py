"""Texts as editors of all systems save them."""

from __future__ import annotations

import codecs
from pathlib import Path

from slceleb_core.errors import UsageError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before that of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a text begins with that says how it is encoded, as Notepad and PowerShell write it."""

SAVE = "save the list as UTF-8"


def read_text(path: Path) -> str:
    r"""Return the text of a list, its lines ended by ``\n`` whatever system has written them.

    It is UTF-8, unless it begins with the mark of UTF-16 or UTF-32.

    Raises
    ------
    UsageError
        It cannot be read, or is no text in these encodings; the message names file and line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the video list {path}: {error.strerror}") from None
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, "replace")
        raise UsageError(f"{path}:{_line(before)}: not {_called(encoding)} text", SAVE) from None
    if "\0" in text:
        raise UsageError(f"{path}:{_line(text[: text.index(chr(0))])}: not text: it holds a zero byte", SAVE)
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\x1a")  # how DOS ended a text


def _line(before: str) -> int:
    """Return the number of the line that comes behind a text."""
    return before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def _called(encoding: str) -> str:
    return encoding.removesuffix("-sig").upper()
