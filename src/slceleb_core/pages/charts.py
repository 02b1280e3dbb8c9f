"""Charts as wide as the page: what lies along them is given in percent, so that letters keep their size on a phone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from slceleb_core.pages import shapes
from slceleb_core.pages.shapes import Polyline, Rect, Shape, Stretched, Text

ROW, BAR = 38.0, 12.0
"""Pixels from one bar to the next, and the height of one."""

PLOT, HEAD, FOOT = 150.0, 16.0, 20.0
"""Pixels: height of a plot area, of what stands above it, and below it."""

LONGEST = 30
"""Letters of a name that are shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar.

    Attributes
    ----------
    label
        What it is, for a pointer.
    value
        How long it is, on the scale of all bars; 0 or more.
    class_
        Its colour in the style sheet.
    """

    label: str
    value: float
    class_: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar.

    Attributes
    ----------
    name
        What stands above it on the left.
    note
        What stands above it on the right.
    parts
        From left to right.
    """

    name: str
    note: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plot.

    Attributes
    ----------
    label
        What it is.
    values
        Its heights; None where there is none.
    class_
        Its colour in the style sheet.
    """

    label: str
    values: Sequence[float | None]
    class_: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as it is drawn.

    Attributes
    ----------
    height
        Pixels.
    shapes
        What is drawn; the last lies on top.
    label, detail
        What it shows, and in more words, for those who cannot see it.
    """

    height: float
    shapes: Sequence[Shape]
    label: str
    detail: str = ""


def bars(rows: Sequence[Bar], label: str, detail: str = "", top: float | None = None) -> Chart:
    """Return bars, one below the other, each of one part or of several.

    Parameters
    ----------
    rows
        The bars.
    label, detail
        What the chart shows, and in more words, for those who cannot see it.
    top
        How long a bar is that fills the chart; None: the longest.
    """
    longest = top or max((sum(part.value for part in row.parts) for row in rows), default=0.0) or 1.0
    drawn = [shape for place, row in enumerate(rows) for shape in _bar(row, place * ROW, longest)]
    return Chart(len(rows) * ROW, drawn, label, detail)


def _bar(row: Bar, y: float, longest: float) -> Iterator[Shape]:
    shown = row.name if len(row.name) <= LONGEST else row.name[: LONGEST - 1] + "…"
    yield Text(shown, 0, y + 13, "name", title=row.name)
    yield Text(row.note, "100%", y + 13, "end")
    yield Rect(0, y + 18, "100%", BAR, "faint")
    reached = 0.0
    for part in row.parts:
        width = min(100 * part.value / longest, 100 - reached)
        yield Rect(f"{reached:.3f}%", y + 18, f"{width:.3f}%", BAR, part.class_, part.label)
        reached += width


def histogram(values: Iterable[float], unit: str, noun: str, label: str, class_: str) -> Chart:
    """Return how many values lie where.

    Parameters
    ----------
    values
        Finite, 0 or more; at least one.
    unit
        What stands behind the numbers below.
    noun
        What they are the values of, in the plural.
    label
        What the chart shows, for those who cannot see it.
    class_
        The colour of its bars in the style sheet.
    """
    ordered = sorted(values)
    usual = ordered[min(int(0.98 * len(ordered)), len(ordered) - 1)]  # a few far away must not flatten all others
    step = _step(usual)
    bins = max(math.ceil(usual / step), 1)
    counts = [0] * bins
    for value in ordered:
        counts[min(int(value / step), bins - 1)] += 1
    beyond = " and more" if ordered[-1] > bins * step else ""
    drawn = [*_grid(1), *_columns(counts, step, unit, beyond, class_), *_ticks([f"{max(counts):,} {noun}"])]
    middle = ordered[len(ordered) // 2]
    ends = f"from {ordered[0]:.3g} to {ordered[-1]:.3g}{unit}"
    detail = f"{len(ordered)} values {ends}, half of them up to {middle:.3g}{unit}"
    return Chart(HEAD + PLOT + FOOT, drawn, label, detail)


def _step(top: float) -> float:
    """Return the width of a bin: 1, 2 or 5 of some power of ten, so that 10 to 25 reach `top`."""
    power = 10.0 ** math.floor(math.log10(top / 10)) if top > 0 else 0.1
    return next((factor * power for factor in (1, 2, 5) if top <= 25 * factor * power), 10 * power)


def _columns(counts: Sequence[int], step: float, unit: str, beyond: str, class_: str) -> Iterator[Shape]:
    width, highest = 100 / len(counts), max(counts)
    for place, count in enumerate(counts):
        last = place == len(counts) - 1
        title = f"{place * step:.3g} to {(place + 1) * step:.3g}{unit}{beyond if last else ''}: {count}"
        height = PLOT * count / highest
        left, wide = f"{place * width + width / 16:.3f}%", f"{width * 7 / 8:.3f}%"
        yield Rect(left, HEAD + PLOT - height, wide, height, class_, title)
    yield from _feet(["0", f"{len(counts) * step / 2:.3g}", f"{len(counts) * step:.3g}{unit}{beyond}"])


def plot(times: Sequence[float], lines: Sequence[Line], ticks: Sequence[str], feet: Sequence[str], label: str) -> Chart:
    """Return lines over time.

    Parameters
    ----------
    times
        In order; the first is at the left edge.
    lines
        Their values lie between 0 and 1.
    ticks
        What stands at the grid's lines, from the top down; the axis at the bottom has none.
    feet
        What stands below, evenly from left to right.
    label
        What the chart shows, for those who cannot see it.
    """
    span = (times[-1] - times[0]) or 1.0
    places = [1000 * (time - times[0]) / span for time in times]
    pieces = [piece for line in lines for piece in _polylines(places, line)]
    drawn = [*_grid(len(ticks)), Stretched(HEAD, PLOT, pieces), *_ticks(ticks), *_feet(feet)]
    return Chart(HEAD + PLOT + FOOT, drawn, label, ", ".join(line.label for line in lines))


def _polylines(places: Sequence[float], line: Line) -> Iterator[Polyline]:
    """Yield a line's pieces between the moments at which it has no value."""
    piece: list[str] = []
    for x, value in zip(places, line.values, strict=True):
        if value is None:
            yield from _polyline(piece, line)
            piece = []
        else:
            piece.append(f"{x:.1f},{100 - 100 * min(max(value, 0.0), 1.0):.2f}")
    yield from _polyline(piece, line)


def _polyline(piece: Sequence[str], line: Line) -> Iterator[Polyline]:
    if piece:
        yield Polyline(" ".join(piece), f"line {line.class_}", line.label)


def _grid(parts: int) -> Iterator[Shape]:
    """Yield horizontal lines; the lowest is the axis."""
    for number in range(parts + 1):
        y = HEAD + PLOT * number / parts
        yield shapes.Line(0, y, "100%", y, "grid")


def _ticks(words: Sequence[str]) -> Iterator[Shape]:
    """Yield what stands on the lines of as many parts, from the top down; on the axis there is nothing."""
    for number, word in enumerate(words):
        yield Text(word, 0, HEAD + PLOT * number / len(words) - 4, "small over")


def _feet(words: Sequence[str]) -> Iterator[Shape]:
    for place, word in enumerate(words):
        anchor = "start" if place == 0 else "end" if place == len(words) - 1 else "middle"
        at = f"{100 * place / max(len(words) - 1, 1):.3g}%"
        yield Text(word, at, HEAD + PLOT + 15, f"small {anchor}")
