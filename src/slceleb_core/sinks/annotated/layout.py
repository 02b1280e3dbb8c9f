"""Where words go on a picture: beside the face that they are of, on no other words, and on nobody's mouth."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

Area = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, the last two exclusive."""

Places = Callable[[Area, int, int], Iterator[tuple[int, int]]]
"""Gives the top left corners that a plate of some width and height may have beside a box, best first."""

MOUTH_FROM = 0.5
"""The share of a face's height from which on its mouth may be."""

FURTHER = 3
"""By how many times its own height a plate may be moved away from its box."""


def above(box: Area, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Yield places for a name: on top of the box, else beside its forehead, else within, else below."""
    x0, y0, x1, y1 = box
    for step in range(1, FURTHER + 1):
        yield x0, y0 - step * height
        yield x1 - width, y0 - step * height
    yield from ((x1, y0), (x0 - width, y0), (x0, y0), (x0, y1), (x1 - width, y1))


def below(box: Area, width: int, height: int, line: int) -> Iterator[tuple[int, int]]:
    """Yield places for what was measured: under the box, else beside it, else above it and a name, else within.

    `line` is how high the plate of a name is.
    """
    x0, y0, x1, y1 = box
    yield from ((x0, y1), (x1 - width, y1), (x1, y1 - height), (x0 - width, y1 - height))
    yield from ((x1, y0), (x0 - width, y0), (x0, y0 - line - height), (x1 - width, y0 - line - height))
    for step in range(1, FURTHER):
        yield x0, y1 + step * height
    yield from ((x0, y0 + line), (x0, y0))


class Layout:
    """The places on one picture that are taken.

    Parameters
    ----------
    width, height
        Of the picture, in pixels.
    faces
        Boxes, which words lie on only where there is no other place for them: on the face that they are of rather than
        on another's, and on a lower half at last.
    before
        Which of their places plates had on the picture before, by key: they keep it as long as no other is better.

    Attributes
    ----------
    numbers
        The same of this picture.
    """

    def __init__(self, width: int, height: int, faces: Sequence[Area], before: Mapping[Hashable, int]) -> None:
        self._width, self._height, self._faces, self._before = width, height, faces, before
        self._kept = [mouth_of(face) for face in faces]
        self.numbers: dict[Hashable, int] = {}

    def place(self, key: Hashable, box: Area, size: tuple[int, int], places: Places) -> Area:
        """Return where a plate is, within the picture; the place is taken then.

        Parameters
        ----------
        key
            What the same plate is known by on the next picture.
        box
            The face that it is of.
        size
            Width and height.
        places
            Where it may be.
        """
        corners = [self._within(corner, size) for corner in places(box, *size)]
        areas = [(x, y, x + size[0], y + size[1]) for x, y in corners]
        before = self._before.get(key)
        number = min(range(len(areas)), key=lambda n: (*self._cost(areas[n], box), n != before, n))
        self._kept.append(areas[number])
        self.numbers[key] = number
        return areas[number]

    def _within(self, corner: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
        return max(min(corner[0], self._width - size[0]), 0), max(min(corner[1], self._height - size[1]), 0)

    def _cost(self, area: Area, own: Area) -> tuple[int, bool, bool]:
        """Return how many pixels of words and mouths an area covers, whether it covers another's face, or its own."""
        others = any(shared(area, face) for face in self._faces if face != own)
        return sum(shared(area, other) for other in self._kept), others, bool(shared(area, own))


def mouth_of(face: Area) -> Area:
    """Return the part of a face's box that its mouth may be in."""
    return face[0], face[1] + round(MOUTH_FROM * (face[3] - face[1])), face[2], face[3]


def shared(a: Area, b: Area) -> int:
    """Return how many pixels two areas share."""
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
