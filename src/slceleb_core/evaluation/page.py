"""A report as one HTML page that needs nothing beside it: no script, no font, no network."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from html import escape
from pathlib import Path

from slceleb_core.errors import OutputError
from slceleb_core.evaluation.plots import curve_plot, people_plot, reliability_plot, timeline
from slceleb_core.evaluation.report import Report
from slceleb_core.evaluation.svg import element
from slceleb_core.evaluation.wording import Sheet, decimals, sheets

TIMELINES = 30
"""Videos that are drawn; the others are in the table."""

STYLE = importlib.resources.files("slceleb_core.evaluation") / "page.css"


def write_page(report: Report, path: Path) -> None:
    """Write a report as an HTML page.

    Parameters
    ----------
    report
        What to show.
    path
        The file; replaced if it is there.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    try:
        path.write_text(page(report), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}", "name another file") from None


def page(report: Report) -> str:
    """Return a report as an HTML page."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += element("title", "Evaluation") + element("style", STYLE.read_text(encoding="utf-8"))
    body = "\n".join(_body(report))
    return "<!DOCTYPE html>\n" + element("html", f"<head>{head}</head>\n<body>\n{body}\n</body>", lang="en") + "\n"


def _body(report: Report) -> Iterator[str]:
    yield element("h1", "Evaluation")
    yield element("p", escape(f"{report.inputs.outputs} against {report.inputs.reference}"))
    if report.inputs.notes:
        yield element("ul", "".join(element("li", escape(note)) for note in report.inputs.notes))
    tables = list(sheets(report))
    yield from _table(tables[0])
    yield element("p", _keys("precision", "recall", "f1"))
    yield people_plot(report.time)
    for sheet in tables[1:]:
        yield from _table(sheet)
    yield from _curves(report)
    yield from _timelines(report)


def _table(sheet: Sheet) -> Iterator[str]:
    yield element("h2", escape(sheet.title))
    classes = ["number" if column.startswith(">") else "text" for column in sheet.columns]
    head = "".join(
        element("th", escape(column.removeprefix(">")), class_=kind)
        for column, kind in zip(sheet.columns, classes, strict=True)
    )
    rows = [
        "".join(element("td", escape(cell), class_=kind) for cell, kind in zip(cells, classes, strict=True))
        for cells in sheet.rows
    ]
    body = "".join(element("tr", row) for row in [head, *rows])
    yield element("div", element("table", body), class_="scroll")
    if sheet.remark:
        yield element("p", escape(sheet.remark))


def _curves(report: Report) -> Iterator[str]:
    faces = report.faces
    if faces is None:
        return
    yield element("h2", "Curves of the frame scores")
    plots = []
    if faces.curve is not None:
        title = element("h3", f"Precision and recall (AP {decimals(faces.overall.ap)})")
        plots.append(element("div", title + curve_plot(faces.curve, faces)))
    title = element("h3", f"Reliability (ECE {decimals(faces.overall.ece)})")
    plots.append(element("div", title + reliability_plot(faces.reliability)))
    yield element("div", "".join(plots), class_="pair")
    at = f"The point on the first curve is the threshold, {faces.overall.threshold:g}. On the second, bars are the "
    yield element(
        "p", escape(at + "share of face-frames in each bin, and a well calibrated score follows the diagonal.")
    )


def _timelines(report: Report) -> Iterator[str]:
    drawn = [video for video in report.videos if video.regions and (video.reference or video.found)]
    if not drawn:
        return
    yield element("h2", "Who speaks, and who was found")
    yield element("p", _keys("reference", "found"))
    for video in drawn[:TIMELINES]:
        yield element("h3", escape(video.name))
        yield timeline(video)
    if len(drawn) > TIMELINES:
        yield element("p", f"{len(drawn) - TIMELINES} more videos are not drawn.")


def _keys(*names: str) -> str:
    return "".join(element("i", class_=f"key {name}") + escape("F1" if name == "f1" else name) for name in names)
