"""A benchmark as tables, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from slceleb_core.benchmarking.candidates import DECODE
from slceleb_core.benchmarking.figures import Figures, MemoryFigures, Spread
from slceleb_core.benchmarking.findings import in_words
from slceleb_core.benchmarking.report import Report
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import ABSENT, counted, decimals, lasting, percent, size

SPEED = (
    *("candidate", ">frames/s", ">started", ">x first", ">x CPU", ">x decode only", ">x real time"),
    *(">wall [s]", ">CPU [s]", ">CPU/frame [ms]", ">peak memory", ">start-up [s]"),
)
FOUND = ("candidate", ">faces", ">tracks", ">segments", ">speech", ">cached", "people", "against the first")

SPEED_MEANS = (
    "Medians of {rounds}, lowest and highest in brackets; ratios are taken within a round. Frames/s: of the whole "
    "process. Started: without its start-up (interpreter, models, photos), which a run over one frame tells; the "
    "ratios are of this. X CPU: processor time of the first against its own, each without that of a run over one "
    "frame. Decode only: libav on one "
    "thread, pictures converted into nothing. Real time: seconds of video to a second of work. CPU: of the whole "
    "process, all threads; it is not known by stage. Memory: at most, of the process and its children."
)
FOUND_MEANS = (
    "Cached: embeddings that the recognizer had at hand. Against the first: segments that it has not, or that begin or "
    "end more than 0.1 s elsewhere."
)
STAGES_MEAN = (
    "By the clock, as each run itself states; whatever works beside others in threads of its own counts where it is "
    "waited for."
)


def sheets(report: Report) -> Iterator[Sheet]:
    """Yield the tables of a benchmark; those of which there is nothing to say are left out."""
    for video in report.measured.order.videos:
        rows = [row for row in report.figures if row.video == str(video)]
        if rows:
            yield speed_sheet(video, rows)
            yield found_sheet(video, [row for row in rows if row.candidate != DECODE])
            yield stages_sheet(video, [row for row in rows if row.findings.stage_seconds])
    if report.memory:
        yield memory_sheet(report.memory)
    remarks = [[start.candidate.name, start.remark] for start in report.measured.starts if start.remark]
    if remarks:
        yield Sheet("Not as its name says", ("candidate", "why"), remarks)
    if report.failures:
        rows_failed = [[candidate, Path(video).name or "any", reason] for candidate, video, reason in report.failures]
        yield Sheet("Not measured", ("candidate", "video", "why"), rows_failed)


def speed_sheet(video: Path, rows: Sequence[Figures]) -> Sheet:
    """Return what each candidate costs on a video."""
    rounds = counted(max(row.rounds for row in rows), "round")
    return Sheet(f"{video.name}: speed", SPEED, [_speed(row) for row in rows], SPEED_MEANS.format(rounds=rounds))


def _speed(row: Figures) -> list[str]:
    cpu_a_frame = 1000 * row.cpu.median / max(row.findings.frames, 1)
    return [
        row.candidate,
        decimals(row.rate.median, 1),
        shown(row.rate_started, 1),
        shown(row.speed, 2),
        shown(row.thrift, 2),
        shown(row.decoding, 2),
        ABSENT if row.real_time is None else decimals(1 / row.real_time.median, 2),
        shown(row.wall, 1),
        decimals(row.cpu.median, 1),
        decimals(cpu_a_frame, 1),
        size(row.peak.high),
        decimals(row.start, 1),
    ]


def shown(spread: Spread | None, digits: int) -> str:
    """Return a figure with how far it scatters."""
    if spread is None:
        return ABSENT
    median, low, high = (f"{value:.{digits}f}" for value in (spread.median, spread.low, spread.high))
    return median if low == high else f"{median} ({low}-{high})"


def found_sheet(video: Path, rows: Sequence[Figures]) -> Sheet:
    """Return what each candidate found in a video, and in what that differs from the first."""
    return Sheet(f"{video.name}: what was found", FOUND, [_found(row) for row in rows], FOUND_MEANS)


def _found(row: Figures) -> list[str]:
    found = row.findings
    persons = found.persons()
    lookups = found.cache.get("lookups", 0)
    differs = in_words(row.differing) + ("" if row.steady else "; not the same in every round")
    return [
        row.candidate,
        f"{found.faces:,}",
        f"{found.tracks:,}",
        f"{len(found.segments):,}",
        lasting(sum(persons.values())),
        percent(found.cache["hits"] / lookups) if lookups else ABSENT,
        ", ".join(f"{person} {seconds:.1f} s" for person, seconds in persons.items()) or "nobody",
        differs,
    ]


def stages_sheet(video: Path, rows: Sequence[Figures]) -> Sheet:
    """Return where the time of each candidate went."""
    stages = list(dict.fromkeys(stage for row in rows for stage in row.findings.stage_seconds))
    cells = [[stage, *(_stage(row, stage) for row in rows)] for stage in stages]
    columns = ("stage", *(f">{row.candidate} [s]" for row in rows))
    return Sheet(f"{video.name}: where the time went", columns, cells, STAGES_MEAN)


def _stage(row: Figures, stage: str) -> str:
    seconds = row.findings.stage_seconds.get(stage)
    return "" if seconds is None else decimals(seconds, 2)


def memory_sheet(rows: Sequence[MemoryFigures]) -> Sheet:
    """Return how memory goes over a long video."""
    columns = ("candidate", "video", ">video went through", ">peak memory", ">an hour of video adds", "flat")
    remark = (
        "What an hour adds is the slope of a line through the samples (Theil and Sen) after the first fifth of the "
        "run, with its interval of 95 %."
    )
    return Sheet("Memory", columns, [_memory(row) for row in rows], remark)


def _memory(row: MemoryFigures) -> list[str]:
    going = row.trend
    adds = ABSENT
    if going.slope is not None and going.low is not None and going.high is not None:
        adds = f"{going.slope / 1e6:.1f} MB ({going.low / 1e6:.1f} to {going.high / 1e6:.1f})"
    flat = {None: "too short to say", True: "yes", False: "no"}[going.flat]
    return [row.candidate, Path(row.video).name, lasting(row.seconds), size(row.peak), adds, flat]
