"""A report as one HTML page that needs nothing beside it: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slceleb_core.errors import OutputError
from slceleb_core.evaluation.matching import Scored
from slceleb_core.evaluation.plots import curve_plot, people_plot, reliability_plot, timeline
from slceleb_core.evaluation.report import Report
from slceleb_core.evaluation.wording import sheets
from slceleb_core.pages.markup import rendered
from slceleb_core.pages.svg import Drawing
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
    drawn = [video for video in report.videos if _can_be_drawn(video)]
    return rendered(
        "evaluation/page.html",
        title="Evaluation",
        report=report,
        sheets=list(sheets(report)),
        people=people_plot(report.time),
        curves=list(_curves(report)),
        timelines=[(video.name, timeline(video)) for video in drawn[:TIMELINES]],
        undrawn=len(drawn[TIMELINES:]),
    )


def _curves(report: Report) -> Iterator[tuple[str, Drawing]]:
    """Yield the curves of the frame scores, each with its heading."""
    faces = report.faces
    if faces is None:
        return
    if faces.curve is not None:
        yield f"Precision and recall (AP {decimals(faces.overall.ap)})", curve_plot(faces.curve, faces)
    yield f"Reliability (ECE {decimals(faces.overall.ece)})", reliability_plot(faces.reliability)


def _can_be_drawn(video: Scored) -> bool:
    return bool(video.regions and (video.reference or video.found))
