"""What is said of a batch: before it what was chosen, after it what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from slceleb_core import logs
from slceleb_core.artefacts.provenance import MODEL_FILES
from slceleb_core.batch import summary_rates
from slceleb_core.batch.checkpoint import FAILURES
from slceleb_core.batch.outcomes import BatchResult, Outcome
from slceleb_core.batch.summary import RunInfo, by_status, finished
from slceleb_core.batch.summary_data import JSON_NAME, PAGE_NAME
from slceleb_core.cli.console import err, label, out, printable, row, say, show_table, table, tell
from slceleb_core.cli.following import shares
from slceleb_core.jobs import BatchJob, Report
from slceleb_core.pages.wording import clock, counted, lasting

DEVICES = ("device", "delegate", "providers", "provider")
"""What stages call, in their reports, what they run on."""

FEW = 20
"""Videos up to which each is told of; of more the sums are, and those that failed."""

EXAMPLES = 3
"""Videos that are named of those that share a warning."""


def tell_request(profile: str, job: BatchJob) -> None:
    """Say on stderr what was asked for."""
    say(err, f"profile: {profile}")
    say(err, f"looking for: {_looked_for(job)}")
    say(err, f"listening to: {_listened_to(job)}")


def _looked_for(job: BatchJob) -> str:
    if job.poi_dir is None:
        return "nobody: every face is labelled by its track"
    from slceleb_core.perception.photos import list_photos, wanted_among

    names = sorted(wanted_among(job.poi, list_photos(job.poi_dir)))
    return ", ".join([*names[:FEW], *([f"{len(names) - FEW} more"] if len(names) > FEW else [])])


def _listened_to(job: BatchJob) -> str:
    track = (job.profile.get("audio") or {}).get("track")
    return "the default audio track, or else the first" if track is None else f"the audio track {track}"


def tell_stages(provenance: Mapping[str, Any]) -> None:
    """Say on stderr which plugins, models and devices results were made with."""
    for role, stage in provenance["stages"].items():
        say(err, f"{role}: {'; '.join([_plugin(stage), *_models(stage), *_devices(stage)])}")


def _plugin(stage: Mapping[str, Any]) -> str:
    return f"{stage['name']} ({stage['distribution']} {stage['version']})"


def _models(stage: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each model in a stage's report, once: what the core states of a file goes before."""
    handed = list(_licensed(stage.get(MODEL_FILES)))
    stated = {_called(model): model for model in [*_licensed(stage), *handed]}
    for name, model in stated.items():
        accepted = f" (accepted: {model['accepted']})" if model.get("accepted") else ""
        yield f"model {name}, licence: {model['licence']}{accepted}"


def _called(model: Mapping[str, Any]) -> Any:
    return model.get("file") or model.get("name") or model.get("model")


def _licensed(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every model in a report, wherever it lies: what states a licence is one."""
    if isinstance(value, Mapping):
        if "licence" in value:
            yield value
        for inner in value.values():
            yield from _licensed(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _licensed(inner)


def _devices(stage: Mapping[str, Any]) -> Iterator[str]:
    for key in DEVICES:
        if key in stage:
            value = stage[key]
            used = value.get("used", value) if isinstance(value, Mapping) else value
            yield "on " + (", ".join(map(str, used)) if isinstance(used, list) else str(used))


def show_summary(result: BatchResult, run_info: RunInfo) -> None:
    """Print what became of the videos, where the time went, and where the results are."""
    output_dir, outcomes = run_info.job.output_dir, result.outcomes
    done = finished(outcomes)
    if len(outcomes) <= FEW:
        _show_each(outcomes)
    else:
        _show_sums(outcomes, (report for _, report in done))
    seconds = summary_rates.totals(report for _, report in done).stage_seconds
    if seconds:
        say(out, f"time: {shares(seconds)}")
    if done:
        say(out, f"output folder: {printable(output_dir)}")
    _show_files(output_dir)


def _show_each(outcomes: Iterable[Outcome]) -> None:
    made = table("video", "status", ">length", ">faces", ">tracks", ">segments", "speech", ">frames/s")
    for outcome in outcomes:
        row(made, outcome.item.title, label(outcome.status), *_cells(outcome.report))
    show_table(made)
    for outcome in outcomes:
        if outcome.report is not None and outcome.report.folder is not None:
            say(out, f"{outcome.item.title}: results in {printable(outcome.report.folder)}")
            _show_sound(outcome.item.title, outcome.report.provenance.get("audio") or {})
        elif outcome.reason:
            say(out, f"{outcome.item.title}: {outcome.reason}")
    warned = ((outcome.item.title, outcome.report) for outcome in outcomes if outcome.report is not None)
    for warning, names in summary_rates.warnings(warned).items():
        who = names[0] if len(names) == 1 else f"{counted(len(names), 'video')} ({_some(names)})"
        tell("warning", f"{who}: {warning}")


def _show_sound(video: str, heard: Mapping[str, Any]) -> None:
    """Print which audio track was listened to, where there are several."""
    if heard.get("track") is not None and len(heard["tracks"]) > 1:
        taken = heard["track"]
        facts = ", ".join(filter(None, [taken["codec"], taken["language"], taken["title"], taken["taken_as"]]))
        say(out, f"{video}: listened to audio track {taken['number']} of {len(heard['tracks'])} ({facts})")


def _cells(report: Report | None) -> list[object]:
    if report is None:
        return [""] * 6
    found: Mapping[str, Any] = report.statistics
    speech = [f"{printable(person)} {spoken['seconds']:.1f} s" for person, spoken in found.get("persons", {}).items()]
    rate = found.get("frames_per_second")
    return [
        clock(report.duration) if report.duration else "?",
        *(found.get(name, "?") for name in ("faces", "tracks", "segments")),
        "\n".join(speech) or "none",
        "" if rate is None else f"{rate:.1f}",
    ]


def _show_sums(outcomes: tuple[Outcome, ...], reports: Iterable[Report]) -> None:
    counts = {status: count for status, count in by_status(outcomes).items() if count}
    say(out, f"{counted(len(outcomes), 'video')}: " + ", ".join(f"{n:,} {status}" for status, n in counts.items()))
    found = list(reports)
    sums = summary_rates.totals(found)
    what = f"{lasting(sums.segment_seconds)} in {counted(sums.segments, 'segment')}"
    say(out, f"speech: {what}, of {lasting(sums.video_seconds)} of video")
    _show_people(summary_rates.speech(found))
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed:
        _show_failed(failed)
    for warning, names in summary_rates.warnings(
        (outcome.name, report) for outcome, report in finished(outcomes)
    ).items():
        tell("warning", f"{counted(len(names), 'video')} ({_some(names)}): {warning}")


def _show_people(people: Mapping[str, summary_rates.Speech]) -> None:
    if not people:
        return
    made = table("person", ">speech", ">segments", ">videos")
    for person, speech in list(people.items())[:FEW]:
        row(made, person, lasting(speech.seconds), f"{speech.segments:,}", f"{speech.videos:,}")
    show_table(made)
    if len(people) > FEW:
        say(out, f"{len(people) - FEW:,} more people are in {JSON_NAME}")


def _show_failed(failed: Sequence[Outcome]) -> None:
    made = table("failed", "reason")
    for outcome in failed[:FEW]:
        row(made, outcome.name, outcome.reason if outcome.fault is None else outcome.fault.message)
    show_table(made)
    if len(failed) > FEW:
        say(out, f"{len(failed) - FEW:,} more failures are in {FAILURES}")


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:EXAMPLES], *(["…"] if len(names) > EXAMPLES else [])])


def _show_files(output_dir: Path) -> None:
    """Say where one can read on."""
    for name, what in ((PAGE_NAME, "summary"), (FAILURES, "failures"), (logs.FILE_NAME, "log")):
        path = output_dir / name
        if path.is_file() and (name != FAILURES or _has_rows(path)):
            say(out, f"{what}: {printable(path)}")


def _has_rows(path: Path) -> bool:
    """Tell whether there is more in a table than its header."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return sum(1 for _ in zip(lines, range(2), strict=False)) > 1


def as_json(result: BatchResult, run_info: RunInfo, repeated: Sequence[Path], code: int) -> dict[str, Any]:
    """Return what a batch found, JSON-ready.

    Parameters
    ----------
    result
        How it ended.
    run_info
        How it was carried out.
    repeated
        Videos that were named again, and processed once.
    code
        The exit code.
    """
    return {
        "exit_code": code,
        "profile": run_info.profile_name,
        "output_dir": str(run_info.job.output_dir),
        "videos": [_outcome_json(outcome) for outcome in result.outcomes],
        "repeated": [str(video) for video in repeated],
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    made: dict[str, Any] = {
        "video": str(outcome.item.video),
        "name": outcome.name,
        "status": outcome.status,
        "reason": outcome.reason,
        "why": outcome.why,
        "attempts": outcome.attempts,
    }
    if outcome.fault is not None:
        fault = outcome.fault
        made["error"] = {"message": fault.message, "hint": fault.hint, "kind": fault.kind}
    if outcome.report is not None:
        report = outcome.report
        made |= {
            "folder": None if report.folder is None else str(report.folder),
            "duration": report.duration,
            "warnings": list(report.warnings),
            "statistics": dict(report.statistics),
            "segments": [dict(segment) for segment in report.segments],
            "provenance": dict(report.provenance),
        }
    return made
