"""What drawings are made of, as values: ``drawings.html`` writes them as SVG, coloured by the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

Place: TypeAlias = float | str
"""Pixels, or a percentage of the drawing's width."""


@dataclass(frozen=True, slots=True)
class Text:
    """Letters; `title` is said to a pointer, `transform` turns them."""

    text: str
    x: Place
    y: float
    class_: str
    title: str = ""
    transform: str = ""

    tag: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle; `title` is said to a pointer."""

    x: Place
    y: float
    width: Place
    height: float
    class_: str
    title: str = ""

    tag: ClassVar[str] = "rect"


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: Place
    y1: float
    x2: Place
    y2: float
    class_: str

    tag: ClassVar[str] = "line"


@dataclass(frozen=True, slots=True)
class Polyline:
    """A line through `points`, as SVG writes them; `title` is said to a pointer."""

    points: str
    class_: str
    title: str = ""

    tag: ClassVar[str] = "polyline"


@dataclass(frozen=True, slots=True)
class Dot:
    """A point that says what it is when it is pointed at."""

    x: float
    y: float
    title: str

    tag: ClassVar[str] = "dot"


@dataclass(frozen=True, slots=True)
class Stretched:
    """Lines in a box of 1000 by 100 that is stretched over the width of the drawing."""

    y: float
    height: float
    lines: Sequence[Polyline]

    tag: ClassVar[str] = "stretched"


Shape: TypeAlias = Text | Rect | Line | Polyline | Dot | Stretched
