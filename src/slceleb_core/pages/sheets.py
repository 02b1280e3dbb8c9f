"""Tables and figures, as they are shown in a terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

LONG = 60
"""Letters from which on a cell is broken into lines."""

Kind: TypeAlias = Literal["number", "text", "text long"]
"""Of a column, by which the style sheet places its cells."""


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere.

    Attributes
    ----------
    text
        What is read.
    target
        A URL, percent-encoded.
    """

    text: str
    target: str

    def __str__(self) -> str:
        return self.text


Cell: TypeAlias = str | Link


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Attributes
    ----------
    title
        What it shows.
    columns
        Headings; one that begins with ``>`` is of a column of numbers.
    rows
        Cells; the first of a row says what the row is of.
    remark
        What has to be known to read it; may be empty.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    remark: str = ""

    @property
    def kinds(self) -> Sequence[Kind]:
        """What each column holds."""
        return [_kind(column, [row[place] for row in self.rows]) for place, column in enumerate(self.columns)]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that stands alone.

    Attributes
    ----------
    name
        What it is.
    value
        The figure itself, as it is shown.
    remark
        What has to be known to read it; may be empty.
    """

    name: str
    value: str
    remark: str = ""


def _kind(column: str, cells: Iterable[Cell]) -> Kind:
    if column.startswith(">"):
        return "number"
    return "text long" if any(len(str(cell)) > LONG for cell in cells) else "text"
