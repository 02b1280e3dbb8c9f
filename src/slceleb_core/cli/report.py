"""``slceleb report``: the page on which a person looks through a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    output_dir: Annotated[
        Path, typer.Argument(metavar="OUTPUT_DIR", help="The output folder of slceleb run.", show_default=False)
    ],
) -> None:
    """Write report.html: who speaks where, what was left out and why, and a player to accept and reject with."""
    from slceleb_core.cli.console import afterwards, out, say
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.review.writing import write_report

    with corpus_session(output_dir):
        page = write_report(output_dir)
    with afterwards():
        say(out, page)
