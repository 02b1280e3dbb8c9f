"""Bringing back segments that have been taken out and set aside: the files and tables of their videos.

Every step can be repeated: what has been brought back already stays, so whoever was stopped in the middle begins again.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Collection, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeAlias

from slceleb_core.corpus.editing import JsonObject, edit_json, sweep
from slceleb_core.corpus.folders import ASIDE, CLIPS, RESULT, SEGMENTS, recounted, segment_of
from slceleb_core.corpus.lists import FOLDER as SPLITS
from slceleb_core.corpus.revising import Revisers, dispose_of, revision_of, setting_aside
from slceleb_core.corpus.verdicts import forget_verdicts
from slceleb_core.disk.atomic import replacing_file
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import SOURCE
from slceleb_core.results import Segment
from slceleb_core.sinks.table import row

log = logging.getLogger(__name__)


Segments: TypeAlias = Mapping[str, Mapping[str, Segment]]
"""By the recording's name and by id."""


def bring_back(output_dir: Path, chosen: Segments, revisers: Revisers) -> None:
    """Put segments back into the folders of their videos: clips, results and table.

    Parameters
    ----------
    output_dir
        The corpus.
    chosen
        Segments that were taken out; what has been brought back already may be among them.
    revisers
        The sinks that bring in line what they have written; what they could not is set aside.

    Raises
    ------
    OSError
        Something cannot be written.
    """
    sweep(output_dir)
    for name, segments in chosen.items():
        _bring_back(output_dir, name, dict(sorted(segments.items())), revisers)
    if chosen and (output_dir / SPLITS).is_dir():
        hint = "make them anew with `slceleb corpus split`"
        log.warning("the lists of the split lack what was brought back", extra={"hint": hint})


def _bring_back(output_dir: Path, name: str, segments: Mapping[str, Segment], revisers: Revisers) -> None:
    folder, aside = output_dir / name, output_dir / ASIDE / name
    stale = revisers.ask(revision_of(folder, lambda _segment: True, tuple(segments.values())))
    dispose_of(stale, setting_aside(output_dir / ASIDE, output_dir))
    for key, segment in segments.items():
        for path in clips_aside(aside, segment, key):
            target = folder / path.relative_to(aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    drop_empty(output_dir / ASIDE)
    _add_rows(folder / SEGMENTS, segments.values())
    more = {key: segment.to_json() for key, segment in segments.items()}
    edit_json(folder / RESULT, partial(_with_segments, more=more))
    edit_json(
        folder / SOURCE, lambda stated: {**stated, "report": _with_segments(stated.get("report") or {}, more=more)}
    )
    forget_verdicts(folder, segments)


def make_room(output_dir: Path, chosen: Segments) -> None:
    """Give clips another name that were set aside from results which have been replaced since.

    Else the clips of segments that are now set aside would take their place. It is done before it is written down that
    they are, so that what has been set aside of these results is never among them.
    """
    for name, segments in chosen.items():
        for key, segment in segments.items():
            for path in clips_aside(output_dir / ASIDE / name, segment, key):
                rest = path.name.removeprefix(key)
                numbered = (path.with_name(f"{key}~{number}{rest}") for number in count(1))
                path.rename(next(free for free in numbered if not free.exists()))


def clips_aside(aside: Path, segment: Segment, key: str) -> list[Path]:
    """Return the clips of a segment that are set aside."""
    folder = aside / CLIPS / safe_name(segment.person)
    return sorted(path for path in folder.glob("*") if segment_of(path, {key}) is not None)


def drop_empty(folder: Path) -> None:
    """Delete a folder and what is in it, as far as that is only folders."""
    if folder.is_dir():
        for path in folder.iterdir():
            drop_empty(path)
        if not any(folder.iterdir()):
            folder.rmdir()


def _with_segments(result: JsonObject, more: Mapping[str, JsonObject]) -> JsonObject:
    segments = list(result.get("segments", ()))
    for key, segment in more.items():
        if not any(other["id"] == key for other in segments):
            segments.insert(_place(key, [other["id"] for other in segments]), segment)
    counted = recounted(result.get("statistics") or {}, segments)
    return {**result, "segments": segments, **({"statistics": counted} if counted else {})}


def _place(key: str, ids: list[str]) -> int:
    """Return where an id belongs among others, which stay in their order."""
    return next((place for place, other in enumerate(ids) if other > key), len(ids))


def _add_rows(path: Path, segments: Collection[Segment]) -> None:
    """Put lines into a video's table of segments, where it has one."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns, lines = list(reader.fieldnames or ()), list(reader)
    for segment in segments:
        ids = [line["id"] for line in lines]
        if segment.id not in ids:
            lines.insert(_place(segment.id, ids), row(segment))
    with replacing_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as written:
        writer = csv.DictWriter(written, columns, extrasaction="ignore", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
