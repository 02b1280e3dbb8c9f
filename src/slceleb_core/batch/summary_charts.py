"""The charts of a batch's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slceleb_core.batch.summary_data import BatchSummary
from slceleb_core.pages.charts import Bar, Chart, Line, Part, bars, histogram, plot
from slceleb_core.pages.wording import clock, counted, lasting, percent, size

FEW = 20
"""Videos, or people, that get a bar each; of more videos the distribution is drawn, of more people the first."""

STATUSES = {"done": "ink-c", "failed": "ink-f", "skipped": "ink-h", "pending": "ink-b", "running": "ink-a"}
"""What becomes of videos, and in which colour."""

COLOURS = ("ink-a", "ink-b", "ink-c", "ink-d", "ink-e", "ink-f", "ink-g")

REST = "ink-h"

OTHERS = "others"
"""What the stages are called together for which there is no colour left."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A chart with what its colours mean: pairs of a class of the style sheet and a name."""

    chart: Chart
    legend: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two charts side by side where there is room, each with its heading, and what the colours of both mean."""

    halves: Sequence[tuple[str, Chart]]
    legend: Sequence[tuple[str, str]] = ()


def status_chart(overview: BatchSummary) -> Keyed:
    """Return what became of the videos."""
    counts = {status: count for status, count in overview.videos_by_status.items() if count}
    parts = [Part(f"{status}: {count}", count, STATUSES[status]) for status, count in counts.items()]
    told = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    chart = bars([Bar(counted(len(overview.videos), "video"), "", parts)], "What became of the videos", told)
    return Keyed(chart, [(STATUSES[status], f"{status} {count:,}") for status, count in counts.items()])


def people_chart(overview: BatchSummary) -> Chart:
    """Return how long who speaks, of those who speak most."""
    rows = []
    for name, found in list(overview.persons.items())[:FEW]:
        note = f"{lasting(found['seconds'])}, {counted(found['segments'], 'segment')}"
        part = Part(f"{name}: {note} in {counted(found['videos'], 'video')}", found["seconds"], "ink-a")
        rows.append(Bar(name, note, [part]))
    return bars(rows, "Seconds of speech by person", f"{rows[0].name} speaks most: {rows[0].note}")


def video_charts(done: Sequence[Mapping[str, Any]]) -> Pair:
    """Return how much speech each video gave, and how much work it was."""
    return Pair([("Share of speech", _yield_chart(done)), ("Seconds of work to a second of video", _pace_chart(done))])


def _yield_chart(done: Sequence[Mapping[str, Any]]) -> Chart:
    values = _values(done, "speech_share")
    label = "Speech found, as a part of each video"
    if len(values) > FEW:
        return histogram([100 * value for _, value in values], " %", "videos", label, "ink-a")
    rows = [Bar(name, percent(value), [Part(f"{name}: {percent(value)}", value, "ink-a")]) for name, value in values]
    return bars(rows, label, top=max(1.0, *(value for _, value in values)) if values else None)


def _pace_chart(done: Sequence[Mapping[str, Any]]) -> Chart:
    values = _values(done, "real_time_factor")
    label = "Seconds of work to a second of video"
    if len(values) > FEW:
        return histogram([value for _, value in values], "", "videos", label, "ink-b")
    rows = [Bar(name, f"{value:.2f}", [Part(f"{name}: {value:.2f}", value, "ink-b")]) for name, value in values]
    return bars(rows, label)


def _values(done: Sequence[Mapping[str, Any]], rate: str) -> list[tuple[str, float]]:
    """Return a rate of each video that has it, the greatest first."""
    found = [(row["name"], row["rates"][rate]) for row in done if row["rates"][rate] is not None]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def stage_chart(overview: BatchSummary, done: Sequence[Mapping[str, Any]]) -> Keyed:
    """Return where the time went, in all and by video where there are few."""
    totals = overview.totals["stage_seconds"]
    order = sorted(totals, key=lambda stage: -totals[stage])
    colours = dict(zip(order, COLOURS, strict=False))
    rows = [_stages("all videos", totals, colours)] if len(done) > 1 else []
    if len(done) <= FEW:
        rows += [_stages(row["name"], row["statistics"].get("stage_seconds") or {}, colours) for row in done]
    told = ", ".join(f"{stage} {percent(totals[stage] / sum(totals.values()))}" for stage in order)
    rest = [(REST, OTHERS)] if len(order) > len(colours) else []
    legend = [(colour, stage) for stage, colour in colours.items()] + rest
    return Keyed(bars(rows, "Seconds of work by stage", told, top=1.0), legend)


def _stages(name: str, seconds: Mapping[str, float], colours: Mapping[str, str]) -> Bar:
    """Return a bar of full length."""
    whole = sum(seconds.values())
    known = {stage: seconds.get(stage, 0.0) for stage in colours}
    spent = known | {OTHERS: whole - sum(known.values())}
    parts = [
        Part(f"{stage}: {lasting(value)} ({percent(value / whole)})", max(value / whole, 0.0), colours.get(stage, REST))
        for stage, value in spent.items()
        if value > 0 and whole > 0
    ]
    return Bar(name, lasting(whole), parts)


def machine_charts(machine: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield processors, memory and GPUs over time."""
    samples = machine["samples"]
    times = samples["seconds"]
    everything = [(samples["machine_cpu"], samples["machine_memory"], "the whole machine", REST)]
    yield _pair(
        times,
        f"Processors ({machine['processors']})",
        "Memory",
        machine["memory"],
        [*everything, (samples["cpu"], samples["memory"], "this batch", "ink-a")],
    )
    gpus = list(enumerate(machine["gpus"]))[: len(COLOURS)]
    if gpus:
        lines = [
            (samples[f"gpu{n}_load"], samples[f"gpu{n}_memory"], f"{n}: {gpu['name']}", COLOURS[n]) for n, gpu in gpus
        ]
        yield _pair(times, "GPUs", "Memory of the GPUs", max(gpu["memory"] for _, gpu in gpus), lines)


def _pair(
    times: Sequence[float],
    load: str,
    memory: str,
    whole: int,
    lines: Sequence[tuple[Sequence[float | None], Sequence[int | None], str, str]],
) -> Pair:
    """Return a chart of loads and one of memory."""
    held = [value for _, values, _, _ in lines for value in values if value is not None]
    top = _ceiling(max(held, default=whole), whole)
    loads = [Line(label, values, colour) for values, _, label, colour in lines]
    held_lines = [
        Line(label, [None if value is None else value / top for value in values], colour)
        for _, values, label, colour in lines
    ]
    feet = [clock(times[0]), clock((times[0] + times[-1]) / 2), clock(times[-1])]
    loaded = plot(times, loads, ["100 %", "50 %"], feet, f"{load} over time")
    filled = plot(times, held_lines, [size(top), size(top / 2)], feet, f"{memory} over time")
    return Pair([(load, loaded), (memory, filled)], [(colour, label) for _, _, label, colour in lines])


def _ceiling(peak: int, whole: int) -> int:
    """Return the whole, halved as often as the peak still fits below."""
    top = whole
    while peak <= 0.45 * top and top > 1:
        top //= 2
    return top
