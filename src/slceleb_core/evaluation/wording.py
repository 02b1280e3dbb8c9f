"""A report as tables, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterator

from slceleb_core.evaluation.attribution import REASONS
from slceleb_core.evaluation.frames import FrameMetrics
from slceleb_core.evaluation.intervals import length
from slceleb_core.evaluation.report import Report
from slceleb_core.evaluation.segment_matching import IOU
from slceleb_core.evaluation.tallies import RESAMPLES, ROUGH, Intervals95, Tally
from slceleb_core.evaluation.totals import Measured
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import decimals, percent

EVERYBODY = "everybody"


def sheets(report: Report) -> Iterator[Sheet]:
    """Yield the tables of a report."""
    yield _tallies("Time", report.time, "s", 2, _resampling(report))
    yield _tallies(
        "Segments", report.segments, "", 0, f"A segment is right at an intersection over union of {IOU:g} or more."
    )
    yield _attribution(report)
    yield _error_rates(report)
    if report.faces is not None:
        yield _frame_scores(report)
    yield _videos(report)


def between(interval: tuple[float, float] | None) -> str:
    """Return a confidence interval in percent."""
    return "" if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"


def _resampling(report: Report) -> str:
    units = report.units
    if units.count < 2:
        return "Too little is scored for confidence intervals."
    what = f"{units.count} videos" if units.blocks is None else f"{units.count} blocks of the only video's time"
    rough = f"; rough, for want of {ROUGH} or more" if units.count < ROUGH else ""
    return f"95 % intervals: percentile bootstrap, {RESAMPLES} resamples of {what}{rough}."


def _tallies(title: str, measured: Measured, unit: str, digits: int, remark: str) -> Sheet:
    columns = ["person", ">precision", ">95 %", ">recall", ">95 %", ">F1", ">95 %"]
    columns += [f">{word} [{unit}]" if unit else f">{word}" for word in ("right", "found", "reference")]
    rows = [_row(EVERYBODY, measured.overall, measured.interval, digits)]
    rows += [_row(name, tally, measured.intervals[name], digits) for name, tally in measured.people.items()]
    return Sheet(title, columns, rows, remark)


def _row(name: str, tally: Tally, interval: Intervals95 | None, digits: int) -> list[str]:
    figures = [
        text
        for figure in ("precision", "recall", "f1")
        for text in (percent(getattr(tally, figure)), between(getattr(interval, figure, None)))
    ]
    return [name, *figures, *(f"{value:.{digits}f}" for value in (tally.right, tally.claimed, tally.true))]


def _attribution(report: Report) -> Sheet:
    found = report.attribution
    rows = [("right person", "", found.right)]
    rows += [("wrong person", f"{who} taken for {named}", s) for (who, named), s in sorted(found.wrong.items())]
    rows += [("missed", who, seconds) for who, seconds in sorted(found.missed.items())]
    rows += [("  of that", REASONS[why], found.reasons[why]) for why in REASONS if why in found.reasons]
    rows += [("false alarm", who, seconds) for who, seconds in sorted(found.false.items())]
    cells = [
        [what, detail, f"{s:.2f}", percent(s / found.reference if found.reference else None)]
        for what, detail, s in rows
    ]
    return Sheet(
        "What became of the speech",
        ("", "", ">[s]", ">of the reference"),
        cells,
        f"Reference: {found.reference:.2f} s.",
    )


def _error_rates(report: Report) -> Sheet:
    columns = ("error rate", ">collar", ">rate", ">confusion [s]", ">missed [s]", ">false alarm [s]", ">total [s]")
    rows = [
        [
            rate.kind,
            f"±{rate.collar:g} s",
            percent(rate.rate),
            *(f"{value:.2f}" for value in (rate.confusion, rate.missed, rate.false_alarm, rate.total)),
        ]
        for rate in report.error_rates
    ]
    return Sheet("Error rates", columns, rows, "Identification: people by name. Diarization: people as fits best.")


def _frame_scores(report: Report) -> Sheet:
    faces = report.faces
    if faces is None:
        raise ValueError("the report has no frame scores")
    columns = (
        "person",
        ">AP",
        ">AUC",
        ">EER",
        ">at",
        ">F1",
        ">precision",
        ">recall",
        ">ECE",
        ">speaking",
        ">face-frames",
    )
    rows = [_metrics(EVERYBODY, faces.overall), *(_metrics(name, metrics) for name, metrics in faces.people.items())]
    remark = f"F1, precision and recall at {faces.overall.threshold:g}. Left out: {faces.unnamed} faces without a name."
    return Sheet("Frame scores", columns, rows, remark)


def _metrics(name: str, metrics: FrameMetrics) -> list[str]:
    figures = (
        metrics.ap,
        metrics.auc,
        metrics.eer,
        metrics.eer_threshold,
        metrics.f1,
        metrics.precision,
        metrics.recall,
        metrics.ece,
    )
    return [name, *map(decimals, figures), str(metrics.positives), str(metrics.count)]


def _videos(report: Report) -> Sheet:
    rows = []
    for video in report.videos:
        true, found = (sum(map(length, side.values())) for side in (video.reference, video.found))
        rows.append([video.name, f"{length(video.regions):.2f}", f"{true:.2f}", f"{found:.2f}"])
    return Sheet("Videos", ("video", ">scored [s]", ">reference [s]", ">found [s]"), rows)
