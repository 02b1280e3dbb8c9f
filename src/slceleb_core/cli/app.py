"""The root of the command line: what every command shares."""

from __future__ import annotations

import sys
import tempfile
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from slceleb_core import __version__
from slceleb_core.batch.standard_streams import silence
from slceleb_core.cli import (
    audit,
    bench,
    calibrate,
    corpus,
    doctor,
    lipsync,
    models,
    plugins,
    poi,
    profiles,
    report,
    resync,
    review,
    run,
    sync,
    timeline,
)
from slceleb_core.cli import eval as evaluation
from slceleb_core.cli.console import out, say, tell, tell_error
from slceleb_core.cli.optional_values import RunCommand
from slceleb_core.cli.options import FAILED, INTERRUPTED, UNUSABLE
from slceleb_core.cli.streams import prepare_streams, take_leave, trouble_with_output
from slceleb_core.cli.surroundings import check_working_directory
from slceleb_core.errors import SlcelebError, one_line

EPILOG = (
    "Exit codes: 0 done; 1 a video failed, or a check found an error; 2 the command cannot work as it was given "
    "(options, profile, plugins, photos, models, output folder); 130 interrupted with Ctrl-C."
    "\n\n"
    "Settings of the machine are read from SLCELEB_MODELS, SLCELEB_CACHE, SLCELEB_DEVICE, SLCELEB_LOG_LEVEL and "
    "SLCELEB_OFFLINE."
)


class HandledGroup(TyperGroup):
    """A group that says in one line what the user can mend."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn a handled error and Ctrl-C into an exit code."""
        try:
            return super().invoke(ctx)
        except SlcelebError as error:
            tell_error(error)
            raise typer.Exit(UNUSABLE) from None
        except KeyboardInterrupt:
            tell("error", "interrupted")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="slceleb",
    cls=HandledGroup,
    help="Find every stretch of a video in which a known person is visible and speaking.",
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer's signature
    if wanted:
        say(out, f"slceleb {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command("run", cls=RunCommand, epilog=run.EPILOG)(run.run)
app.add_typer(profiles.app)
app.add_typer(plugins.app)
app.add_typer(models.app)
app.add_typer(poi.app)
app.add_typer(evaluation.app)
app.add_typer(corpus.app)
app.command("calibrate")(calibrate.calibrate)
app.command("sync")(sync.sync)
app.command("report")(report.report)
app.command("lipsync", epilog=lipsync.EPILOG)(lipsync.lipsync)
app.command("resync", epilog=resync.EPILOG)(resync.resync)
app.command("timeline")(timeline.timeline)
app.add_typer(review.app)
app.command("audit")(audit.audit)
app.add_typer(bench.app)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line of this process, and exit."""
    prepare_streams()
    output = sys.stdout
    try:
        app()
    except Exception as error:
        sys.exit(_failed(error))
    finally:
        take_leave(output)


def _failed(error: Exception) -> int:
    """Say what went wrong that no command has foreseen, and return the exit code."""
    unwritten = trouble_with_output()
    if unwritten is not None:
        silence(1)
        tell("error", f"cannot write to standard output: {unwritten.strerror}", "free some space, or write elsewhere")
        return FAILED
    try:
        check_working_directory()
    except SlcelebError as gone:
        tell_error(gone)
        return UNUSABLE
    _tell_crash(error)
    return FAILED


def _tell_crash(error: Exception) -> None:
    """Say in one line that the program is at fault, and keep the traceback in a file."""
    text = "".join(traceback.format_exception(error))
    tell("error", f"unexpected error: {one_line(error)}; {_kept(text)}")


def _kept(trace: str) -> str:
    """Write a traceback to a file of its own, and return where it is: the traceback itself if that fails."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="slceleb-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(trace)
    except OSError as error:
        return f"the traceback cannot be kept ({error.strerror}):\n{trace}"
    return f"the traceback is in {file.name}"
