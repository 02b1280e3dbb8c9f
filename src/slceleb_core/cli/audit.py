"""``slceleb audit``: how often the labels of a corpus are right, by looking at some of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slceleb_core.cli.options import JsonOption

OF_A_DRAW = ("size", "left_out", "each", "seed")
"""Options that answers have nothing to do with."""


def audit(
    context: typer.Context,
    output_dir: Annotated[
        Path, typer.Argument(metavar="OUTPUT_DIR", help="The output folder of slceleb run.", show_default=False)
    ],
    answers: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[ANSWERS]...",
            help="Files that the page has saved, of one reviewer each. Without any, segments are drawn and the page is "
            "written.",
            show_default=False,
        ),
    ] = None,
    *,
    size: Annotated[int, typer.Option("--size", metavar="N", min=1, help="Segments that are drawn.")] = 200,
    left_out: Annotated[
        int, typer.Option("--left-out", metavar="N", min=0, help="Moments drawn of what was left out, for recall.")
    ] = 50,
    each: Annotated[
        int, typer.Option("--each", metavar="N", min=0, help="Least number of each person; 0: in proportion.")
    ] = 0,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="The same one, the same draw. Without: nobody can foresee it."),
    ] = None,
    reject: Annotated[
        bool,
        typer.Option(
            "--reject",
            help="Take what was found to be wrong out of the corpus, as a review does; without ANSWERS, what the "
            "latest audit has found.",
        ),
    ] = False,
    withdraw: Annotated[
        str | None,
        typer.Option(
            "--withdraw",
            metavar="NAME",
            help="Forget what a reviewer has answered on the latest draw that was answered.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how often the labels of a corpus are right, with an interval: draw segments, or take the answers on them.

    The page shows each stretch without what the program thought of it. Its answers give precision by person and kind
    of error, recall, and how far two reviewers agree. They stand in audit.json, the corpus report and the datasheet.
    """
    from slceleb_core.cli import auditing
    from slceleb_core.errors import UsageError
    from slceleb_core.precision.auditing.drawing import Wanted

    if withdraw is not None and (answers or reject):
        raise UsageError("--withdraw stands by itself", "withdraw first, then give ANSWERS or --reject")
    if not (answers or reject or withdraw is not None):
        auditing.draw(output_dir, Wanted(size, left_out, each, seed), as_json=as_json)
        return
    idle = [name for name in OF_A_DRAW if _is_given(context, name)]
    if idle:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
        raise UsageError(f"{names}: answers are about what was drawn", "draw first, without ANSWERS and --reject")
    if withdraw is not None:
        auditing.withdraw(output_dir, withdraw, as_json=as_json)
        return
    auditing.take(output_dir, answers or [], reject=reject, as_json=as_json)


def _is_given(context: typer.Context, name: str) -> bool:
    """Tell whether an option stands on the command line; Typer brings a click of its own."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
