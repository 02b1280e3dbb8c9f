"""``slceleb review``: what was decided on the review page, carried out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.learning import learn
from slceleb_core.cli.options import JsonOption
from slceleb_core.cli.queueing import queue

if TYPE_CHECKING:
    from slceleb_core.review.applying import Applied

app = typer.Typer(
    name="review", help="Carry out what was decided on the review page, and learn from it.", no_args_is_help=True
)
app.command()(learn)
app.command()(queue)


@app.command()
def apply(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The review.json that the page has saved.", show_default=False)
    ],
    output_dir: Annotated[
        Path | None,
        typer.Argument(
            metavar="[OUTPUT_DIR]",
            help="The output folder. Default: the one that the page stood in, as the file says.",
            show_default=False,
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Move rejected segments out of the corpus, bring accepted ones back, and record who decided when.

    Tables and manifests are written anew.
    """
    from slceleb_core.cli.console import afterwards, err, out, say, show_json, tell
    from slceleb_core.cli.session import session
    from slceleb_core.errors import UsageError
    from slceleb_core.pages.wording import counted
    from slceleb_core.precision.auditing.answers import holds_answers
    from slceleb_core.review.applying import apply_review
    from slceleb_core.review.decisions import read_review

    with session():
        if holds_answers(file):
            raise UsageError(f"{file} holds answers of an audit", f"slceleb audit OUTPUT_DIR {file} --reject")
        review = read_review(file)
        folder = output_dir or review.folder()
        if folder is None:
            raise UsageError(f"{file} does not say which folder it is about", "name the output folder behind it")
        applied = apply_review(review, folder)
    left = [str(path) for path in applied.left]
    with afterwards():
        if as_json:
            show_json({"output_dir": str(folder), **asdict(applied), "left": left})
        else:
            say(out, _summary(applied, folder))
    if review.notes:
        what = f"{counted(len(review.notes), 'note')} on segments that are not decided on: not taken into the corpus"
        tell("note", what, f"kept in {file}; load it on the page, and accept or reject")
    if left:
        outputs = "an output of another sink is" if len(left) == 1 else f"{len(left):,} outputs of other sinks are"
        what = f"{outputs} as before this review, with what was rejected in it"
        tell("warning", what, "nobody but their sinks can correct them: delete them where that matters")
        for path in left:
            say(err, f"  {path}")


def _summary(applied: Applied, folder: Path) -> str:
    from slceleb_core.corpus.folders import ASIDE
    from slceleb_core.pages.wording import counted

    moved = f"{counted(applied.stats.segments, 'segment')} ({applied.stats.seconds:.1f} s) moved to {folder / ASIDE}"
    back = f" ({applied.restored} brought back)" if applied.restored else ""
    before = f", {applied.already} had been taken out before" if applied.already else ""
    return f"{applied.accepted} accepted{back}, {moved}{before}"
