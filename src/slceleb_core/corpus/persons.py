"""Taking a person out of the files of one finished video.

Every step can be repeated: what is gone already is left alone, so whoever was stopped in the middle begins again.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from slceleb_core.corpus.editing import JsonObject, delete, edit_json, edit_rows, read_json
from slceleb_core.corpus.folders import ABSENT, CLIPS, FRAMES, RESULT, TABLES, recounted
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.corpus.revising import Revisers, revision_of
from slceleb_core.corpus.verdicts import left_out, without_verdicts
from slceleb_core.disk.atomic import replacing_file
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import SOURCE
from slceleb_core.types import JsonValue

NAMING = ("warnings", "tracks", "rejected", "gallery", "source", "audio")
"""Parts of a result that may name people; the others say how it was made."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody who is taken out of a video.

    Attributes
    ----------
    name
        Whose.
    redaction
        Of the name.
    tracks
        The tracks that were taken for them.
    """

    name: str
    redaction: Redaction
    tracks: frozenset[int]

    def named_in(self, value: JsonValue) -> bool:
        """Tell whether data names the person anywhere."""
        return self.redaction.in_text(json.dumps(value, ensure_ascii=False))

    def stays(self, entry: Mapping[str, Any]) -> bool:
        """Tell whether a segment, a track or a rejected stretch is somebody else's."""
        return entry.get("person") != self.name and entry.get("track", entry.get("id")) not in self.tracks


def take_person(folder: Path, name: str, redaction: Redaction, revisers: Revisers) -> int:
    """Take a person out of a video's files, and return how many files had to be deleted.

    Their segments, tracks and faces go; elsewhere the name is blanked out. Files of which nobody can tell what is in
    them, such as a video with names drawn on it, are deleted where the person was seen, unless their sink revises them.

    Parameters
    ----------
    folder
        The video's.
    name
        The person's.
    redaction
        Of that name.
    revisers
        Who can bring such files in line.
    """
    person = _Person(name, redaction, _tracks_of(folder, name))
    clips = folder / CLIPS / safe_name(name)
    going = [clips, *(_unrevised(folder, person, revisers) if _seen(folder, person) else ())]
    files = sum(delete(path) for path in going)
    _edit_frames(folder / FRAMES, person)
    for table in TABLES:
        edit_rows(folder / table, partial(_row_without, person=person))
    edit_json(folder / RESULT, partial(_without_person, person=person))
    edit_json(folder / SOURCE, partial(_statement_without, person=person))
    return files


def _tracks_of(folder: Path, name: str) -> frozenset[int]:
    result, stated = read_json(folder / RESULT) or {}, read_json(folder / SOURCE) or {}
    segments = [*result.get("segments", ()), *((stated.get("report") or {}).get("segments") or ())]
    tracks = {track["id"] for track in result.get("tracks", ()) if track.get("person") == name}
    out = {segment.track for segment in left_out(stated).values() if segment.person == name}
    return frozenset(tracks | out | {segment["track"] for segment in segments if segment["person"] == name})


def _seen(folder: Path, person: _Person) -> bool:
    result = read_json(folder / RESULT) or {}
    rejected = [rejection for rejection in result.get("rejected", ()) if rejection.get("person") == person.name]
    return bool(person.tracks or rejected or (folder / CLIPS / safe_name(person.name)).exists())


def _unrevised(folder: Path, person: _Person, revisers: Revisers) -> tuple[Path, ...]:
    """Return files of other sinks that stay as they were, though the person is gone."""
    stale = revisers.ask(revision_of(folder, person.stays, person=person.name))
    return (*stale, *revisers.unknown(folder))


def _without_person(result: JsonObject, person: _Person) -> JsonObject:
    made = {key: person.redaction.tree(value) if key in NAMING else value for key, value in result.items()}
    for key in ("tracks", "rejected", "segments"):
        if key in result:
            whole = [entry for entry in result[key] if person.stays(entry)]
            made[key] = person.redaction.tree(whole) if key in NAMING else whole
    counted = recounted(result.get("statistics") or {}, made.get("segments", ()))
    if not counted:
        return made
    return {**made, "statistics": _less(counted, result, person)}


def _less(statistics: JsonObject, result: JsonObject, person: _Person) -> JsonObject:
    """Return statistics less the person's tracks, what each gate has stopped of theirs, and who came near to them."""
    gone = [rejection for rejection in result.get("rejected", ()) if not person.stays(rejection)]
    lost = dict(statistics.get("rejected_seconds") or {})
    for rejection in gone:
        if rejection.get("gate") in lost:
            lost[rejection["gate"]] = round(
                max(lost[rejection["gate"]] - (rejection["end"] - rejection["start"]), 0.0), 3
            )
    made = {**statistics, **({"rejected_seconds": lost} if lost else {})}
    if "strangers" in statistics:
        made["strangers"] = person.redaction.tree(statistics["strangers"])
    if "tracks" in result:
        tracks = [track for track in result["tracks"] if person.stays(track)]
        made |= {"tracks": len(tracks), "tracks_identified": sum(track["person"] is not None for track in tracks)}
    return made


def _statement_without(stated: JsonObject, person: _Person) -> JsonObject:
    report = stated.get("report") or {}
    told = report.get("provenance") or {}
    provenance = {key: person.redaction.tree(value) if key in NAMING else value for key, value in told.items()}
    reviewed = stated.get("review") or {}
    theirs = {segment["id"] for segment in report.get("segments", ()) if not person.stays(segment)}
    kept = {key: entry for key, entry in reviewed.items() if key not in theirs and not person.named_in(entry)}
    absent = [entry for entry in stated.get(ABSENT, ()) if not person.named_in(entry)]
    stated = without_verdicts(stated, person.stays)
    report = stated.get("report") or {}
    return {
        **stated,
        **({"source": person.redaction.tree(stated["source"])} if "source" in stated else {}),
        **({"review": kept} if "review" in stated else {}),
        **({ABSENT: absent} if ABSENT in stated else {}),
        "report": {**_without_person(report, person), "provenance": provenance},
    }


def _row_without(row: dict[str, str], person: _Person) -> dict[str, str] | None:
    if row.get("person") == person.name or int(row.get("track") or -1) in person.tracks:
        return None
    return {key: person.redaction.text(text) if key not in ("id", "video") else text for key, text in row.items()}


def _edit_frames(path: Path, person: _Person) -> None:
    if not path.is_file() or not _names(path, person):
        return
    with (
        replacing_file(path) as aside,
        gzip.open(path, "rt", encoding="utf-8") as lines,
        aside.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as stream,
    ):
        for line in lines:
            stream.write(_frame_without(line, person).encode())


def _names(path: Path, person: _Person) -> bool:
    if person.tracks:
        return True
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return any(person.redaction.in_text(line) for line in lines)


def _frame_without(line: str, person: _Person) -> str:
    frame = json.loads(line)
    faces = [face for face in frame["faces"] if face["track"] not in person.tracks]
    frame["faces"] = person.redaction.tree(faces)
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")) + "\n"
