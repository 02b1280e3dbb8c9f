"""Every segment that the runs of a folder have found, with what was measured of each: what labels are a sample of.

Those that a review has taken out are among them: a run with another profile finds them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.corpus.reading import recording_folders
from slceleb_core.disk.output import statement_of
from slceleb_core.results import Segment
from slceleb_core.review.state import REVIEW
from slceleb_core.types import Array

SECONDS = "seconds"
"""The measure of how long a segment is, padding included."""

SPEAKING = "speaking"
"""The measure of its mean speaking score: a segment states it, and a gate only where a profile limits it."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """The segments of a folder, a row each, in order of recording and id.

    Attributes
    ----------
    ids, recordings, persons
        Of each.
    starts, ends
        float64 [n]: PTS seconds.
    present
        bool [n]: whether it is in the corpus; else a review has taken it out.
    measures
        By name, float64 [n]: the value of each gate, :data:`SECONDS` and :data:`SPEAKING`; NaN where nothing is known.
    limits
        By gate, float64 [n]: what the value was measured against; NaN where anything passes.
    comparisons
        By gate, ``>=`` or ``<=``.
    """

    ids: tuple[str, ...]
    recordings: tuple[str, ...]
    persons: tuple[str, ...]
    starts: Array
    ends: Array
    present: Array
    measures: Mapping[str, Array] = field(default_factory=dict)
    limits: Mapping[str, Array] = field(default_factory=dict)
    comparisons: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def seconds(self) -> Array:
        """float64 [n]: how long each is."""
        return self.ends - self.starts

    def rows(self) -> dict[str, int]:
        """Return where each id is."""
        return {key: row for row, key in enumerate(self.ids)}

    def digest(self) -> str:
        """Return a hash of which segments these are, and of all that was measured of them."""
        made = hashlib.sha256("\n".join(self.ids).encode())
        for name in sorted(self.measures):
            made.update(name.encode() + np.ascontiguousarray(self.measures[name]).tobytes())
        return made.hexdigest()


@dataclass(frozen=True, slots=True)
class Member:
    """One segment, and whether it is in the corpus."""

    recording: str
    segment: Segment
    present: bool


def members_of(recording: str, stated: Mapping[str, Any]) -> list[Member]:
    """Return the segments of a video by id, those that a review has taken out included; `stated` of ``source.json``."""
    report = stated.get("report") or {}
    present = {told["id"]: Segment.from_json(told) for told in report.get("segments", ())}
    entries = (stated.get(REVIEW) or {}).items()
    out = {key: Segment.from_json(entry["segment"]) for key, entry in entries if entry.get("segment")}
    return [Member(recording, {**out, **present}[key], key in present) for key in sorted({*out, *present})]


def population_of(members: Sequence[Member]) -> Population:
    """Return segments as one population."""
    return Population(
        ids=tuple(member.segment.id for member in members),
        recordings=tuple(member.recording for member in members),
        persons=tuple(member.segment.person for member in members),
        starts=np.array([member.segment.start for member in members], dtype=np.float64),
        ends=np.array([member.segment.end for member in members], dtype=np.float64),
        present=np.array([member.present for member in members], dtype=bool),
        measures=_measures(members),
        limits=_gathered(
            ({gate.name: gate.limit for gate in member.segment.gates} for member in members), len(members)
        ),
        comparisons={gate.name: gate.comparison for member in members for gate in member.segment.gates},
    )


def read_population(output_dir: Path) -> Population:
    """Return every segment that the runs of a folder have found.

    Raises
    ------
    UsageError
        There is no such folder.
    """
    return population_of(
        [member for folder in recording_folders(output_dir) for member in members_of(folder.name, statement_of(folder))]
    )


def _measures(members: Sequence[Member]) -> dict[str, Array]:
    return _gathered((_values(member.segment) for member in members), len(members))


def _limits(members: Sequence[Member]) -> dict[str, Array]:
    return _gathered(({gate.name: gate.limit for gate in member.segment.gates} for member in members), len(members))


def _values(segment: Segment) -> dict[str, float | None]:
    gates = {gate.name: gate.value for gate in segment.gates}
    return {**gates, SECONDS: segment.duration, SPEAKING: segment.speaking_mean}


def _gathered(rows: Iterable[Mapping[str, float | None]], count: int) -> dict[str, Array]:
    """Return columns of rows that may lack some."""
    columns: dict[str, Array] = {}
    for place, row in enumerate(rows):
        for name, value in row.items():
            column = columns.setdefault(name, np.full(count, np.nan))
            column[place] = np.nan if value is None else value
    return columns
