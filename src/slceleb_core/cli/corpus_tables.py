"""What the ``slceleb corpus`` commands print."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from slceleb_core.cli.console import err, out, row, say, show_json, show_table, table, tell
from slceleb_core.corpus.audit_sheets import audit_lines
from slceleb_core.corpus.duplicates import CSV, Duplicates
from slceleb_core.corpus.figures import CorpusFigures
from slceleb_core.corpus.reading import Corpus
from slceleb_core.corpus.report_page import lost_sheet, people_sheet, strangers_sheet
from slceleb_core.corpus.reports import PAGE
from slceleb_core.corpus.splitting import LISTS, Split
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import counted, lasting, percent


def show_report(figures: CorpusFigures, output_dir: Path, *, as_json: bool) -> None:
    """Print what a corpus holds."""
    if as_json:
        show_json(figures.to_json())
        return
    amount = f"{lasting(figures.speech_seconds)} of speech: {counted(figures.segments, 'segment')}"
    videos = f"{figures.videos_with_speech:,} of {counted(figures.videos, 'video')}"
    say(out, f"{amount} of {figures.people:,} people, in {videos}")
    for audited in figures.audits[:1]:
        for line in audit_lines(audited.audit, audited.since):
            say(out, line)
    if figures.persons:
        show_sheet(people_sheet(figures))
    if figures.rejected_seconds:
        show_sheet(lost_sheet(figures))
    if figures.strangers is not None:
        show_sheet(strangers_sheet(figures.strangers))
    say(err, f"wrote {output_dir / PAGE}")


def show_sheet(sheet: Sheet) -> None:
    """Print a table with its remark."""
    made = table(*sheet.columns, title=sheet.title)
    for cells in sheet.rows:
        row(made, *cells)
    show_table(made)
    say(out, sheet.remark)


def show_split(made: Split, corpus: Corpus, folder: Path, *, as_json: bool) -> None:
    """Print how a corpus was divided."""
    if as_json:
        show_json({**asdict(made), "folder": str(folder)})
        return
    whole = sum(made.seconds.values())
    shown = table("list", ">wanted", ">speech", ">part", ">segments", ">people", ">videos")
    for name in LISTS:
        said = list(made.utterances(corpus, name))
        counts = (len(said), len({utterance.person for utterance in said}), len(made.recordings[name]))
        amount = made.seconds[name]
        row(shown, name, percent(made.shares[name]), lasting(amount), percent(amount / whole), *counts)
    show_table(shown)
    for remark in made.remarks:
        tell("warning", remark)
    say(err, f"wrote {folder}")


def show_duplicates(found: Duplicates, *, as_json: bool) -> None:
    """Print which videos hold the same speech."""
    if as_json:
        show_json(asdict(found))
        return
    if found.pairs:
        shown = table("video", "and", ">overlap [s]", ">from", ">to", ">offset [s]", ">landmarks", "file")
        for pair in found.pairs:
            figures = (f"{value:.2f}" for value in (pair.overlap, pair.start, pair.end, pair.offset))
            row(shown, pair.one, pair.other, *figures, pair.matches, "the same" if pair.same_file else "")
        show_table(shown)
    pairs = counted(len(found.pairs), "pair") if found.pairs else "no pair"
    say(out, f"{pairs} of videos with the same speech, among {found.recordings:,}; listed in {CSV}")
    if found.silent:
        tell("warning", f"no sound was cut of {', '.join(found.silent)}", "the sink clips cuts it")
