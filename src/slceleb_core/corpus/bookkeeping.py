"""The books of a batch, after something was taken out of its folder: journal, checkpoint, failures, summary, log."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slceleb_core.batch import summary_rates
from slceleb_core.batch.checkpoint import CHECKPOINT, FAILURES, LISTS
from slceleb_core.batch.journal import JOURNAL, Journal
from slceleb_core.batch.summary import write_summary
from slceleb_core.batch.summary_data import JSON_NAME, PAGE_NAME, BatchSummary
from slceleb_core.corpus.editing import JsonObject, delete, edit_rows, read_json
from slceleb_core.corpus.reading import Corpus, read_corpus
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.output import statement_of
from slceleb_core.errors import OutputError, SlcelebError
from slceleb_core.jobs import Report, report_from_json
from slceleb_core.logs import FILE_NAME as LOG
from slceleb_core.types import JsonValue

PLACES = frozenset({"video", "id", "name", "folder", "poi_dir"})
"""What says where something is: changed, it would lead nowhere."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What was taken out, as far as the books are concerned.

    Attributes
    ----------
    redaction
        Of a person's name, or of what a video is called.
    recordings
        Names of the videos that were taken out whole.
    """

    redaction: Redaction
    recordings: Collection[str] = ()


def correct_books(output_dir: Path, gone: Gone) -> None:
    """Bring the books in line with what stands in the folder now, and take out of them what is gone.

    Raises
    ------
    OutputError
        They cannot be written, or the journal is damaged.
    """
    corpus = read_corpus(output_dir)
    _correct_journal(output_dir / JOURNAL, gone)
    _correct_checkpoint(output_dir / CHECKPOINT, gone, corpus)
    edit_rows(output_dir / FAILURES, lambda row: _failure_without(row, gone))
    _correct_summary(output_dir, gone, corpus)
    for path in sorted(output_dir.glob(f"{LOG}*")):  # full ones have been moved aside, with a number
        _correct_log(path, gone.redaction)


# The journal: a report that is not there is read from the video's folder by the next run. -------------------------


def _correct_journal(path: Path, gone: Gone) -> None:
    if not path.exists():
        return
    try:
        with Journal(path) as journal:
            journal.redact(gone.recordings, lambda asked: request_without(asked, gone.redaction))
    except SlcelebError as error:
        hint = "close what has it open and run again; or delete it: results stand and will be adopted"
        raise OutputError(f"cannot take out of the journal what is gone: {error.message}", hint) from error


def frame_limits(output_dir: Path) -> tuple[int | None, ...]:
    """Return after how many frames the runs of a folder left each video, as far as the journal tells."""
    path = output_dir / JOURNAL
    if not path.exists():
        return ()
    try:
        with Journal(path) as journal:
            return tuple({options.get("max_frames") for options in journal.run_options()})
    except SlcelebError:
        return ()


def request_without(value: JsonValue, redaction: Redaction) -> JsonValue:
    """Return what was asked for without the words; who was looked for stays somebody, as nobody would mean everybody.

    ``poi`` lists keep an entry in place of the name: an empty one asks for everyone.
    """
    if isinstance(value, dict):
        return {key: item if key in PLACES else request_without(item, redaction) for key, item in value.items()}
    if isinstance(value, list):
        return [request_without(item, redaction) for item in value]
    return redaction.text(value) if isinstance(value, str) else value


# The checkpoint ---------------------------------------------------------------------------------------------------


def _correct_checkpoint(path: Path, gone: Gone, corpus: Corpus) -> None:
    stated = read_json(path)
    if stated is None:
        return
    found = {recording.name: len(recording.utterances) for recording in corpus.recordings}
    made = {**stated, "command": request_without(stated.get("command", []), gone.redaction)}
    made["options"] = request_without(stated.get("options", {}), gone.redaction)
    for name in dict.fromkeys(LISTS.values()):
        entries = [entry for entry in stated.get(name, ()) if entry["name"] not in gone.recordings]
        made[name] = [_entry_without(entry, gone.redaction, found) for entry in entries]
    counts = {**stated.get("counts", {})}
    for status, name in (("done", "completed_videos"), ("failed", "failed_videos"), ("skipped", "skipped_videos")):
        if status in counts:
            counts[status] = len(made[name])
    counts["all"] = sum(len(made[name]) for name in dict.fromkeys(LISTS.values()))
    write_durably(path, (json.dumps({**made, "counts": counts}, indent=1) + "\n").encode())


def _entry_without(entry: Mapping[str, Any], redaction: Redaction, found: Mapping[str, int]) -> JsonObject:
    clean: JsonObject = {**request_without(dict(entry), redaction)}
    if "segments" in entry and entry["name"] in found:
        clean["segments"] = found[entry["name"]]
    return clean


def _failure_without(row: dict[str, str], gone: Gone) -> dict[str, str] | None:
    if row.get("id") in gone.recordings:
        return None
    return {key: text if key in ("video", "id") else gone.redaction.text(text or "") for key, text in row.items()}


# The summary ------------------------------------------------------------------------------------------------------


def _correct_summary(output_dir: Path, gone: Gone, corpus: Corpus) -> None:
    """Write the summary anew of what stands now; how the run went stays as it was."""
    stated = read_json(output_dir / JSON_NAME)
    if stated is None:
        delete(output_dir / PAGE_NAME)
        return
    try:
        write_summary(_overview(stated, gone, corpus), output_dir)
    except (TypeError, KeyError, ValueError):  # of another version: the next run writes a new one
        delete(output_dir / JSON_NAME)
        delete(output_dir / PAGE_NAME)


def _overview(stated: JsonObject, gone: Gone, corpus: Corpus) -> BatchSummary:
    reports = dict(_reports(corpus))
    videos = [_video(row, reports, gone) for row in stated["videos"] if row["name"] not in gone.recordings]
    done = {row["name"]: reports[row["name"]] for row in videos if row["name"] in reports}
    sums = summary_rates.totals(done.values())
    having = summary_rates.warnings(done.items())
    redaction = gone.redaction
    return BatchSummary(
        **{
            **stated,
            "run": redaction.tree(stated["run"]),
            "settings": redaction.tree(stated["settings"]),
            "videos_by_status": {
                status: sum(row["status"] == status for row in videos) for status in stated["videos_by_status"]
            },
            "totals": _rounded(asdict(sums)),
            "rates": asdict(sums.rates()),
            "persons": _rounded({name: asdict(spoken) for name, spoken in summary_rates.speech(done.values()).items()}),
            "failures": [
                redaction.tree(failure) for failure in stated["failures"] if failure["name"] not in gone.recordings
            ],
            "skipped": [redaction.tree(video) for video in stated["skipped"] if video["name"] not in gone.recordings],
            "warnings": [{"warning": text, "videos": names} for text, names in having.items()],
            "videos": videos,
        }
    )


def _rounded(values: JsonObject) -> JsonObject:
    """Return sums without the last digits, which are noise of the addition."""
    made: JsonObject = json.loads(json.dumps(values), parse_float=lambda text: round(float(text), 3))
    return made


def _reports(corpus: Corpus) -> Iterator[tuple[str, Report]]:
    for recording in corpus.recordings:
        stated = statement_of(recording.folder).get("report")
        if stated:
            yield recording.name, report_from_json(stated)


def _video(row: JsonObject, reports: Mapping[str, Report], gone: Gone) -> JsonObject:
    report = reports.get(row["name"])
    if report is None or "statistics" not in row:
        return {**row, "reason": gone.redaction.text(row.get("reason") or "")}
    return {
        **row,
        "rates": asdict(summary_rates.rates(report)),
        "statistics": dict(report.statistics),
        "warnings": list(report.warnings),
    }


# The log ----------------------------------------------------------------------------------------------------------


def _correct_log(path: Path, redaction: Redaction) -> None:
    """Drop every line of the log that names what is gone."""
    if not path.is_file() or not redaction.words:
        return
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    kept = "".join(line for line in lines if not redaction.in_text(line))
    write_durably(path, kept.encode("utf-8", "surrogateescape"))
