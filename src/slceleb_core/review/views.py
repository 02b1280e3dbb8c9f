"""A video as the page shows it: plain values that go into the page as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from slceleb_core.corpus.reading import Recording
from slceleb_core.disk.output import statement_of
from slceleb_core.review.lanes import Lanes, read_lanes
from slceleb_core.review.portraits import Portrait, pictures_of
from slceleb_core.review.stretches import Candidate, candidates_of, cut_of

JsonObject = dict[str, Any]

OTHERS = 8
"""Rows for faces that are nobody's of the gallery; a crowd would fill the page."""


@dataclass(slots=True)
class View:
    """A video, its candidates and their thumbnails.

    Attributes
    ----------
    video
        What is known of it, JSON-ready.
    candidates
        JSON-ready; `thumb` is a place in `thumbs`.
    thumbs
        Data URIs.
    portraits
        The best picture of each person who speaks.
    """

    video: JsonObject
    candidates: list[JsonObject] = field(default_factory=list)
    thumbs: list[str] = field(default_factory=list)
    portraits: dict[str, Portrait] = field(default_factory=dict)


def view_of(recording: Recording, output_dir: Path) -> View:
    """Return a finished video as the page shows it.

    Parameters
    ----------
    recording
        The video.
    output_dir
        What the page's paths are relative to.
    """
    result, stated = read_result(recording.folder), statement_of(recording.folder)
    candidates = candidates_of(recording.name, result, stated)
    start, end = _bounds(recording, result, candidates)
    lanes = Lanes.over(start, end, str((result.get("group") or {}).get("clock") or ""))
    read_lanes(recording.folder / "frames.jsonl.gz", lanes, candidates)
    source = recording.video if recording.video.is_file() else None
    video = {
        "name": recording.name,
        "file": recording.video.name or recording.name,
        "source": None if source is None else href(source, output_dir),
        "begin": float((result.get("video") or {}).get("start") or 0.0),
        "start": start,
        "end": end,
        "step": lanes.step,
        "voice": lanes.voice.text() or None,
        **_rows(lanes, result.get("tracks", ()), candidates),
        "rejected_seconds": dict((recording.report().get("statistics") or {}).get("rejected_seconds") or {}),
        "warnings": list(recording.report().get("warnings") or ()),
    }
    pictures = pictures_of(candidates, lanes, recording.folder, source)
    places = {key: place for place, key in enumerate(pictures.shown)}
    view = View(video, thumbs=list(pictures.shown.values()), portraits=pictures.portraits)
    for candidate in candidates:
        thumb = places.get(pictures.key(candidate))
        view.candidates.append(_to_json(candidate, recording.folder, output_dir) | {"thumb": thumb})
    return view


def read_result(folder: Path) -> Mapping[str, Any]:
    """Return ``result.json`` of a video; empty where there is none."""
    try:
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def href(path: Path, base: Path) -> str:
    """Return a file's path relative to a folder, as a URL: percent-encoded, whatever its bytes."""
    return quote(os.fsencode(os.path.relpath(path.absolute(), base.absolute())))


def _bounds(recording: Recording, result: Mapping[str, Any], candidates: Sequence[Candidate]) -> tuple[float, float]:
    """Return PTS seconds of the video's beginning and end, as far as anything tells."""
    start = float((result.get("video") or {}).get("start") or 0.0)
    ends = [start + (recording.duration or 0.0), *(candidate.end for candidate in candidates)]
    return start, max(*ends, *(float(track["end"]) for track in result.get("tracks", ())), start + 1.0)


def _to_json(candidate: Candidate, folder: Path, output_dir: Path) -> JsonObject:
    clip, sound = (cut_of(candidate, folder, suffix) for suffix in (".mp4", ".wav"))
    there = candidate.kind == "segment"
    return {
        "id": candidate.id,
        "kind": candidate.kind,
        "person": candidate.person,
        "track": candidate.track,
        "start": candidate.start,
        "end": candidate.end,
        "gates": [
            [gate.name, gate.value, gate.limit, gate.comparison, gate.passed, _short(gate.room)]
            for gate in candidate.gates
        ],
        "gate": candidate.gate,
        "uncertainty": _short(candidate.uncertainty),
        "tightest": candidate.tightest,
        "decisive": candidate.decisive,
        "note": candidate.note,
        "clip": href(clip, output_dir) if there and clip.is_file() else None,
        "sound": href(sound, output_dir) if there and sound.is_file() else None,
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _rows(lanes: Lanes, tracks: Sequence[Mapping[str, Any]], candidates: Sequence[Candidate]) -> JsonObject:
    """Return the tracks in rows: a person's together, those that are seen at the same time below each other."""
    names = {candidate.track: candidate.person for candidate in candidates if candidate.kind == "segment"}
    names |= {int(track["id"]): track["person"] for track in tracks}
    by_person: dict[str | None, list[int]] = {}
    for track in sorted(lanes.tracks, key=lambda track: lanes.tracks[track].first):
        by_person.setdefault(names.get(track), []).append(track)
    nobody = list(_packed(lanes, by_person.pop(None, [])))
    rows = [_row(lanes, person, row) for person, of in by_person.items() for row in _packed(lanes, of)]
    rows += [_row(lanes, None, row) for row in nobody[:OTHERS]]
    return {"rows": rows, "unshown": sum(map(len, nobody[OTHERS:]))}


def _packed(lanes: Lanes, tracks: Sequence[int]) -> Iterator[list[int]]:
    """Yield tracks, given in order of time, in rows without an overlap, but for a step that two tracks share."""
    rows: list[list[int]] = []
    ends: list[int] = []
    for track in tracks:
        lane = lanes.tracks[track]
        place = next((n for n, end in enumerate(ends) if end <= lane.first + 1), len(rows))
        if place == len(rows):
            rows.append([])
            ends.append(0)
        rows[place].append(track)
        ends[place] = lane.first + len(lane.levels)
    yield from rows


def _row(lanes: Lanes, person: str | None, tracks: Sequence[int]) -> JsonObject:
    return {
        "person": person,
        "tracks": [
            {"id": track, "first": lanes.tracks[track].first, "levels": lanes.tracks[track].text()} for track in tracks
        ],
    }
