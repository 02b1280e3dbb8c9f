"""A report as one HTML page that needs nothing beside it: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from slceleb_core.errors import OutputError
from slceleb_core.evaluation.plots import curve_plot, people_plot, reliability_plot, timeline
from slceleb_core.evaluation.report import Report
from slceleb_core.evaluation.wording import sheets
from slceleb_core.pages import markup
from slceleb_core.pages.markup import element, paragraph, section, table
from slceleb_core.pages.wording import decimals

TIMELINES = 30
"""Videos that are drawn; the others are in the table."""


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
    return markup.page("Evaluation", _body(report))


def _body(report: Report) -> Iterator[str]:
    yield element("h1", "Evaluation")
    yield paragraph(f"{report.inputs.outputs} against {report.inputs.reference}")
    if report.inputs.notes:
        yield element("ul", "".join(element("li", escape(note)) for note in report.inputs.notes))
    tables = list(sheets(report))
    yield section(tables[0].title)
    yield from table(tables[0])
    yield element("p", _keys("precision", "recall", "f1"))
    yield people_plot(report.time)
    for sheet in tables[1:]:
        yield section(sheet.title)
        yield from table(sheet)
    yield from _curves(report)
    yield from _timelines(report)


def _curves(report: Report) -> Iterator[str]:
    faces = report.faces
    if faces is None:
        return
    yield section("Curves of the frame scores")
    plots = []
    if faces.curve is not None:
        title = element("h3", f"Precision and recall (AP {decimals(faces.overall.ap)})")
        plots.append(element("div", title + curve_plot(faces.curve, faces)))
    title = element("h3", f"Reliability (ECE {decimals(faces.overall.ece)})")
    plots.append(element("div", title + reliability_plot(faces.reliability)))
    yield element("div", "".join(plots), class_="pair")
    at = f"The point on the first curve is the threshold, {faces.overall.threshold:g}. On the second, bars are the "
    yield paragraph(at + "share of face-frames in each bin, and a well calibrated score follows the diagonal.")


def _timelines(report: Report) -> Iterator[str]:
    drawn = [video for video in report.videos if video.regions and (video.reference or video.found)]
    if not drawn:
        return
    yield section("Who speaks, and who was found")
    yield element("p", _keys("reference", "found"))
    for video in drawn[:TIMELINES]:
        yield element("h3", escape(video.name))
        yield timeline(video)
    if len(drawn) > TIMELINES:
        yield paragraph(f"{len(drawn) - TIMELINES} more videos are not drawn.")


def _keys(*names: str) -> str:
    return "".join(element("i", class_=f"key {name}") + escape("F1" if name == "f1" else name) for name in names)
