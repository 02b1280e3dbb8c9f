"""A calibration as one HTML page that needs nothing beside it: precision against what is kept, and where one stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from slceleb_core.pages import charts
from slceleb_core.pages.markup import rendered
from slceleb_core.pages.shapes import Line, Shape, Text
from slceleb_core.pages.sheets import Tile
from slceleb_core.pages.wording import counted, lasting
from slceleb_core.precision.calibrating.calibration import Calibration, Standing
from slceleb_core.precision.calibrating.wording import advice, evidence_line, exact, limits_sheet, points_sheet, verdict

DEEPEST = 6.0
"""How many times as deep as the target the picture reaches: below, nobody looks."""


def page(made: Calibration, title: str) -> str:
    """Return a calibration as an HTML page; `title` is what the corpus is called."""
    return rendered(
        "precision/calibrating/page.html",
        title=f"Calibration {title}",
        verdict=verdict(made),
        advice=None if made.lacking is None else advice(made.lacking),
        evidence=evidence_line(made),
        tiles=list(_tiles(made)),
        picture=picture(made),
        points=points_sheet(made),
        limits=None if made.chosen is None else limits_sheet(made.chosen),
    )


def picture(made: Calibration) -> charts.Chart:
    """Return precision against seconds kept, with its band, the target, and the point that was chosen."""
    known = [point for point in made.curve if point.labels]
    floor = max(1.0 - DEEPEST * (1.0 - made.wish.target), 0.0)
    seconds = [point.seconds for point in made.curve]
    lines = [
        charts.Line("precision by the labels", _heights(made, floor, lambda point: point.precision.estimate), "ink-a"),
        charts.Line("at least", _heights(made, floor, lambda point: point.precision.low), "ink-c"),
        charts.Line("at most", _heights(made, floor, lambda point: point.precision.high), "ink-c"),
        charts.Line("what was asked for", [_height(made.wish.target, floor)] * len(seconds), "ink-b"),
    ]
    ticks = [exact(1.0 - part * (1.0 - floor) / 3) for part in range(3)]
    feet = [lasting(seconds[0]), lasting((seconds[0] + seconds[-1]) / 2), lasting(seconds[-1])]
    drawn = charts.plot(seconds, lines, ticks, feet, "Precision against what is kept")
    detail = f"{drawn.detail}; {counted(len(known), 'point')} with labels"
    return replace(drawn, shapes=[*drawn.shapes, *_here(made)], detail=detail)


def _here(made: Calibration) -> Iterator[Shape]:
    """Yield a mark where the chosen point is."""
    if made.chosen is None:
        return
    first, last = made.curve[0].seconds, made.curve[-1].seconds
    part = (made.chosen.seconds - first) / ((last - first) or 1.0)
    at = f"{100 * min(max(part, 0.0), 1.0):.2f}%"
    yield Line(at, charts.HEAD, at, charts.HEAD + charts.PLOT, "whisker")
    yield Text("chosen", at, charts.HEAD - 4, "small end" if part > 0.5 else "small start")


def _heights(made: Calibration, floor: float, value: Callable[[Standing], float]) -> list[float | None]:
    return [_height(value(point), floor) if point.labels else None for point in made.curve]


def _height(value: float, floor: float) -> float:
    return (value - floor) / (1.0 - floor)


def _tiles(made: Calibration) -> Iterator[Tile]:
    yield Tile("Asked for", exact(made.wish.target), f"at a confidence of {exact(made.wish.confidence)}")
    if made.chosen is not None:
        yield Tile("At least right", exact(made.low or 0.0), f"{counted(made.chosen.labels, 'label')} of what is kept")
        yield Tile("Kept", lasting(made.chosen.seconds), f"of {lasting(made.whole.seconds)}")
    yield Tile("Labels that prove", f"{made.proved:,}", f"{made.whole.errors:,} wrong, without any limit")
