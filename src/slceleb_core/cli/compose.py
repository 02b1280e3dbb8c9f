"""``slceleb eval compose``: labelled hard cases out of a folder of single talkers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slceleb_core.cli.options import JsonOption
from slceleb_core.evaluation.compose.options import HEIGHT, LIMIT, LONG, SECONDS, SEED, Split

if TYPE_CHECKING:
    from slceleb_core.evaluation.compose.composer import ComposeConfig, Composed
    from slceleb_core.evaluation.compose.recipe import Recipe


def compose(
    clips: Annotated[
        Path,
        typer.Argument(
            metavar="CLIPS_DIR",
            help="Holds <talker>.mp4 or <talker>/*.mp4: one face, its own voice.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Argument(metavar="OUTPUT_DIR", help="Where clips and tables are written.", show_default=False)
    ],
    *,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of every choice.")] = SEED,
    cases: Annotated[
        str,
        typer.Option("--cases", metavar="NAMES", help="Cases or families, with commas: natural, hard, core, all."),
    ] = "all",
    variants: Annotated[
        str, typer.Option("--variants", metavar="NAMES", help="Variants, with commas; all, or none.")
    ] = "all",
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Clips of each case and each of its variants at most.")
    ] = LIMIT,
    split: Annotated[Split, typer.Option("--split", help="Talkers to use; nobody is in both fit and test.")] = "all",
    talkers: Annotated[
        list[str] | None,
        typer.Option("--talker", metavar="PATTERN", help="Use only talkers whose name matches; can be repeated."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE", help="When they speak: CSV with the columns clip,start,end."),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="How much of each source clip is used.")] = SECONDS,
    long: Annotated[
        float, typer.Option("--long", help="How much of it where it takes long: long and late cases.")
    ] = LONG,
    height: Annotated[int, typer.Option("--height", help="Of the canvas, in pixels; even.")] = HEIGHT,
    lossless: Annotated[bool, typer.Option("--lossless", help="FFV1 and FLAC instead of H.264 and AAC.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write into a folder that is not empty; nothing in it is deleted.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compose labelled hard cases for active-speaker scoring out of single-talker clips."""
    from slceleb_core.cli.console import afterwards
    from slceleb_core.cli.session import session
    from slceleb_core.evaluation.compose.composer import compose as run

    config = _config(
        seed=seed,
        cases=_words(cases),
        variants=_words(variants),
        limit=limit,
        split=split,
        include=tuple(talkers or ()),
        seconds=seconds,
        long=long,
        height=height,
        lossless=lossless,
    )
    with session():
        done = run(clips, output, config, labels=labels, force=force, observer=None if as_json else _Counter())
    with afterwards():
        _show(done, as_json=as_json)


def _words(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _config(**values: Any) -> ComposeConfig:
    """Return the options, checked; what is wrong with one is a user's error."""
    from pydantic import ValidationError

    from slceleb_core.errors import UsageError
    from slceleb_core.evaluation.compose.composer import ComposeConfig

    try:
        return ComposeConfig(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"--{first['loc'][0]}: {first['msg']}, not {first['input']}") from error


class _Counter:
    """Says what is being composed, in one line that moves where stderr is a terminal."""

    def __call__(self, number: int, total: int, recipe: Recipe) -> None:
        from slceleb_core.cli.console import err

        if err.is_terminal:
            err.print(f"{number} of {total}  {recipe.clip}", end="\n" if number == total else "\r")


def _show(done: Composed, *, as_json: bool) -> None:
    from slceleb_core.cli.console import out, row, say, show_json, show_table, table

    talkers = sorted({source.talker for source in done.sources.values()})
    if as_json:
        show_json({"folder": str(done.folder), "labels": done.labels, "talkers": talkers, "clips": done.counts()})
        return
    made = table("case", "variant", ">clips")
    for kind, count in done.counts().items():
        row(made, *kind.split("/"), count)
    show_table(made)
    say(out, f"{len(done.clips)} clips of {len(talkers)} talkers in {done.folder}; labels: {done.labels}")
