"""Tables, as they are shown in a terminal and on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


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
