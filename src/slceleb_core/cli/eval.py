"""``slceleb eval``: how right the results are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slceleb_core.cli.compose import compose
from slceleb_core.cli.options import JsonOption

app = typer.Typer(name="eval", help="Measure how right results are.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Keep every command one of its own: Typer would otherwise fold a single command into its group."""


app.command()(compose)


@app.command()
def score(
    reference: Annotated[
        Path,
        typer.Argument(
            metavar="REFERENCE",
            help="Who speaks when: CSV with the columns video,person,start,end, or RTTM.",
            show_default=False,
        ),
    ],
    outputs: Annotated[
        Path,
        typer.Argument(
            metavar="OUTPUTS", help="The output folder of slceleb run, or a segments.csv.", show_default=False
        ),
    ],
    *,
    regions: Annotated[
        Path | None,
        typer.Option(
            "--regions",
            metavar="FILE",
            help="What is scored: CSV with the columns video,start,end, or UEM. "
            "Without it each video of the reference counts from 0 s to its end.",
        ),
    ] = None,
    people: Annotated[
        list[str] | None, typer.Option("--person", metavar="NAME", help="Score only this person; can be repeated.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            min=0.0,
            max=1.0,
            help="Frame score from which on a face counts as speaking. Default: the onset of the outputs' profile.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with tables and plots.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare outputs with a reference: precision, recall, F1, error rates, and figures of the frame scores."""
    from slceleb_core.cli.console import err, say, show_json
    from slceleb_core.cli.eval_tables import show
    from slceleb_core.evaluation import report as reports

    report = reports.evaluate(reference, outputs, regions, people=people or (), threshold=threshold)
    if html is not None:
        from slceleb_core.evaluation.page import write_page

        write_page(report, html)
    if as_json:
        show_json(reports.as_json(report))
    else:
        show(report)
    if html is not None:
        say(err, f"wrote {html}")
