"""A batch's summary as one HTML page that needs nothing beside it, and opens from disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from slceleb_core.batch import summary_charts
from slceleb_core.batch.summary_data import JSON_NAME, BatchSummary
from slceleb_core.batch.summary_rates import counts
from slceleb_core.pages import markup
from slceleb_core.pages.markup import element, paragraph, section, table
from slceleb_core.pages.sheets import Cell, Link, Sheet
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


def page(overview: BatchSummary) -> str:
    """Return a summary as an HTML page."""
    return markup.page(f"Batch {_title(overview)}", _body(overview))


def _title(overview: BatchSummary) -> str:
    return PurePath(overview.output_dir).name or overview.output_dir


def _body(overview: BatchSummary) -> Iterator[str]:
    done = [row for row in overview.videos if row["status"] == "done" and "rates" in row]
    yield element("h1", escape(f"Batch {_title(overview)}"))
    yield from _opening(overview)
    yield element("dl", "".join(_tiles(overview)), class_="tiles")
    yield from summary_charts.status_chart(overview)
    yield from _failures(overview)
    if done:
        yield from _people(overview)
        yield from _work(overview, done)
    yield from _machine(overview)
    yield from _warnings(overview)
    yield from _videos(overview)
    yield from _skipped(overview)
    yield from _making(overview)


def _opening(overview: BatchSummary) -> Iterator[str]:
    run = overview.run
    begin, end = (_moment(run[name]) for name in ("started", "ended"))
    yield paragraph(f"From {begin} to {end} ({lasting(run['seconds'])}).")
    left = overview.videos_by_status["pending"] + overview.videos_by_status["running"]
    going_on = f"{counted(left, 'video')} left: run the same command again to go on."
    if run["stopped"] is not None:
        stopped = run["stopped"]
        hint = f" ({stopped['hint']})" if stopped["hint"] else ""
        yield _notice(f"Stopped before its end: {stopped['message']}{hint}. {going_on[0].upper()}{going_on[1:]}")
    elif run["ending"] == "interrupted":
        yield _notice(f"Interrupted before its end: {going_on}")


def _moment(text: str) -> str:
    """Return an ISO moment to the minute, as people write it."""
    return text[:16].replace("T", " ")


def _notice(text: str) -> str:
    return element("p", escape(text), class_="notice", role="note")


def _tiles(overview: BatchSummary) -> Iterator[str]:
    run, totals, rates, statuses = overview.run, overview.totals, overview.rates, overview.videos_by_status
    earlier = statuses["done"] - run["done"]
    yield _tile(
        "Videos done",
        f"{statuses['done']:,} of {len(overview.videos):,}",
        f"{earlier:,} of them in earlier runs" if earlier else "",
    )
    yield _tile("Failed", f"{statuses['failed']:,}", f"{statuses['skipped']:,} skipped")
    yield _tile("Video looked at", lasting(totals["video_seconds"]), counted(totals["frames"], "frame"))
    yield _tile("Speech found", lasting(totals["segment_seconds"]), counted(totals["segments"], "segment"))
    yield _tile("Share of the video", percent(rates["speech_share"]), "speech of labelled faces")
    yield _tile("People found", f"{len(overview.persons):,}", "by name, speaking at least once")
    this_time = f"{_workers(overview)}, {counted(run['attempted'], 'video')} this time"
    yield _tile("Took", lasting(run["seconds"]), this_time)
    pace = f"{run['pace']:.2f}x" if run["done"] and run["pace"] else ABSENT
    yield _tile("Pace", pace, "video time to wall-clock time")


def _tile(name: str, value: str, remark: str) -> str:
    small = element("small", escape(remark)) if remark else ""
    return element("div", element("dt", escape(name)) + element("dd", escape(value) + small))


def _workers(overview: BatchSummary) -> str:
    return counted(overview.settings["workers"], "worker")


def _failures(overview: BatchSummary) -> Iterator[str]:
    if not overview.failures:
        return
    yield section(f"Failures ({len(overview.failures):,})")
    rows = [
        [one["name"], KINDS[one["kind"]], one["message"], one["hint"], str(one["attempts"] or "")]
        for one in overview.failures[:ROWS]
    ]
    columns = ("video", "at fault", "reason", "what to do", ">attempts")
    if len(rows) > AT_ONCE:
        by_kind = counts(KINDS[one["kind"]] for one in overview.failures)
        yield paragraph("At fault: " + ", ".join(f"{kind} {count:,}" for kind, count in by_kind.items()) + ".")
    yield from table(Sheet("Failures", columns, rows[:AT_ONCE]))
    if len(rows) > AT_ONCE:
        more = table(Sheet("Further failures", columns, rows[AT_ONCE:], _rest(overview.failures)))
        yield _folded(f"{len(rows) - AT_ONCE:,} more", more)


def _people(overview: BatchSummary) -> Iterator[str]:
    if not overview.persons:
        yield section("Speech")
        nobody = "Nobody of the photos was found speaking."
        unnamed = "There were no photos: labels are of tracks, and mean somebody else in each video."
        yield paragraph(nobody if overview.settings["poi_dir"] else unnamed)
        return
    yield section("Speech by person")
    yield from summary_charts.people_chart(overview)
    rows = [
        [name, f"{one['seconds']:,.1f}", f"{one['segments']:,}", f"{one['videos']:,}"]
        for name, one in list(overview.persons.items())[:ROWS]
    ]
    columns = ("person", ">speech [s]", ">segments", ">videos")
    yield _folded("As a table", table(Sheet("Speech by person", columns, rows, _rest(list(overview.persons)))))


def _work(overview: BatchSummary, done: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield section("By video")
    one = element("h3", "Share of speech") + summary_charts.yield_chart(done)
    two = element("h3", "Seconds of work to a second of video")
    yield element("div", element("div", one) + element("div", two + summary_charts.pace_chart(done)), class_="halves")
    stages = overview.totals["stage_seconds"]
    if not stages:
        return
    yield section("Where the time went")
    yield from summary_charts.stage_chart(overview, done)
    whole = sum(stages.values())
    rows = [
        [stage, f"{seconds:,.1f}", percent(seconds / whole if whole else None)]
        for stage, seconds in sorted(stages.items(), key=lambda item: -item[1])
    ]
    yield _folded("As a table", table(Sheet("Seconds of work by stage", ("stage", ">[s]", ">part"), rows)))


def _machine(overview: BatchSummary) -> Iterator[str]:
    samples = overview.machine["samples"]
    if len(samples["seconds"]) < 2:
        return
    yield section("The machine")
    yield from summary_charts.machine_charts(overview.machine)
    mean = sum(samples["cpu"]) / len(samples["cpu"])
    yield paragraph(
        f"This batch used {percent(mean)} of the processors on average, and at most {size(max(samples['memory']))} of "
        "memory. What its processes share counts for each of them; other machines of a cluster are not seen."
    )


def _warnings(overview: BatchSummary) -> Iterator[str]:
    if not overview.warnings:
        return
    yield section("Warnings")
    rows = [[one["warning"], f"{len(one['videos']):,}", _some(one["videos"])] for one in overview.warnings[:ROWS]]
    yield from table(Sheet("Warnings", ("warning", ">videos", "which"), rows, _rest(overview.warnings)))


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:EXAMPLES], *(["…"] if len(names) > EXAMPLES else [])])


def _videos(overview: BatchSummary) -> Iterator[str]:
    yield section("Videos")
    rows = [_row(row) for row in overview.videos[:ROWS]]
    yield from table(Sheet("Videos", COLUMNS, rows, f"{COLUMNS_MEAN} {_rest(overview.videos)}".rstrip()))


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


def _skipped(overview: BatchSummary) -> Iterator[str]:
    if not overview.skipped:
        return
    yield section(f"Skipped ({len(overview.skipped):,})")
    rows = [[one["name"], one["video"], one["reason"]] for one in overview.skipped[:ROWS]]
    yield from table(Sheet("Skipped", ("video", "file", "reason"), rows, _rest(overview.skipped)))


def _making(overview: BatchSummary) -> Iterator[str]:
    yield section("How it was made")
    settings = overview.settings
    facts = {
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
    listed = "".join(element("dt", escape(name)) + element("dd", escape(str(fact))) for name, fact in facts.items())
    yield element("dl", listed, class_="facts")
    text = json.dumps(overview.profile, indent=2, ensure_ascii=False, default=str)
    yield _folded("The profile, with every default", [element("pre", escape(text), tabindex="0")])


def _folded(title: str, content: Sequence[str] | Iterator[str]) -> str:
    return element("details", element("summary", escape(title)) + "".join(content))


def _rest(everything: Sequence[object]) -> str:
    more = len(everything) - ROWS
    return f"{more:,} more are in {JSON_NAME}." if more > 0 else ""
