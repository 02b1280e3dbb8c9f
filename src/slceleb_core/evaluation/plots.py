"""The plots of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slceleb_core.evaluation.face_scores import FaceReport
from slceleb_core.evaluation.frames import Curve, Reliability
from slceleb_core.evaluation.intervals import Intervals
from slceleb_core.evaluation.matching import Scored
from slceleb_core.evaluation.tallies import Intervals95, Tally
from slceleb_core.evaluation.totals import Measured
from slceleb_core.evaluation.wording import EVERYBODY
from slceleb_core.pages.shapes import Line, Rect, Shape, Text
from slceleb_core.pages.svg import Drawing, UnitPlot
from slceleb_core.pages.wording import percent

FIGURES = ("precision", "recall", "f1")

NAMES, BARS, HEIGHT = 190.0, 420.0, 13.0
"""Pixels: the column of names, the bars' full length, and the height of one."""

LONGEST = 26
"""Letters of a name that fit into its column."""


def curve_plot(curve: Curve, faces: FaceReport) -> Drawing:
    """Return the precision-recall curve, with the point of the threshold."""
    plot = UnitPlot("recall", "precision")
    shown = curve.thinned()
    plot.line(
        shown.recall.repeat(2)[:-1], shown.precision.repeat(2)[1:], "curve"
    )  # steps, as average precision sums them
    overall = faces.overall
    if overall.precision is not None and overall.recall is not None:
        plot.dot(
            overall.recall,
            overall.precision,
            f"at {overall.threshold:g}: precision {overall.precision:.3f}, recall {overall.recall:.3f}",
        )
    return plot.drawn("precision against recall of the frame scores")


def reliability_plot(curve: Reliability) -> Drawing:
    """Return the part of speaking faces against their score; the bars are the share of face-frames in each bin."""
    plot = UnitPlot("mean score", "part that speaks")
    total, width = sum(curve.counts), 1 / len(curve.counts)
    for number, count in enumerate(curve.counts):
        plot.bar((number * width, (number + 1) * width), count / total if total else 0.0)
    plot.line((0.0, 1.0), (0.0, 1.0), "ideal")
    points: list[tuple[float, float]] = []
    for number, count in enumerate(curve.counts):
        score, speaking = curve.mean_score[number], curve.speaking[number]
        if score is not None and speaking is not None:
            points.append((score, speaking))
            plot.dot(score, speaking, f"{count} face-frames: mean score {score:.3f}, {percent(speaking)} speak")
    if points:
        plot.line([score for score, _ in points], [speaking for _, speaking in points], "curve")
    return plot.drawn("part of faces that speak against their mean score")


def people_plot(measured: Measured) -> Drawing:
    """Return bars of precision, recall and F1 of everybody and of each person, with their intervals."""
    rows = [(EVERYBODY, measured.overall, measured.interval)]
    rows += [(person, tally, measured.intervals[person]) for person, tally in measured.people.items()]
    block = len(FIGURES) * HEIGHT + 14
    shapes = [bar for place, row in enumerate(rows) for bar in _bars(place * block, *row)]
    return Drawing(NAMES + BARS + 70, len(rows) * block, shapes, "precision, recall and F1 by person")


def _bars(top: float, name: str, tally: Tally, interval: Intervals95 | None) -> Iterator[Shape]:
    yield _name(name, top + 2 * HEIGHT - 3)
    for number, figure in enumerate(FIGURES):
        value, bounds = getattr(tally, figure), getattr(interval, figure, None)
        y = top + number * HEIGHT
        yield Rect(NAMES, y, BARS * (value or 0.0), HEIGHT - 3, figure)
        if bounds is not None:
            middle = y + (HEIGHT - 3) / 2
            yield Line(NAMES + BARS * bounds[0], middle, NAMES + BARS * bounds[1], middle, "whisker")
        end = NAMES + BARS * max(value or 0.0, bounds[1] if bounds else 0.0)
        yield Text(percent(value), end + 5, y + HEIGHT - 4, "small")


def timeline(video: Scored) -> Drawing:
    """Return when each person speaks, above when each was found."""
    people = sorted({*video.reference, *video.found})
    first, last = video.regions[0][0], video.regions[-1][1]
    scale = (BARS + 120) / (last - first)
    shapes: list[Shape] = []
    for place, person in enumerate(people):
        top = place * (2 * HEIGHT + 8)
        shapes.append(_name(person, top + HEIGHT + 4))
        lanes: Sequence[tuple[str, Intervals, float]] = (
            ("faint", video.regions, top),
            ("reference", video.reference.get(person, ()), top),
            ("faint", video.regions, top + HEIGHT),
            ("found", video.found.get(person, ()), top + HEIGHT),
        )
        for class_, times, y in lanes:
            shapes.extend(_lane(times, class_, y, first, scale))
    bottom = len(people) * (2 * HEIGHT + 8)
    shapes.append(Text(f"{first:g} s", NAMES, bottom + 10, "small"))
    shapes.append(Text(f"{last:.2f} s", NAMES + BARS + 120, bottom + 10, "small end"))
    return Drawing(NAMES + BARS + 122, bottom + 16, shapes, f"who speaks in {video.name}, and who was found")


def _name(name: str, y: float) -> Text:
    """Return a name in its column, cut where that ends and whole for a pointer."""
    shown = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    return Text(shown, 0, y, "name", title=name)


def _lane(times: Intervals, class_: str, y: float, first: float, scale: float) -> Iterator[Rect]:
    for start, end in times:
        x = NAMES + (start - first) * scale
        yield Rect(x, y, (end - start) * scale, HEIGHT - 2, class_, f"{start:.3f} to {end:.3f} s")
