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
from slceleb_core.naming import safe_name
from slceleb_core.output import statement_of
from slceleb_core.review.lanes import Lanes, Moment, read_lanes
from slceleb_core.review.stretches import Candidate, candidates_of
from slceleb_core.review.thumbnails import thumbnail

Plain = dict[str, Any]

OTHERS = 8
"""Rows for faces that are nobody's of the gallery; a crowd would fill the page."""

GLIMPSES = 60
"""Tracks without a segment whose face is looked up in the video itself, which takes a seek each."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of somebody, and how good it is."""

    quality: float
    picture: str


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

    video: Plain
    candidates: list[Plain] = field(default_factory=list)
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
    lanes = Lanes.over(start, end)
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
        "lost": dict((recording.report().get("statistics") or {}).get("seconds_lost") or {}),
        "warnings": list(recording.report().get("warnings") or ()),
    }
    view = View(video)
    pictures = _Pictures(recording.folder, source, lanes, view)
    for one in candidates:
        view.candidates.append(_plain(one, recording.folder, output_dir) | {"thumb": pictures.of(one)})
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
    ends = [start + (recording.duration or 0.0), *(one.end for one in candidates)]
    return start, max(*ends, *(float(track["end"]) for track in result.get("tracks", ())), start + 1.0)


def _plain(one: Candidate, folder: Path, output_dir: Path) -> Plain:
    stem = folder / "clips" / safe_name(one.person or "") / one.id
    clip, sound = (stem.with_name(stem.name + suffix) for suffix in (".mp4", ".wav"))
    there = one.kind == "segment"
    return {
        "id": one.id,
        "kind": one.kind,
        "person": one.person,
        "track": one.track,
        "start": one.start,
        "end": one.end,
        "gates": [
            [gate.name, gate.value, gate.limit, gate.sense, gate.passed, _short(gate.room)] for gate in one.gates
        ],
        "gate": one.gate,
        "uncertainty": _short(one.uncertainty),
        "tightest": one.tightest,
        "note": one.note,
        "clip": href(clip, output_dir) if there and clip.is_file() else None,
        "sound": href(sound, output_dir) if there and sound.is_file() else None,
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


class _Pictures:
    """Cuts thumbnails out, one of each segment, one of each other track; each is kept once."""

    def __init__(self, folder: Path, source: Path | None, lanes: Lanes, view: View) -> None:
        self._folder, self._source, self._lanes, self._view = folder, source, lanes, view
        self._of_track: dict[int, int | None] = {}
        self._glimpses = 0

    def of(self, one: Candidate) -> int | None:
        """Return the place of a candidate's picture; None where there is none."""
        moment = self._lanes.shown.get(one.id)
        if one.kind == "segment" and moment is not None:
            place = self._keep(self._out_of_clip(one, moment) or self._out_of_source(moment))
            if place is not None:
                self._of_track[one.track] = place
                self._portray(one, moment, self._view.thumbs[place])
            return place
        if one.track not in self._of_track:
            face = self._lanes.faces.get(one.track)
            self._of_track[one.track] = None if face is None else self._keep(self._glimpse(face))
        return self._of_track[one.track]

    def _keep(self, picture: str | None) -> int | None:
        if picture is None:
            return None
        self._view.thumbs.append(picture)
        return len(self._view.thumbs) - 1

    def _portray(self, one: Candidate, moment: Moment, picture: str) -> None:
        best = self._view.portraits.get(one.person or "")
        if one.person is not None and (best is None or moment.quality > best.quality):
            self._view.portraits[one.person] = Portrait(moment.quality, picture)

    def _out_of_clip(self, one: Candidate, moment: Moment) -> str | None:
        clip = self._folder / "clips" / safe_name(one.person or "") / f"{one.id}.mp4"
        return thumbnail(clip, moment.time - one.start, moment) if clip.is_file() else None

    def _glimpse(self, moment: Moment) -> str | None:
        self._glimpses += 1
        return self._out_of_source(moment) if self._glimpses <= GLIMPSES else None

    def _out_of_source(self, moment: Moment) -> str | None:
        return None if self._source is None else thumbnail(self._source, moment.time, moment)


def _rows(lanes: Lanes, tracks: Sequence[Mapping[str, Any]], candidates: Sequence[Candidate]) -> Plain:
    """Return the tracks in rows: a person's together, those that are seen at the same time below each other."""
    names = {one.track: one.person for one in candidates if one.kind == "segment"}
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


def _row(lanes: Lanes, person: str | None, tracks: Sequence[int]) -> Plain:
    return {
        "person": person,
        "tracks": [
            {"id": track, "first": lanes.tracks[track].first, "levels": lanes.tracks[track].text()} for track in tracks
        ],
    }
