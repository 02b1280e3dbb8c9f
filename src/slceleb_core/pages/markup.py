"""HTML elements, tables and whole pages. A page has no script, no font of its own, and asks nobody for anything."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Iterator
from html import escape

from slceleb_core.pages.sheets import Cell, Link, Sheet

STYLE = importlib.resources.files("slceleb_core.pages") / "page.css"

LONG = 60
"""Letters from which on a cell is broken into lines."""


def element(tag: str, content: str = "", **attributes: object) -> str:
    """Return an element.

    Parameters
    ----------
    tag
        Its name.
    content
        What is in it, already escaped.
    attributes
        Their values are escaped; ``_`` in a name stands for ``-``, and one at its end is dropped (``class_``).
    """
    given = "".join(f' {name.rstrip("_").replace("_", "-")}="{_text(value)}"' for name, value in attributes.items())
    return f"<{tag}{given}>{content}</{tag}>"


def page(title: str, body: Iterable[str]) -> str:
    """Return a page.

    Parameters
    ----------
    title
        What the window is called.
    body
        Elements.
    """
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += element("title", escape(title)) + element("style", STYLE.read_text(encoding="utf-8"))
    main = element("main", "\n" + "\n".join(body) + "\n")
    return "<!DOCTYPE html>\n" + element("html", f"<head>{head}</head>\n<body>\n{main}\n</body>", lang="en") + "\n"


def paragraph(text: str) -> str:
    """Return a paragraph of plain text."""
    return element("p", escape(text))


def section(title: str) -> str:
    """Return the heading of a section."""
    return element("h2", escape(title))


def table(sheet: Sheet) -> Iterator[str]:
    """Yield a table, which can be scrolled by keyboard where it is wider than the page, and the remark below it."""
    classes = [_class(column, [row[place] for row in sheet.rows]) for place, column in enumerate(sheet.columns)]
    head = "".join(
        element("th", escape(column.removeprefix(">")), scope="col", class_=kind)
        for column, kind in zip(sheet.columns, classes, strict=True)
    )
    rows = "\n".join(element("tr", "".join(_row(cells, classes))) for cells in sheet.rows)
    caption = element("caption", escape(sheet.title), class_="unseen")
    whole = element("table", caption + element("thead", element("tr", head)) + element("tbody", rows))
    yield element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=sheet.title)
    if sheet.remark:
        yield paragraph(sheet.remark)


def _class(column: str, cells: Iterable[Cell]) -> str:
    if column.startswith(">"):
        return "number"
    return "text long" if any(len(str(cell)) > LONG for cell in cells) else "text"


def _row(cells: Iterable[Cell], classes: Iterable[str]) -> Iterator[str]:
    for place, (cell, kind) in enumerate(zip(cells, classes, strict=True)):
        if place:
            yield element("td", _cell(cell), class_=kind)
        else:
            yield element("th", _cell(cell), class_=kind, scope="row")


def _cell(cell: Cell) -> str:
    return element("a", escape(cell.text), href=cell.target) if isinstance(cell, Link) else escape(cell)


def _text(value: object) -> str:
    return escape(f"{value:.2f}" if isinstance(value, float) else str(value))
