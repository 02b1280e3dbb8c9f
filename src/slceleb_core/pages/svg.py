"""Small drawings in SVG, coloured by the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slceleb_core.pages.shapes import Dot, Line, Polyline, Rect, Shape, Text
from slceleb_core.types import Array

LEFT, TOP, RIGHT, BOTTOM = 44.0, 10.0, 12.0, 36.0
"""Margins around the plot area, in pixels."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing that shrinks with the page.

    Attributes
    ----------
    width, height
        Pixels.
    shapes
        What is drawn; the last lies on top.
    label
        What it shows, for those who cannot see it.
    """

    width: float
    height: float
    shapes: Sequence[Shape]
    label: str


class UnitPlot:
    """A square plot in which both axes go from 0 to 1.

    Parameters
    ----------
    x, y
        What the axes show.
    size
        Width and height of the plot area, in pixels.
    """

    def __init__(self, x: str, y: str, size: float = 280.0) -> None:
        self.size = size
        self._shapes = [shape for step in range(5) for shape in self._grid(step / 4)]
        self._shapes.append(Text(x, LEFT + size / 2, TOP + size + 31, "middle"))
        turned = f"rotate(-90 11 {TOP + size / 2:g})"
        self._shapes.append(Text(y, 11, TOP + size / 2, "middle", transform=turned))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is, in pixels."""
        return LEFT + x * self.size, TOP + (1 - y) * self.size

    def line(self, x: Array | Sequence[float], y: Array | Sequence[float], class_: str) -> None:
        """Draw a line through points."""
        where = " ".join("{:.1f},{:.1f}".format(*self.at(a, b)) for a, b in zip(x, y, strict=True))
        self._shapes.append(Polyline(where, class_))

    def dot(self, x: float, y: float, label: str) -> None:
        """Draw a point that says what it is when it is pointed at."""
        self._shapes.append(Dot(*self.at(x, y), label))

    def bar(self, x: tuple[float, float], height: float) -> None:
        """Draw a faint bar from the bottom."""
        (left, top), (right, bottom) = self.at(x[0], height), self.at(x[1], 0.0)
        self._shapes.append(Rect(left + 1, top, max(right - left - 2, 0.0), bottom - top, "faint"))

    def drawn(self, label: str) -> Drawing:
        """Return the drawing."""
        return Drawing(LEFT + self.size + RIGHT, TOP + self.size + BOTTOM, tuple(self._shapes), label)

    def _grid(self, value: float) -> list[Shape]:
        (left, y), (right, _) = self.at(0.0, value), self.at(1.0, value)
        (x, top), (_, bottom) = self.at(value, 1.0), self.at(value, 0.0)
        lines = [Line(left, y, right, y, "grid"), Line(x, top, x, bottom, "grid")]
        return [*lines, Text(f"{value:g}", left - 5, y + 4, "end"), Text(f"{value:g}", x, bottom + 15, "middle")]
