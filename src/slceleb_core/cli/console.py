"""Where words go: results to stdout, all that is said beside them to stderr.

Names of files and of people are printed as they are: no markup is read out of them, and what a terminal would obey
instead of showing it is escaped.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from slceleb_core.batch.standard_streams import silence
from slceleb_core.cli.streams import is_broken_pipe
from slceleb_core.errors import SlcelebError


class _Page(Console):
    """A console that raises an error where nobody reads it any more, in place of ending the process."""

    def on_broken_pipe(self) -> None:
        """Hand the error on; called while it is handled."""
        raise


out = _Page(markup=False, highlight=False, emoji=False)
"""Results."""

err = _Page(stderr=True, markup=False, highlight=False, emoji=False)
"""Progress, errors, and what was chosen. The only console on stderr, so that lines go above a progress display."""

STYLES: Mapping[str, str] = {
    "ok": "green",
    "done": "green",
    "hint": "cyan",
    "note": "cyan",
    "warning": "yellow",
    "error": "bold red",
    "critical": "bold red",
    "failed": "bold red",
    "broken": "bold red",
    "wrong": "bold red",
    "missing": "yellow",
    "unreadable": "yellow",
    "interrupted": "yellow",
}
"""Colours of the words by which things are labelled."""

UNLIMITED = 10_000
"""Characters; wide enough for every table."""

UNSHOWN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that are escaped: control characters, surrogates, separators of lines and paragraphs."""


def printable(text: object, keep: str = "") -> str:
    r"""Return a text with everything escaped that cannot be printed, or that a terminal would obey.

    Parameters
    ----------
    text
        A text, or a path; a byte of a file name that is not UTF-8 becomes ``\xNN``.
    keep
        Characters to leave alone.
    """
    return "".join(c if c in keep or unicodedata.category(c) not in UNSHOWN else _escaped(c) for c in str(text))


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # the surrogate that stands for a byte: PEP 383
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def label(word: str) -> Text:
    """Return a word in its colour."""
    return Text(word, STYLES.get(word, ""))


def say(console: Console, text: object) -> None:
    """Print a text, never broken into lines but where it has some."""
    console.print(Text(printable(text, keep="\n")), soft_wrap=True)


def tell(word: str, message: object, hint: str = "") -> None:
    """Print ``word: message`` on stderr, and a hint below it."""
    err.print(Text.assemble(label(word), ": ", printable(message, keep="\n")), soft_wrap=True)
    if hint:
        tell("hint", hint)


def tell_error(error: SlcelebError) -> None:
    """Print an error that the user can mend."""
    tell("error", error.message, error.hint)


def table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table in which nothing is cut off.

    Parameters
    ----------
    columns
        Headings; one that begins with ``>`` is of a column of numbers.
    title
        What stands above it.
    """
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column.removeprefix(">"), overflow="fold", justify="right" if column[0] == ">" else "left")
    return made


def row(made: Table, *cells: object) -> None:
    """Add a row; a cell that is no ``Text`` is printed as it is."""
    made.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell, keep="\n")) for cell in cells))


def show_table(made: Table) -> None:
    """Print a table: as wide as the terminal, or else as wide as it needs to be."""
    wide = _Page(width=UNLIMITED, markup=False, highlight=False, emoji=False)
    (out if out.is_terminal else wide).print(made)


@contextmanager
def afterwards() -> Iterator[None]:
    """Say what has been done: if nobody can be told, it has been done all the same, and the command has not failed."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        silence(1)
        if not is_broken_pipe(error):
            tell("warning", f"all was done, but it cannot be told: standard output: {error.strerror}")


def show_json(value: Any) -> None:
    """Print a value as JSON, in ASCII: a file name that is not UTF-8 survives as lone surrogates."""
    out.print(Text(json.dumps(value, indent=2, default=str)), soft_wrap=True)
