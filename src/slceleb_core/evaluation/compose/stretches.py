"""Stretches of time, as sorted pairs of seconds that do not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Stretch: TypeAlias = tuple[float, float]
"""Start and end, in seconds."""


def merged(stretches: Iterable[Stretch], bridge: float = 0.0) -> tuple[Stretch, ...]:
    """Return the union of stretches; gaps shorter than `bridge` seconds are closed."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start - joined[-1][1] <= bridge:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def clipped(stretches: Iterable[Stretch], start: float, end: float) -> tuple[Stretch, ...]:
    """Return what of the stretches lies between `start` and `end`."""
    inside = ((max(a, start), min(b, end)) for a, b in stretches)
    return tuple((a, b) for a, b in inside if b > a)


def moved(stretches: Iterable[Stretch], by: float) -> tuple[Stretch, ...]:
    """Return the stretches, `by` seconds later."""
    return tuple((a + by, b + by) for a, b in stretches)


def shared(stretches: Iterable[Stretch], others: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return what lies in both."""
    return tuple(piece for start, end in stretches for piece in clipped(others, start, end))


def gaps(stretches: Sequence[Stretch], start: float, end: float) -> tuple[Stretch, ...]:
    """Return what of `start`..`end` no stretch covers."""
    inside = clipped(stretches, start, end)
    edges = [start, *(time for stretch in inside for time in stretch), end]
    return tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a)


def total(stretches: Iterable[Stretch]) -> float:
    """Return the seconds that the stretches last together."""
    return sum(end - start for start, end in stretches)
