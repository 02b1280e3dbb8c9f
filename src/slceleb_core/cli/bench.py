"""``slceleb bench``: what profiles cost on this machine, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from slceleb_core.cli.options import FAILED, JsonOption, SetOption, completing, profile_names
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from slceleb_core.pages.sheets import Sheet

HOUR = 3600.0


class MeasuringGroup(TyperGroup):
    """A group of which one command may go unnamed."""

    unnamed = "measure"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        named = not args or args[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if named else [self.unnamed, *args])


app = typer.Typer(
    name="bench",
    cls=MeasuringGroup,
    help="Measure what profiles cost on your own videos: slceleb bench VIDEO... is short for slceleb bench measure.",
    no_args_is_help=True,
)


@app.command()
def measure(
    videos: Annotated[
        list[Path] | None, typer.Argument(metavar="VIDEO", help="Videos to measure on.", show_default=False)
    ] = None,
    *,
    profiles: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME|FILE[,PATH=VALUE...]",
            help="A profile, and what is replaced in it; can be repeated: the first is what the others are compared "
            f"with.  [default: {DEFAULT_PROFILE}]",
            autocompletion=completing(profile_names),
        ),
    ] = None,
    overrides: SetOption = None,
    poi_dir: Annotated[
        Path | None,
        typer.Option("--poi-dir", "--poi", metavar="DIR", help="Photos of the persons of interest, as for run."),
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", metavar="N", min=1, help="Rounds.")] = 3,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            metavar="SECONDS",
            min=0.1,
            help="Measure on so much of each video.  [default: all of it]",
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="PYTHON|DIR",
            help="Measure the profiles in another installation, too: the interpreter of its environment, or a folder "
            "with its sources; can be repeated.",
        ),
    ] = None,
    yardsticks: Annotated[
        bool,
        typer.Option("--yardsticks/--no-yardsticks", help="Also measure seed-2025, and decoding alone."),
    ] = True,
    memory: Annotated[
        bool, typer.Option("--memory", help="Loop each video, and watch memory instead of time, in one round.")
    ] = False,
    loop: Annotated[
        float, typer.Option("--loop", metavar="SECONDS", min=1.0, help="To which length, with --memory.")
    ] = HOUR,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write all of it as JSON.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with tables and plots.")
    ] = None,
) -> None:
    """Measure profiles side by side: every one in a process of its own, in turn, round after round."""
    from slceleb_core.benchmarking.bench import Order
    from slceleb_core.benchmarking.bench import measure as carry_out
    from slceleb_core.benchmarking.candidates import candidates
    from slceleb_core.benchmarking.report import Report, as_json, check_target, write
    from slceleb_core.benchmarking.wording import sheets
    from slceleb_core.cli.console import err, say

    for target in filter(None, (json_file, html)):
        check_target(target)
    chosen = candidates(profiles or [DEFAULT_PROFILE], overrides or (), against or (), yardsticks=yardsticks)
    order = Order(videos or (), chosen, poi_dir, repeat, seconds, loop if memory else None)
    report = Report(carry_out(order, lambda line: say(err, line)))
    if json_file is not None:
        write(json.dumps(as_json(report), indent=1) + "\n", json_file)
    if html is not None:
        from slceleb_core.benchmarking.page import page

        write(page(report), html)
    _show(sheets(report))
    for written in filter(None, (json_file, html)):
        say(err, f"wrote {written}")
    if not report.figures and not report.memory:
        raise typer.Exit(FAILED)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A.json", help="A benchmark.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B.json", help="A later one.", show_default=False)],
    *,
    as_json: JsonOption = False,
) -> None:
    """Compare two benchmarks: ratios, and in what they differ in what they find."""
    from slceleb_core.benchmarking import comparing
    from slceleb_core.benchmarking.report import read
    from slceleb_core.cli.console import show_json

    compared = comparing.compare(read(first), read(second))
    if as_json:
        show_json(compared.as_json())
    else:
        _show(comparing.sheets(compared))


def _show(sheets: Iterable[Sheet]) -> None:
    from slceleb_core.cli.console import out, row, say, show_table, table

    for sheet in sheets:
        made = table(*sheet.columns, title=sheet.title)
        for cells in sheet.rows:
            row(made, *cells)
        show_table(made)
        if sheet.remark:
            say(out, sheet.remark + "\n")
