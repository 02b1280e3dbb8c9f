"""An evaluation in the terminal."""

from __future__ import annotations

from slceleb_core.cli.console import out, row, say, show_table, table, tell
from slceleb_core.evaluation.report import Report
from slceleb_core.evaluation.wording import sheets


def show(report: Report) -> None:
    """Print the tables of a report on stdout, and what has to be known to read them on stderr."""
    for sheet in sheets(report):
        made = table(*(column or " " for column in sheet.columns), title=sheet.title)
        for cells in sheet.rows:
            row(made, *cells)
        show_table(made)
        if sheet.remark:
            say(out, sheet.remark + "\n")
    for note in report.inputs.notes:
        tell("note", note)
