"""What was taken for a face and is none: it is not looked at closely again each time that it is found."""

from __future__ import annotations

from dataclasses import dataclass

from slceleb_core.geometry import intersection_over_union
from slceleb_core.types import Array

FIRST = 0.35
"""Seconds for which a place is left alone that was refused once; each time it is refused again, twice as many.

Under two steps of key frames: a face that was blurred, or turns to the camera, is met soon.
"""

LONGEST = 4.0
"""Most seconds for which a place is left alone."""

SAME_PLACE = 0.5
"""Overlap (IoU) from which two finds are of one place."""


@dataclass(slots=True)
class _Refusal:
    box: Array
    wait: float
    until: float


class Refusals:
    """The places of a shot at which a closer look saw no face."""

    def __init__(self) -> None:
        self._places: list[_Refusal] = []

    def forget(self) -> None:
        """Forget all: another shot begins."""
        self._places.clear()

    def refuse(self, box: Array, time: float) -> None:
        """Take note that there is no face at a box now; the oftener that was so, the longer it counts."""
        place = self._at(box)
        wait = FIRST if place is None else min(2 * place.wait, LONGEST)
        kept = [other for other in self._places if other is not place and time - other.until <= LONGEST]
        self._places = [*kept, _Refusal(box, wait, time + wait)]

    def holds(self, box: Array, time: float) -> bool:
        """Tell whether a place is to be left alone."""
        place = self._at(box)
        return place is not None and time < place.until

    def _at(self, box: Array) -> _Refusal | None:
        places = ((intersection_over_union(place.box, box), place) for place in self._places)
        overlap, best = max(places, key=lambda pair: pair[0], default=(0.0, None))
        return best if overlap > SAME_PLACE else None
