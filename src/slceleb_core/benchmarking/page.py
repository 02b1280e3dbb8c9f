"""A benchmark as one HTML page that needs nothing beside it: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.benchmarking.figures import Figures, MemoryFigures
from slceleb_core.benchmarking.report import Report, machine
from slceleb_core.benchmarking.wording import sheets, shown
from slceleb_core.pages import charts
from slceleb_core.pages.charts import Bar, Chart, Part
from slceleb_core.pages.markup import rendered
from slceleb_core.pages.wording import ABSENT, lasting, size

COLOURS = "abcdefgh"
"""Of the style sheet, for stages; they go round."""

POINTS = 400
"""Of a line over time at most: more than a screen shows."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A video's charts, each with its heading, and what the colours of the last one mean."""

    name: str
    charts: Sequence[tuple[str, Chart]]
    legend: Sequence[tuple[str, str]]


def page(report: Report) -> str:
    """Return a benchmark as an HTML page."""
    made = machine()
    return rendered(
        "benchmarking/page.html",
        title="Benchmark",
        machine=f"{made['system']}, {made['usable_processors']} processors, Python {made['python']}",
        drawn=list(_drawn(report)),
        memory=[(f"{row.candidate}: {Path(row.video).name}", _memory(row)) for row in report.memory if row.samples],
        sheets=list(sheets(report)),
    )


def _drawn(report: Report) -> Iterator[_Drawn]:
    for video in report.measured.order.videos:
        rows = [row for row in report.figures if row.video == str(video)]
        if rows:
            staged = [row for row in rows if row.findings.stage_seconds]
            stages = list(dict.fromkeys(stage for row in staged for stage in row.findings.stage_seconds))
            classes = {stage: f"ink-{COLOURS[place % len(COLOURS)]}" for place, stage in enumerate(stages)}
            three = [
                ("Frames a second, start-up left out", _rates(rows)),
                ("Peak memory", _peaks(rows)),
                ("Seconds by stage", _stages(staged, classes)),
            ]
            yield _Drawn(video.name, three, [(class_, stage) for stage, class_ in classes.items()])


def _rates(rows: Sequence[Figures]) -> Chart:
    made = [
        Bar(
            row.candidate,
            f"{shown(row.rate_started, 1)}; x{ABSENT if row.speed is None else f'{row.speed.median:.2f}'}",
            [Part(row.candidate, row.rate_started.median, "ink-a")],
        )
        for row in rows
    ]
    return charts.bars(made, "Frames a second of each candidate")


def _peaks(rows: Sequence[Figures]) -> Chart:
    made = [Bar(row.candidate, size(row.peak.high), [Part(row.candidate, row.peak.high, "ink-b")]) for row in rows]
    return charts.bars(made, "Memory of each candidate at most")


def _stages(rows: Sequence[Figures], classes: dict[str, str]) -> Chart:
    made = [
        Bar(
            row.candidate,
            lasting(sum(row.findings.stage_seconds.values())),
            [
                Part(f"{stage} {seconds:.1f} s", seconds, classes[stage])
                for stage, seconds in row.findings.stage_seconds.items()
            ],
        )
        for row in rows
    ]
    return charts.bars(made, "Seconds of each stage")


def _memory(row: MemoryFigures) -> Chart:
    """Return memory over time."""
    thinned = row.samples[:: len(row.samples) // POINTS + 1]
    top = max(taken for _, taken in thinned)
    line = charts.Line("memory", [taken / top for _, taken in thinned], "ink-a")
    times = [second for second, _ in thinned]
    ticks = [size(top), size(top / 2)]
    return charts.plot(times, [line], ticks, ["0:00", lasting(times[-1])], "Memory over the run")
