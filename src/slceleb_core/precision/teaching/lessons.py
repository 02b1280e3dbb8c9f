"""Segments on which somebody has decided, as a stage saw them: what its scores rested on, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.corpus.reading import recording_folders
from slceleb_core.disk.output import statement_of
from slceleb_core.precision.evidence import Kind, Label
from slceleb_core.precision.population import members_of
from slceleb_core.results import Segment
from slceleb_core.review.lanes import frames_of
from slceleb_core.types import Array

SPEAKS: Mapping[Kind, bool] = {"right": True, "not speaking": False, "someone else's voice": False, "wrong": False}
"""What a decision says of whether the face makes the sound. A rejection that does not say for what is taken for one of
the voice, as wrong names are rare at the rate that a profile asks for; a wrong name or a bad cut says nothing of it."""

NAMED: Mapping[Kind, bool] = {
    "right": True,
    "not speaking": True,
    "someone else's voice": True,
    "bad cut": True,
    "wrong person": False,
}
"""What a decision says of whether the face is the person's."""

HEARD = 0.5
"""How likely a voice must be heard where a row says something of whose it is (Silero VAD's threshold)."""

MOST_ROWS = 50
"""Rows of a segment that are looked at, spread over it: neighbours are alike, and a long segment is one decision."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A segment on which somebody has decided.

    Attributes
    ----------
    label
        What was decided.
    rows
        By name of what scores rest on, float64 [n]: in those rows in which a voice is heard, and all is known.
    """

    label: Label
    rows: Mapping[str, Array]


def lessons_of(output_dir: Path, labels: Iterable[Label]) -> Iterator[Lesson]:
    """Yield decisions with what scores rested on, as far as results hold that (``diagnostics``)."""
    wanted: dict[str, dict[str, Label]] = {}
    for label in labels:
        wanted.setdefault(label.recording, {})[label.segment] = label
    for folder in recording_folders(output_dir):
        decided = wanted.get(folder.name)
        if decided:
            yield from _of_video(folder, decided)


def _of_video(folder: Path, decided: Mapping[str, Label]) -> Iterator[Lesson]:
    segments = [
        member.segment for member in members_of(folder.name, statement_of(folder)) if member.segment.id in decided
    ]
    found = diagnostics_of(folder, segments)
    for segment in segments:
        rows = found.get(segment.id)
        if rows:
            yield Lesson(decided[segment.id], _columns(_spread(rows)))


def diagnostics_of(folder: Path, segments: Sequence[Segment]) -> dict[str, list[Mapping[str, float]]]:
    """Return, by segment id, what scores rest on in the rows of its track in which a voice is heard."""
    by_track: dict[int, list[Segment]] = {}
    for segment in segments:
        by_track.setdefault(segment.track, []).append(segment)
    found: dict[str, list[Mapping[str, float]]] = {}
    for frame in frames_of(folder / "frames.jsonl.gz"):
        voice = frame.get("voice")
        if voice is not None and voice < HEARD:
            continue
        for face in frame["faces"]:
            told = face.get("diagnostics")
            if told and all(value is not None for value in told.values()):
                for segment in by_track.get(face["track"], ()):
                    if segment.first_frame <= frame["index"] <= segment.last_frame:
                        found.setdefault(segment.id, []).append(told)
    return found


def _spread(rows: Sequence[Mapping[str, float]]) -> list[Mapping[str, float]]:
    places = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).round().astype(int))
    return [rows[place] for place in places]


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    names = set.intersection(*(set(row) for row in rows))
    return {name: np.array([row[name] for row in rows], dtype=np.float64) for name in sorted(names)}
