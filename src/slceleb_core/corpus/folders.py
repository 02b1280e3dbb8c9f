"""Taking single segments out of the files of one finished video.

Every step can be repeated: what is gone already is left alone, so whoever was stopped in the middle begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from slceleb_core.corpus.editing import JsonObject, edit_json, edit_rows
from slceleb_core.disk.output import SOURCE

RESULT, FRAMES, CLIPS = "result.json", "frames.jsonl.gz", "clips"

SEGMENTS, REJECTED = "segments.csv", "rejected.csv"

TABLES = (SEGMENTS, REJECTED)

ASIDE = ".removed"
"""Folder in an output folder to which the clips of segments are moved that leave the corpus and may come back."""

REVIEW = "review"
"""In the statement of a video: by segment id what a reviewer has decided."""

ABSENT = "absent"
"""In the statement of a video: what was decided on segments of earlier results that these results do not have."""

KNOWN = frozenset({SOURCE, RESULT, FRAMES, CLIPS, *TABLES})
"""Files of a video that can be edited. Any other is of a sink of which nobody here can tell what it writes."""

Dispose = Callable[[Path], object]
"""Takes a file out of the corpus."""


def moving_to(shelf: Path, output_dir: Path) -> Dispose:
    """Return what moves files below another folder, each to the place that it had in the output folder."""

    def move(path: Path) -> None:
        target = shelf / path.relative_to(output_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)

    return move


def outputs_of_others(folder: Path) -> tuple[Path, ...]:
    """Return what stands in a video's folder that cannot be edited, by name."""
    return tuple(sorted(path for path in folder.iterdir() if path.name not in KNOWN)) if folder.is_dir() else ()


def segment_of(clip: Path, known: Collection[str]) -> str | None:
    """Return of which segment a clip is: ``<id>.wav``, ``<id>.mp4``, or the view of another camera, ``<id>.left.mp4``.

    Parameters
    ----------
    clip
        A file.
    known
        Ids; None is returned where it is of none of them.
    """
    name = clip.stem
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def take_segments(folder: Path, chosen: Collection[str], dispose: Dispose) -> int:
    """Take segments out of a video's files, by id, and return how many clips that were.

    Parameters
    ----------
    folder
        The video's.
    chosen
        Ids; those of other videos count for nothing.
    dispose
        What becomes of the clips.
    """

    def less(result: JsonObject) -> JsonObject:
        return _without_segments(result, chosen)

    clips = [path for path in sorted((folder / CLIPS).glob("*/*")) if segment_of(path, chosen) is not None]
    for path in clips:
        dispose(path)
    _drop_empty(folder / CLIPS)
    edit_rows(folder / SEGMENTS, lambda row: None if row.get("id") in chosen else row)
    edit_json(folder / RESULT, less)
    edit_json(folder / SOURCE, lambda stated: {**stated, "report": less(stated.get("report") or {})})
    return len(clips)


def _drop_empty(clips: Path) -> None:
    for person in clips.glob("*/"):
        if not any(person.iterdir()):
            person.rmdir()


def _without_segments(result: JsonObject, chosen: Collection[str]) -> JsonObject:
    segments = [segment for segment in result.get("segments", ()) if segment["id"] not in chosen]
    counted = recounted(result.get("statistics") or {}, segments)
    return {**result, "segments": segments, **({"statistics": counted} if counted else {})}


def recounted(statistics: Mapping[str, Any], segments: Collection[Mapping[str, Any]]) -> JsonObject:
    """Return statistics of a video with what they say of its segments counted anew."""
    if not statistics:
        return {}
    persons: dict[str, JsonObject] = {}
    for segment in segments:
        person = persons.setdefault(segment["person"], {"segments": 0, "seconds": 0.0})
        person["segments"] += 1
        person["seconds"] = round(person["seconds"] + segment["end"] - segment["start"], 3)
    spoken = round(sum(segment["end"] - segment["start"] for segment in segments), 3)
    return {**statistics, "segments": len(segments), "segment_seconds": spoken, "persons": persons}
