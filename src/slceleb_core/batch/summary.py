"""What a batch came to: gathered, and written as ``batch_summary.json`` and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from slceleb_core.artefacts.provenance import versions
from slceleb_core.batch import summary_rates
from slceleb_core.batch.machine_sampling import Record, Sample
from slceleb_core.batch.outcomes import BatchResult, Outcome
from slceleb_core.batch.summary_data import FORMAT, JSON_NAME, PAGE_NAME, BatchSummary
from slceleb_core.disk.atomic import replacing_file
from slceleb_core.disk.refusals import writing
from slceleb_core.jobs import BatchJob, Fault, Report

Stop: TypeAlias = Literal["finished", "interrupted", "stopped"]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """How a batch was carried out: what its outcomes do not tell.

    Attributes
    ----------
    job
        What all videos share.
    profile_name
        What the profile was called on the command line.
    runner
        The runner's name.
    workers
        How many videos were worked on at the same time at most.
    started, ended
        When, both aware of their time zone.
    record
        What the machine was busy with.
    """

    job: BatchJob
    profile_name: str
    runner: str
    workers: int
    started: datetime
    ended: datetime
    record: Record


def summarise(result: BatchResult, run_info: RunInfo) -> BatchSummary:
    """Return the summary of a batch.

    Parameters
    ----------
    result
        How it ended.
    run_info
        How it was carried out.
    """
    done = finished(result.outcomes)
    sums = summary_rates.totals(report for _, report in done)
    having = summary_rates.warnings((outcome.name, report) for outcome, report in done)
    return BatchSummary(
        format=FORMAT,
        output_dir=str(run_info.job.output_dir),
        run=_run(result, run_info),
        settings=_settings(run_info),
        videos_by_status=by_status(result.outcomes),
        totals=_rounded(asdict(sums)),
        rates=asdict(sums.rates()),
        persons={
            name: _rounded(asdict(spoken))
            for name, spoken in summary_rates.speech(report for _, report in done).items()
        },
        failures=[_failure(outcome) for outcome in result.outcomes if outcome.status == "failed"],
        skipped=[
            {**_who(outcome), "reason": outcome.reason} for outcome in result.outcomes if outcome.status == "skipped"
        ],
        warnings=[{"warning": text, "videos": names} for text, names in having.items()],
        machine=_machine(run_info.record),
        versions=versions(),
        profile=run_info.job.profile,
        videos=[_video(outcome) for outcome in result.outcomes],
    )


def write_summary(overview: BatchSummary, output_dir: Path) -> Path:
    """Write a summary as JSON and as a page, each replaced as a whole, and return the page's file.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    from slceleb_core.batch.summary_page import page

    with writing(f"the summary in {output_dir}"):
        with replacing_file(output_dir / JSON_NAME) as path:
            path.write_text(as_text(overview), encoding="utf-8")
        with replacing_file(output_dir / PAGE_NAME) as path:
            path.write_text(page(overview), encoding="utf-8", errors="backslashreplace")
    return output_dir / PAGE_NAME


def as_text(overview: BatchSummary) -> str:
    """Return a summary as JSON, in ASCII: a file name that is not UTF-8 survives as lone surrogates."""
    return json.dumps(asdict(overview), indent=1, default=str) + "\n"


def finished(outcomes: tuple[Outcome, ...]) -> list[tuple[Outcome, Report]]:
    """Return the videos that are done, now or earlier, with their results."""
    return [
        (outcome, outcome.report) for outcome in outcomes if outcome.status == "done" and outcome.report is not None
    ]


def by_status(outcomes: tuple[Outcome, ...]) -> dict[str, int]:
    """Return how many videos have each status; every status is there."""
    found = [outcome.status for outcome in outcomes]
    return {status: found.count(status) for status in ("done", "failed", "skipped", "pending", "running")}


def _run(result: BatchResult, run_info: RunInfo) -> dict[str, Any]:
    seconds = (run_info.ended - run_info.started).total_seconds()
    stop: Stop = "stopped" if result.stopped else "interrupted" if result.interrupted else "finished"
    now = [(outcome, report) for outcome, report in finished(result.outcomes) if outcome.attempts]
    passed = summary_rates.totals(report for _, report in now).video_seconds
    return {
        "started": run_info.started.isoformat(timespec="seconds"),
        "ended": run_info.ended.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "ending": stop,
        "stopped": None if result.stopped is None else _fault(result.stopped),
        "attempted": sum(outcome.attempts > 0 for outcome in result.outcomes),
        "done": len(now),
        "video_seconds": round(passed, 3),
        "pace": round(passed / seconds, 3) if seconds > 0 else None,
    }


def _settings(run_info: RunInfo) -> dict[str, Any]:
    job = run_info.job
    return {
        "profile_name": run_info.profile_name,
        "runner": run_info.runner,
        "workers": run_info.workers,
        "threads": job.threads,
        "poi_dir": None if job.poi_dir is None else str(job.poi_dir),
        "poi": list(job.poi),
        "max_frames": job.max_frames,
        "artefacts": None if job.artefacts is None else str(job.artefacts),
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {"kind": fault.kind, "message": fault.message, "hint": fault.hint}


def _who(outcome: Outcome) -> dict[str, Any]:
    return {"name": outcome.name, "video": str(outcome.item.video)}


def _failure(outcome: Outcome) -> dict[str, Any]:
    fault = outcome.fault or Fault("unexpected", outcome.reason)
    return {**_who(outcome), **_fault(fault), "attempts": outcome.attempts}


def _video(outcome: Outcome) -> dict[str, Any]:
    item, report = outcome.item, outcome.report
    row = {
        **_who(outcome),
        "status": outcome.status,
        "reason": outcome.reason if outcome.fault is None else outcome.fault.message,
        "why": outcome.why,
        "start": item.start,
        "end": item.end,
        "attempts": outcome.attempts,
        "seconds": round(outcome.seconds, 3),
    }
    if report is None:
        return row
    return row | {
        "folder": None if report.folder is None else str(report.folder),
        "duration": report.duration,
        "fingerprint": report.fingerprint,
        "rates": asdict(summary_rates.rates(report)),
        "statistics": dict(report.statistics),
        "warnings": list(report.warnings),
    }


def _machine(record: Record) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {
        "seconds": [round(sample.seconds, 1) for sample in record.samples],
        "cpu": [round(sample.cpu, 4) for sample in record.samples],
        "machine_cpu": [round(sample.machine_cpu, 4) for sample in record.samples],
        "memory": [sample.memory for sample in record.samples],
        "machine_memory": [sample.machine_memory for sample in record.samples],
    }
    for number in range(len(record.gpus)):
        columns |= _gpu(number, record.samples)
    return {
        "processors": record.processors,
        "memory": record.memory,
        "gpus": [asdict(gpu) for gpu in record.gpus],
        "samples": columns,
    }


def _gpu(number: int, samples: tuple[Sample, ...]) -> dict[str, list[Any]]:
    uses = [sample.gpus[number] for sample in samples]
    return {
        f"gpu{number}_load": [None if use.load is None else round(use.load, 4) for use in uses],
        f"gpu{number}_memory": [use.memory for use in uses],
    }


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return sums without the last digits, which are noise of the addition."""
    return {
        name: _rounded(value) if isinstance(value, dict) else round(value, 3) if isinstance(value, float) else value
        for name, value in values.items()
    }
