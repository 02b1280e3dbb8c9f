"""What a run found, as its folder states it; and in what two runs differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from slceleb_core.errors import OutputError
from slceleb_core.evaluation.intervals import intersect, length, union

FIGURES = ("frames", "seconds", "faces", "tracks", "stage_seconds", "cache", "wall")
"""What is stated of a run beside its segments."""

TOLERANCE = 0.1
"""Seconds by which a segment may begin or end elsewhere and still be the same: more than a frame of any video rate in
use, less than the padding on each side."""


@dataclass(frozen=True, slots=True)
class Span:
    """A segment: who speaks, from when to when."""

    person: str
    start: float
    end: float

    def __str__(self) -> str:
        return f"{self.person} {self.start:.2f}-{self.end:.2f} s"

    def near(self, other: Span) -> bool:
        """Return whether another is the same within the tolerance."""
        shift = max(abs(self.start - other.start), abs(self.end - other.end))
        return self.person == other.person and shift <= TOLERANCE + 1e-9  # times have three decimals


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run found in a video.

    Attributes
    ----------
    frames, seconds
        Of the video, as far as it was looked at.
    faces, tracks
        How many there were.
    segments
        Who speaks when.
    stage_seconds
        Where the time went, by the run's own clock; of a stage that waits for another it holds the waiting, too.
    cache
        Embeddings looked up in the recognizer's cache, and found there; empty where it keeps none.
    wall
        Seconds from when the run began with the video to its end, as it states itself; 0 where it does not.
    """

    frames: int
    seconds: float
    faces: int = 0
    tracks: int = 0
    segments: tuple[Span, ...] = ()
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    cache: Mapping[str, int] = field(default_factory=dict)
    wall: float = 0.0

    def persons(self) -> dict[str, float]:
        """Return the seconds found of each person."""
        totals: dict[str, float] = {}
        for span in self.segments:
            totals[span.person] = totals.get(span.person, 0.0) + span.end - span.start
        return {person: round(totals[person], 3) for person in sorted(totals)}

    def as_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "segments": [asdict(span) for span in self.segments], "persons": self.persons()}


def findings_of(values: Mapping[str, Any]) -> Findings:
    """Return findings that were stated as JSON."""
    known = {name: values[name] for name in FIGURES}
    return Findings(**known, segments=tuple(Span(**span) for span in values["segments"]))


def read_findings(output: Path) -> Findings:
    """Return what the one result in an output folder says.

    Raises
    ------
    OutputError
        There is none, or none that can be read.
    """
    found = [path for path in output.glob("*/result.json") if not path.parent.name.startswith(".")]
    if len(found) != 1:
        raise OutputError("the run left no result behind")
    try:
        made = json.loads(found[0].read_text(encoding="utf-8"))
        statistics = made["statistics"]
        spans = [Span(row["person"], row["start"], row["end"]) for row in made["segments"]]
        cache = made.get("stages", {}).get("recognizer", {}).get("cache", {})
        return Findings(
            statistics["frames"],
            statistics["video_seconds"],
            statistics["faces"],
            statistics["tracks"],
            tuple(sorted(spans, key=lambda span: (span.start, span.end, span.person))),
            statistics.get("stage_seconds", {}),
            {name: cache[name] for name in ("lookups", "hits") if name in cache},
            statistics.get("wall_seconds", 0.0),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"the run's result.json cannot be read: {error}") from None


@dataclass(frozen=True, slots=True)
class Difference:
    """In what one run's findings differ from another's.

    Attributes
    ----------
    lost, gained
        Segments that only the other has, and only this one.
    seconds
        Of each person found more (or less) than in the other; those with the same are not named.
    apart
        Seconds that are a person's in one of the two only.
    """

    lost: tuple[Span, ...] = ()
    gained: tuple[Span, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    apart: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.lost or self.gained)

    def as_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {
            "lost": [asdict(span) for span in self.lost],
            "gained": [asdict(span) for span in self.gained],
            "seconds": dict(self.seconds),
            "apart": self.apart,
        }


def difference(base: Findings, other: Findings) -> Difference:
    """Return in what another run differs from the one that it is compared with.

    Each segment has at most one partner.
    """
    left = list(other.segments)
    lost = [span for span in base.segments if not _taken(span, left)]
    before, after = base.persons(), other.persons()
    people = sorted({span.person for span in (*lost, *left)})
    seconds = {person: round(after.get(person, 0.0) - before.get(person, 0.0), 3) for person in people}
    return Difference(tuple(lost), tuple(left), seconds, _apart(base, other))


def _apart(base: Findings, other: Findings) -> float:
    """Return the seconds that are a person's in one of two runs only."""
    seconds = 0.0
    for person in {span.person for span in (*base.segments, *other.segments)}:
        one, two = (union((s.start, s.end) for s in run.segments if s.person == person) for run in (base, other))
        seconds += length(one) + length(two) - 2 * length(intersect(one, two))
    return round(seconds, 3)


def _taken(span: Span, left: list[Span]) -> bool:
    """Take a segment's partner out of those that are left; return whether there is one."""
    partner = next((other for other in left if span.near(other)), None)
    if partner is not None:
        left.remove(partner)
    return partner is not None


def in_words(differing: Difference) -> str:
    """Return a difference in a line."""
    if not differing:
        return "the same"
    parts = [f"without {_listed(differing.lost)}"] if differing.lost else []
    return "; ".join([*parts, *([f"with {_listed(differing.gained)}"] if differing.gained else [])])


def _listed(spans: Iterable[Span]) -> str:
    return ", ".join(map(str, spans))


def agree(findings: Sequence[Findings]) -> bool:
    """Return whether all runs found the very same."""
    return all(found.segments == findings[0].segments for found in findings)
