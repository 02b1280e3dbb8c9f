"""What is said of a run: before it what was chosen, after it what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from slceleb_core.cli.batch import Outcome, exit_code
from slceleb_core.cli.console import err, label, out, printable, row, say, show_table, table, tell
from slceleb_core.cli.progress import clock, shares

DEVICES = ("device", "delegate", "providers", "provider")
"""What stages call, in their reports, what they run on."""


def tell_choices(profile: str, provenance: Mapping[str, Any]) -> None:
    """Say on stderr which profile, plugins, models and devices a run uses."""
    say(err, f"profile: {profile}")
    for role, stage in provenance["stages"].items():
        say(err, f"{role}: {'; '.join([_plugin(stage), *_models(stage), *_devices(stage)])}")
    gallery = provenance["gallery"]
    people = "nobody: every face is labelled by its track" if gallery is None else ", ".join(gallery["wanted"])
    say(err, f"looking for: {people}")


def _plugin(stage: Mapping[str, Any]) -> str:
    return f"{stage['name']} ({stage['distribution']} {stage['version']})"


def _models(value: Any) -> Iterator[str]:
    """Yield every model in a stage's report, wherever it lies: what states a licence is one."""
    if isinstance(value, Mapping):
        if "licence" in value:
            name = value.get("file") or value.get("name") or value.get("model")
            yield f"model {name}, licence: {value['licence']}"
        for inner in value.values():
            yield from _models(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _models(inner)


def _devices(stage: Mapping[str, Any]) -> Iterator[str]:
    for key in DEVICES:
        if key in stage:
            value = stage[key]
            used = value.get("used", value) if isinstance(value, Mapping) else value
            yield "on " + (", ".join(map(str, used)) if isinstance(used, list) else str(used))


def show_summary(outcomes: Sequence[Outcome], output_dir: Path) -> None:
    """Print what became of each video, and where the time went."""
    show_table(_table(outcomes))
    for outcome in outcomes:
        if outcome.processed is not None:
            say(out, f"{outcome.video.name}: results in {printable(outcome.processed.folder)}")
    for outcome in outcomes:
        for warning in outcome.processed.summary.warnings if outcome.processed else ():
            tell("warning", f"{outcome.video.name}: {warning}")
    seconds = _stage_seconds(outcomes)
    if seconds:
        say(out, f"time: {shares(seconds)}")
    if any(outcome.processed for outcome in outcomes):
        say(out, f"output folder: {output_dir}")


def _table(outcomes: Iterable[Outcome]) -> Table:
    made = table("video", "status", ">length", ">faces", ">tracks", ">segments", "speech", ">frames/s")
    for outcome in outcomes:
        row(made, outcome.video.name, label(outcome.status), *_cells(outcome))
    return made


def _cells(outcome: Outcome) -> list[object]:
    if outcome.processed is None:
        return ["", "", "", "", "", ""]
    summary = outcome.processed.summary
    found: dict[str, Any] = summary.statistics
    length = summary.video.duration
    speech = [f"{printable(person)} {one['seconds']:.1f} s" for person, one in found["persons"].items()]
    rate = found["frames_per_second"]
    return [
        clock(length) if length else "?",
        found["faces"],
        found["tracks"],
        found["segments"],
        "\n".join(speech) or "none",
        "" if rate is None else f"{rate:.1f}",
    ]


def _stage_seconds(outcomes: Iterable[Outcome]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.processed is not None:
            statistics: dict[str, Any] = outcome.processed.summary.statistics
            total.update(statistics["stage_seconds"])
    return dict(total)


def as_json(outcomes: Sequence[Outcome], profile: str, output_dir: Path, repeated: Sequence[Path]) -> dict[str, Any]:
    """Return what a run found, JSON-ready.

    Parameters
    ----------
    outcomes
        What became of each video.
    profile
        The profile's name or file.
    output_dir
        The output folder.
    repeated
        Videos that were named again, and processed once.
    """
    return {
        "exit_code": exit_code(outcomes),
        "profile": profile,
        "output_dir": str(output_dir),
        "videos": [_outcome_json(outcome) for outcome in outcomes],
        "repeated": [str(video) for video in repeated],
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    made: dict[str, Any] = {"video": str(outcome.video), "status": outcome.status}
    if outcome.error is not None:
        made["error"] = {"message": outcome.error.message, "hint": outcome.error.hint}
    if outcome.processed is not None:
        summary = outcome.processed.summary
        made |= {
            "folder": str(outcome.processed.folder),
            "duration": summary.video.duration,
            "warnings": list(summary.warnings),
            "statistics": summary.statistics,
            "segments": [asdict(segment) for segment in outcome.processed.segments],
            "provenance": summary.provenance,
        }
    return made
