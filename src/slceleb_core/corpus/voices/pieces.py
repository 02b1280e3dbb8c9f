"""What is embedded as one: a segment, or several short ones of one track, which are one after another of one voice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slceleb_core.corpus.voices.standing import Said

LEAST = 2.0
"""Seconds of sound below which a voice is not judged: CAM++ takes one in 40 wrongly at one second, none of those that
it was tried on at two (README of ``voice_campplus``)."""

WINDOW, HOP = 1.5, 0.75
"""Seconds of the parts of a segment that are compared with each other, and from one to the next."""

LEAST_WINDOWS = 3
"""Parts that a segment must have: of two that do not agree nobody knows which is another's."""

DIGITS = 3
"""Decimals of times by which a piece is known again: clips are cut to the sample, tables have milliseconds."""

Span = tuple[float, float]
"""PTS seconds from and to."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Stretches of a video that are embedded as one sound.

    Attributes
    ----------
    said
        The segments that they are of.
    spans
        From when to when each of them is heard, PTS seconds.
    """

    said: tuple[Said, ...]
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """How much sound it is."""
        return sum(end - start for start, end in self.spans)

    @property
    def key(self) -> str:
        """By what it is known again in its video."""
        return "+".join(f"{start:.{DIGITS}f}-{end:.{DIGITS}f}" for start, end in self.spans)


def pieces_of(said: Sequence[Said]) -> Iterator[Piece]:
    """Yield what is embedded of a video's segments, each in one piece: by itself where it is long enough.

    Short ones of one track are put together until there are :data:`LEAST` seconds; what is left over goes with those
    before, and where there are none it stays short.
    """
    tracks: dict[tuple[str, int], list[Said]] = {}
    for each in said:
        if each.segment.duration >= LEAST:
            yield Piece((each,), (each.span,))
        else:
            tracks.setdefault((each.segment.person, each.segment.track), []).append(each)
    for short in tracks.values():
        yield from _together(short)


def _together(short: Sequence[Said]) -> Iterator[Piece]:
    groups: list[list[Said]] = [[]]
    for each in short:
        if _seconds(groups[-1]) >= LEAST:
            groups.append([])
        groups[-1].append(each)
    if len(groups) > 1 and _seconds(groups[-1]) < LEAST:
        groups[-2] += groups.pop()
    for group in groups:
        yield Piece(tuple(group), tuple(each.span for each in group))


def _seconds(group: Sequence[Said]) -> float:
    return sum(each.segment.duration for each in group)


def windows_of(said: Said) -> list[Piece]:
    """Return the parts of a segment that are compared with each other, in order; none where it is too short."""
    start, end = said.span
    count = int((end - start - WINDOW) / HOP + 1e-6) + 1
    if count < LEAST_WINDOWS:
        return []
    firsts = [start + number * HOP for number in range(count)]
    return [Piece((said,), ((first, first + WINDOW),)) for first in firsts]
