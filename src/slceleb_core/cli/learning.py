"""``slceleb review learn``: what decisions teach the stages."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slceleb_core.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slceleb_core.precision.teaching.learning import Taught


def learn(
    output_dir: Annotated[
        Path, typer.Argument(metavar="OUTPUT_DIR", help="A folder that was reviewed.", show_default=False)
    ],
    *,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="DIR", help="Where to write what was learned. Default: learned/ in the folder."),
    ] = None,
    spend: Annotated[
        bool,
        typer.Option(
            "--spend", help="Learn from decisions that could prove a precision, too; they only teach from then on."
        ),
    ] = False,
    names_right: Annotated[
        float,
        typer.Option("--names-right", min=0.5, max=0.9999, help="How often a name is to be right where one is given."),
    ] = 0.99,
    as_json: JsonOption = False,
) -> None:
    """Fit the weights of the speaker stage, and how alike a face must be, to what was decided on segments.

    Nothing is kept unless the log loss on decisions that were held out falls by more than its error; and nothing that
    is in use changes: a profile names what was learned.
    """
    from slceleb_core.cli.console import afterwards, out, say, show_json
    from slceleb_core.cli.session import session
    from slceleb_core.corpus.spent import spend as write_spent
    from slceleb_core.precision.gathering import gather
    from slceleb_core.precision.teaching.keeping import keep
    from slceleb_core.precision.teaching.learning import subject_of, teach
    from slceleb_core.registry import Registry
    from slceleb_core.settings import load_settings

    with session():
        evidence, registry = gather(output_dir), Registry.discover()
        labels = evidence.labels if spend else evidence.teaching
        subject = subject_of(output_dir, evidence, labels, registry)
        context = load_settings().stage_context()
        made = teach(subject, registry, context, names_right)
        files = {taught.stage: keep(output_dir, taught, save) for taught in made if taught.learned is not None}
        if files:
            write_spent(output_dir, [label.segment for label in subject.labels])
    with afterwards():
        if as_json:
            show_json(
                {"stages": [_as_json(taught, files.get(taught.stage)) for taught in made], "others": subject.others}
            )
            return
        _show(made)
        for taught in made:
            if taught.stage in files:
                say(out, f"use it: --set {taught.option}={files[taught.stage]}")


def _as_json(taught: Taught, file: Path | None) -> dict[str, Any]:
    told = {name: _finite(getattr(taught, name)) for name in ("before", "after", "error")}
    return {
        "stage": taught.stage,
        "option": taught.option,
        "decisions": taught.decisions,
        "wrong": taught.wrong,
        "held_out_by": taught.held_out_by or None,
        **told,
        "refusal": taught.refusal or None,
        "file": None if file is None else str(file),
    }


def _finite(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _show(made: Sequence[Taught]) -> None:
    from slceleb_core.cli.console import row, show_table, table

    shown = table("stage", ">decisions", ">wrong", ">log loss", ">with it", ">error", "what follows")
    for taught in made:
        losses = ["" if not math.isfinite(v) else f"{v:.4f}" for v in (taught.before, taught.after, taught.error)]
        verdict = (
            f"nothing: {taught.refusal}" if taught.learned is None else f"learned, held out by {taught.held_out_by}"
        )
        row(shown, taught.stage, taught.decisions, taught.wrong, *losses, verdict)
    show_table(shown)
