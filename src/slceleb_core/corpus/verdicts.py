"""What the voices of a video's segments have decided, as its files state it: gates, and what was left out for them.

``source.json`` gets ``voices``: of each segment that was left out the segment itself, so that it can come back; and
among its stages the one that was asked. Among the stretches that are none, ``rejected.csv`` and ``result.json`` get it
with its reason. All of that is worked out of what stands in ``voices``, so every step can be repeated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from slceleb_core.corpus.editing import JsonObject, edit_json
from slceleb_core.corpus.folders import REJECTED, RESULT
from slceleb_core.disk.atomic import replacing_file
from slceleb_core.disk.naming import readable
from slceleb_core.disk.output import SOURCE, statement_of
from slceleb_core.results import Gate, Rejection, Segment, gates_to_json
from slceleb_core.sinks.table import REJECTED_COLUMNS, rejected_cells
from slceleb_core.types import JsonValue

VOICES = "voices"
"""In the statement of a video: what was left out for its voice."""

VOICE, ONE_VOICE = "voice", "one_voice"
"""Gates: whose voice it is, and whether it is one."""

VOICE_GATES = (VOICE, ONE_VOICE)

SEGMENT = "segment"
"""In a rejected stretch: the id of the segment that it was."""


def left_out(stated: Mapping[str, Any]) -> dict[str, Segment]:
    """Return the segments of a video that were left out for their voices, by id, as ``source.json`` states them."""
    out = (stated.get(VOICES) or {}).get("out") or {}
    return {key: Segment.from_json(segment) for key, segment in out.items()}


def failed(gates: Sequence[Gate]) -> Gate | None:
    """Return the first gate of voices that was not passed."""
    return next((gate for gate in gates if gate.name in VOICE_GATES and not gate.passed), None)


def record_verdicts(
    folder: Path, stage: JsonObject, gates: Mapping[str, Sequence[Gate]], out: Mapping[str, Segment]
) -> None:
    """Write down what voices have decided on a video's segments.

    Parameters
    ----------
    folder
        The video's.
    stage
        Which voice stage was asked, and what it reports, JSON-ready.
    gates
        What the gates of voices say of segments, by id.
    out
        The segments that they keep out, by id; those may still be in the corpus, and are taken out next.

    Raises
    ------
    OSError
        It cannot be written.
    """
    kept = {key: segment.to_json() for key, segment in sorted(out.items())}
    edit_json(folder / SOURCE, partial(_stated, stage=stage, gates=gates, out=kept))
    edit_json(folder / RESULT, partial(_resulting, stage=stage, gates=gates))
    _tell_of(folder, out)


def forget_verdicts(folder: Path, chosen: Collection[str]) -> None:
    """Take segments out of what is left out for voices, as they are back; errors as of :func:`record_verdicts`."""
    stated = statement_of(folder)
    if VOICES not in stated:
        return
    out = {key: segment for key, segment in left_out(stated).items() if key not in chosen}
    kept = {key: segment.to_json() for key, segment in out.items()}
    edit_json(folder / SOURCE, partial(_with_out, out=kept))
    _tell_of(folder, out)


def without_verdicts(stated: JsonObject, stays: Any) -> JsonObject:
    """Return a video's statement without what was left out of somebody, where `stays` says who stays; and recounted."""
    if VOICES not in stated:
        return stated
    out = {key: segment for key, segment in (stated[VOICES].get("out") or {}).items() if stays(segment)}
    return _with_out(stated, out)


def _stated(
    stated: JsonObject, stage: JsonObject, gates: Mapping[str, Sequence[Gate]], out: Mapping[str, JsonValue]
) -> JsonObject:
    report = _gated(stated.get("report") or {}, gates)
    provenance = report.get("provenance") or {}
    stages = {**(provenance.get("stages") or {}), "voice": stage}
    return _with_out({**stated, "report": {**report, "provenance": {**provenance, "stages": stages}}}, out)


def _with_out(stated: JsonObject, out: Mapping[str, JsonValue]) -> JsonObject:
    report = stated.get("report") or {}
    kept = {key: Segment.from_json(segment) for key, segment in out.items()}
    counted = _recounted(report.get("statistics") or {}, kept)
    return {**stated, VOICES: {"out": dict(out)}, "report": {**report, "statistics": counted}}


def _resulting(result: JsonObject, stage: JsonObject, gates: Mapping[str, Sequence[Gate]]) -> JsonObject:
    return {**_gated(result, gates), "stages": {**(result.get("stages") or {}), "voice": stage}}


def _gated(result: JsonObject, gates: Mapping[str, Sequence[Gate]]) -> JsonObject:
    segments = [
        {**segment, "gates": _with_gates(segment.get("gates") or {}, gates[segment["id"]])}
        if segment["id"] in gates
        else segment
        for segment in result.get("segments", ())
    ]
    return {**result, "segments": segments}


def _with_gates(stated: Mapping[str, JsonValue], gates: Sequence[Gate]) -> JsonObject:
    others = {name: gate for name, gate in stated.items() if name not in VOICE_GATES}
    return {**others, **gates_to_json(gates)}


def _tell_of(folder: Path, out: Mapping[str, Segment]) -> None:
    """Bring in line what says why stretches are no segments."""
    edit_json(folder / RESULT, partial(_rejecting, out=out))
    _edit_table(folder / REJECTED, list(out.values()))


def _rejecting(result: JsonObject, out: Mapping[str, Segment]) -> JsonObject:
    others = [stretch for stretch in result.get("rejected", ()) if SEGMENT not in stretch]
    more = [{**rejection_of(segment).to_json(), SEGMENT: key} for key, segment in out.items()]
    together = sorted([*others, *more], key=lambda stretch: stretch["end"]) if more else others
    counted = _recounted(result.get("statistics") or {}, out)
    return {**result, "rejected": together, **({"statistics": counted} if counted else {})}


def rejection_of(segment: Segment) -> Rejection:
    """Return a segment that voices keep out as a stretch that is none, with all gates and its reason."""
    names = ("person", "track", "start", "end", "first_frame", "last_frame", "gates")
    return Rejection(**{name: getattr(segment, name) for name in names})


def _recounted(statistics: Mapping[str, Any], out: Mapping[str, Segment]) -> JsonObject:
    """Return statistics with the seconds counted anew that voices keep out."""
    before = statistics.get("rejected_seconds") or {}
    lost = {gate: seconds for gate, seconds in before.items() if gate not in VOICE_GATES}
    for gate in VOICE_GATES:
        seconds = [segment.duration for segment in out.values() if rejection_of(segment).gate.name == gate]
        if seconds:
            lost[gate] = round(sum(seconds), 3)
    return {**statistics, "rejected_seconds": lost} if lost != before else dict(statistics)


def _edit_table(path: Path, out: Sequence[Segment]) -> None:
    """Have the lines of those segments in a table of what is none, and no other lines of gates of voices."""
    if not path.is_file():
        return
    before = path.read_text(encoding="utf-8")
    lines = [line for line in csv.DictReader(io.StringIO(before, newline="")) if line.get("gate") not in VOICE_GATES]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, REJECTED_COLUMNS, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows([*lines, *_lines(out)])
    if text.getvalue() != before:
        with replacing_file(path) as aside:
            aside.write_text(text.getvalue(), encoding="utf-8")


def _lines(out: Sequence[Segment]) -> Iterator[dict[str, str]]:
    for segment in out:
        cells = [readable(Path(segment.video)), *rejected_cells(rejection_of(segment))]
        yield dict(zip(REJECTED_COLUMNS, cells, strict=True))
