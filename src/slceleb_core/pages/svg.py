"""Small drawings in SVG, coloured by the page's style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from slceleb_core.pages.markup import element
from slceleb_core.types import Array

LEFT, TOP, RIGHT, BOTTOM = 44.0, 10.0, 12.0, 36.0
"""Margins around the plot area, in pixels."""


def drawing(width: float, height: float, content: Iterable[str], label: str) -> str:
    """Return a drawing that shrinks with the page.

    Parameters
    ----------
    width, height
        Pixels.
    content
        Elements.
    label
        What it shows, for those who cannot see it.
    """
    title = element("title", escape(label))
    box = f"0 0 {width:g} {height:g}"
    return element("svg", title + "".join(content), viewBox=box, role="img", style=f"max-width:{width:g}px")


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
        self._content = [self._grid(step / 4) for step in range(5)]
        middle, low = LEFT + size / 2, TOP + size + 31
        self._content.append(element("text", escape(x), x=middle, y=low, class_="middle"))
        turned = f"rotate(-90 11 {TOP + size / 2:g})"
        self._content.append(element("text", escape(y), x=11, y=TOP + size / 2, class_="middle", transform=turned))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is, in pixels."""
        return LEFT + x * self.size, TOP + (1 - y) * self.size

    def line(self, x: Array | Sequence[float], y: Array | Sequence[float], class_: str) -> None:
        """Draw a line through points."""
        where = " ".join("{:.1f},{:.1f}".format(*self.at(a, b)) for a, b in zip(x, y, strict=True))
        self._content.append(element("polyline", points=where, class_=class_))

    def dot(self, x: float, y: float, label: str) -> None:
        """Draw a point that says what it is when it is pointed at."""
        across, down = self.at(x, y)
        dot = element("circle", element("title", escape(label)), cx=across, cy=down, r=4.0, class_="dot")
        self._content.append(dot)

    def bar(self, x: tuple[float, float], height: float) -> None:
        """Draw a faint bar from the bottom."""
        (left, top), (right, bottom) = self.at(x[0], height), self.at(x[1], 0.0)
        bar = element("rect", x=left + 1, y=top, width=max(right - left - 2, 0.0), height=bottom - top, class_="faint")
        self._content.append(bar)

    def drawn(self, label: str) -> str:
        """Return the drawing."""
        return drawing(LEFT + self.size + RIGHT, TOP + self.size + BOTTOM, self._content, label)

    def _grid(self, value: float) -> str:
        (left, y), (right, _) = self.at(0.0, value), self.at(1.0, value)
        (x, top), (_, bottom) = self.at(value, 1.0), self.at(value, 0.0)
        lines = element("line", x1=left, y1=y, x2=right, y2=y, class_="grid")
        lines += element("line", x1=x, y1=top, x2=x, y2=bottom, class_="grid")
        down = element("text", f"{value:g}", x=left - 5, y=y + 4, class_="end")
        return lines + down + element("text", f"{value:g}", x=x, y=bottom + 15, class_="middle")
