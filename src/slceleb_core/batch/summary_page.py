"""A batch's summary as one HTML page that needs nothing beside it, and opens from disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from slceleb_core.batch import summary_charts
from slceleb_core.batch.summary_data import JSON_NAME, BatchSummary
from slceleb_core.batch.summary_rates import counts
from slceleb_core.pages.charts import Chart
from slceleb_core.pages.markup import rendered
from slceleb_core.pages.sheets import Cell, Link, Sheet, Tile
from slceleb_core.pages.wording import ABSENT, counted, decimals, lasting, percent, size

ROWS = 200
"""Rows of a table at most; the others are in the JSON."""

AT_ONCE = 20
"""Failures that are shown; to see more of them, one opens a fold."""

EXAMPLES = 3
"""Videos that are named of those that have the same warning."""

KINDS = {
    "video": "the file",
    "output": "writing",
    "usage": "what was asked for",
    "unexpected": "the program",
    "lost": "the worker died",
    "timeout": "the time limit",
}
"""What is at fault, in words."""

COLUMNS = (
    *("video", "status", ">length", ">face", ">person", ">speaks", ">segments", ">speech [s]"),
    *(">frames/s", ">work/video", ">cached", ">warnings"),
)
"""Of the table of videos."""

COLUMNS_MEAN = (
    "Face, person, speaks: parts of the frames on which there is a face, somebody who is looked for, and speech of "
    "theirs. Work/video: seconds of work to a second of video; below 1 is faster than it plays. Cached: part of the "
    "steps that were found among the artefacts."
)


@dataclass(frozen=True, slots=True)
class _Failures:
    """What failed: of many, how many are whose fault, and those that one has to unfold."""

    shown: Sheet
    by_kind: str = ""
    further: Sheet | None = None


@dataclass(frozen=True, slots=True)
class _Speech:
    """Who speaks: drawn, how many are not, and in figures."""

    chart: Chart
    rest: str
    table: Sheet


@dataclass(frozen=True, slots=True)
class _Stages:
    """Where the time went: drawn, and in figures."""

    chart: summary_charts.Keyed
    table: Sheet


@dataclass(frozen=True, slots=True)
class _Machine:
    """How busy the machine was: drawn, and in a sentence."""

    charts: Sequence[summary_charts.Pair]
    told: str


def page(overview: BatchSummary) -> str:
    """Return a summary as an HTML page."""
    done = [row for row in overview.videos if row["status"] == "done" and "rates" in row]
    return rendered(
        "batch/summary_page.html",
        title=f"Batch {PurePath(overview.output_dir).name or overview.output_dir}",
        overview=overview,
        when=_when(overview),
        notice=_notice(overview),
        tiles=list(_tiles(overview)),
        status=summary_charts.status_chart(overview),
        failures=_failures(overview) if overview.failures else None,
        speech=_speech(overview) if overview.persons else None,
        by_video=summary_charts.video_charts(done) if done else None,
        stages=_stages(overview, done) if done and overview.totals["stage_seconds"] else None,
        machine=_machine(overview),
        warnings=_warnings(overview),
        videos=_videos(overview),
        skipped=_skipped(overview),
        facts=_facts(overview),
        profile=json.dumps(overview.profile, indent=2, ensure_ascii=False, default=str),
    )


def _when(overview: BatchSummary) -> str:
    begin, end = (_moment(overview.run[name]) for name in ("started", "ended"))
    return f"From {begin} to {end} ({lasting(overview.run['seconds'])})."


def _notice(overview: BatchSummary) -> str:
    """Return why there is no more, and what to do; empty where it came to its end."""
    left = overview.videos_by_status["pending"] + overview.videos_by_status["running"]
    going_on = f"{counted(left, 'video')} left: run the same command again to go on."
    stopped = overview.run["stopped"]
    if stopped is not None:
        hint = f" ({stopped['hint']})" if stopped["hint"] else ""
        return f"Stopped before its end: {stopped['message']}{hint}. {going_on[0].upper()}{going_on[1:]}"
    return f"Interrupted before its end: {going_on}" if overview.run["ending"] == "interrupted" else ""


def _moment(text: str) -> str:
    """Return an ISO moment to the minute, as people write it."""
    return text[:16].replace("T", " ")


def _tiles(overview: BatchSummary) -> Iterator[Tile]:
    run, totals, rates, statuses = overview.run, overview.totals, overview.rates, overview.videos_by_status
    earlier = statuses["done"] - run["done"]
    yield Tile(
        "Videos done",
        f"{statuses['done']:,} of {len(overview.videos):,}",
        f"{earlier:,} of them in earlier runs" if earlier else "",
    )
    yield Tile("Failed", f"{statuses['failed']:,}", f"{statuses['skipped']:,} skipped")
    yield Tile("Video looked at", lasting(totals["video_seconds"]), counted(totals["frames"], "frame"))
    yield Tile("Speech found", lasting(totals["segment_seconds"]), counted(totals["segments"], "segment"))
    yield Tile("Share of the video", percent(rates["speech_share"]), "speech of labelled faces")
    yield Tile("People found", f"{len(overview.persons):,}", "by name, speaking at least once")
    this_time = f"{_workers(overview)}, {counted(run['attempted'], 'video')} this time"
    yield Tile("Took", lasting(run["seconds"]), this_time)
    pace = f"{run['pace']:.2f}x" if run["done"] and run["pace"] else ABSENT
    yield Tile("Pace", pace, "video time to wall-clock time")


def _workers(overview: BatchSummary) -> str:
    return counted(overview.settings["workers"], "worker")


def _failures(overview: BatchSummary) -> _Failures:
    rows = [
        [failure["name"], KINDS[failure["kind"]], failure["message"], failure["hint"], str(failure["attempts"] or "")]
        for failure in overview.failures[:ROWS]
    ]
    columns = ("video", "at fault", "reason", "what to do", ">attempts")
    shown = Sheet("Failures", columns, rows[:AT_ONCE])
    if len(rows) <= AT_ONCE:
        return _Failures(shown)
    by_kind = counts(KINDS[failure["kind"]] for failure in overview.failures)
    told = "At fault: " + ", ".join(f"{kind} {count:,}" for kind, count in by_kind.items()) + "."
    return _Failures(shown, told, Sheet("Further failures", columns, rows[AT_ONCE:], _rest(overview.failures)))


def _speech(overview: BatchSummary) -> _Speech:
    rows = [
        [name, f"{found['seconds']:,.1f}", f"{found['segments']:,}", f"{found['videos']:,}"]
        for name, found in list(overview.persons.items())[:ROWS]
    ]
    columns = ("person", ">speech [s]", ">segments", ">videos")
    return _Speech(
        summary_charts.people_chart(overview),
        _rest(list(overview.persons), summary_charts.FEW),
        Sheet("Speech by person", columns, rows, _rest(list(overview.persons))),
    )


def _stages(overview: BatchSummary, done: Sequence[Mapping[str, Any]]) -> _Stages:
    stages = overview.totals["stage_seconds"]
    whole = sum(stages.values())
    rows = [
        [stage, f"{seconds:,.1f}", percent(seconds / whole if whole else None)]
        for stage, seconds in sorted(stages.items(), key=lambda item: -item[1])
    ]
    table = Sheet("Seconds of work by stage", ("stage", ">[s]", ">part"), rows)
    return _Stages(summary_charts.stage_chart(overview, done), table)


def _machine(overview: BatchSummary) -> _Machine | None:
    samples = overview.machine["samples"]
    if len(samples["seconds"]) < 2:
        return None
    mean = sum(samples["cpu"]) / len(samples["cpu"])
    told = (
        f"This batch used {percent(mean)} of the processors on average, and at most {size(max(samples['memory']))} of "
        "memory. What its processes share counts for each of them; other machines of a cluster are not seen."
    )
    return _Machine(list(summary_charts.machine_charts(overview.machine)), told)


def _warnings(overview: BatchSummary) -> Sheet:
    rows = [
        [warning["warning"], f"{len(warning['videos']):,}", _some(warning["videos"])]
        for warning in overview.warnings[:ROWS]
    ]
    return Sheet("Warnings", ("warning", ">videos", "which"), rows, _rest(overview.warnings))


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:EXAMPLES], *(["…"] if len(names) > EXAMPLES else [])])


def _videos(overview: BatchSummary) -> Sheet:
    rows = [_row(row) for row in overview.videos[:ROWS]]
    return Sheet("Videos", COLUMNS, rows, f"{COLUMNS_MEAN} {_rest(overview.videos)}".rstrip())


def _row(row: Mapping[str, Any]) -> list[Cell]:
    if "rates" not in row:
        return [row["name"], row["status"], *[""] * (len(COLUMNS) - 2)]
    rates, found = row["rates"], row["statistics"]
    return [
        Link(row["name"], quote(os.fsencode(row["name"]), safe="") + "/"),
        row["status"],
        "" if row["duration"] is None else lasting(row["duration"]),
        *(_blank(percent, rates[name]) for name in ("detection_rate", "poi_rate", "speaking_rate")),
        f"{found.get('segments', 0):,}",
        f"{found.get('segment_seconds', 0.0):,.1f}",
        _blank(lambda rate: decimals(rate, 1), rates["frames_per_second"]),
        _blank(lambda rate: decimals(rate, 2), rates["real_time_factor"]),
        _blank(percent, rates["cache_hit_rate"]),
        str(len(row["warnings"]) or ""),
    ]


def _blank(shown: Any, value: float | None) -> str:
    """Return a value as it is to be shown, or nothing where there is none."""
    return "" if value is None else str(shown(value))


def _skipped(overview: BatchSummary) -> Sheet:
    rows = [[skipped["name"], skipped["video"], skipped["reason"]] for skipped in overview.skipped[:ROWS]]
    return Sheet("Skipped", ("video", "file", "reason"), rows, _rest(overview.skipped))


def _facts(overview: BatchSummary) -> Mapping[str, str]:
    """Return what the batch was made of and with."""
    settings = overview.settings
    return {
        "started": overview.run["started"],
        "ended": overview.run["ended"],
        "output folder": overview.output_dir,
        "profile": settings["profile_name"],
        "photos": settings["poi_dir"] or "none",
        "looked for": ", ".join(settings["poi"]) or ("everyone of the photos" if settings["poi_dir"] else "anybody"),
        "runner": f"{settings['runner']}, {_workers(overview)}",
        "frames of a video": "all" if settings["max_frames"] is None else f"the first {settings['max_frames']:,}",
        "processors, memory": f"{overview.machine['processors']}, {size(overview.machine['memory'])}",
        "GPUs": ", ".join(gpu["name"] for gpu in overview.machine["gpus"]) or "none seen",
        "versions": ", ".join(f"{name} {version}" for name, version in overview.versions.items()),
        "as data": JSON_NAME,
    }


def _rest(everything: Sequence[object], shown: int = ROWS) -> str:
    more = len(everything) - shown
    return f"{more:,} more are in {JSON_NAME}." if more > 0 else ""
