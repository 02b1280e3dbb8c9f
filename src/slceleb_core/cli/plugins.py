"""``slceleb plugins``: what is installed, and what is wrong with what does not load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import completing, role_names, stage_names
from slceleb_core.errors import PluginError, did_you_mean

if TYPE_CHECKING:
    from slceleb_core.registry import Broken, Registered, Registry
    from slceleb_core.stages import Speaker
    from slceleb_core.testing.scaffold import Package

app = typer.Typer(name="plugins", help="Show what is installed; write and test plugins.", no_args_is_help=True)


@app.command("list")
def list_plugins() -> None:
    """List the stages of all installed plugins, and the plugins that are broken."""
    from slceleb_core.cli.console import label, row, show_table, table
    from slceleb_core.registry import Registry

    registry = Registry.discover()
    made = table("name", "role", "distribution", "version", "state")
    for registered in registry:
        origin = registered.origin
        row(made, registered.name, registered.role, origin.distribution, origin.version, label("ok"))
    for lost in registry.broken:
        origin = lost.origin
        row(made, origin.plugin, "?", origin.distribution, origin.version, label("broken").append(f": {lost.reason}"))
    show_table(made)


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A stage, or a plugin that is broken.",
            show_default=False,
            autocompletion=completing(stage_names),
        ),
    ],
) -> None:
    """Show where a stage comes from and every option it has, or why a plugin is broken."""
    from slceleb_core.registry import Registry

    registry = Registry.discover()
    found = [registered for registered in registry if registered.name == name]
    lost = [broken for broken in registry.broken if name in (broken.origin.plugin, broken.origin.distribution)]
    for stage in found:
        _show_stage(stage)
    for plugin in lost:
        _show_broken(plugin)
    if not found and not lost:
        raise PluginError(f"no plugin named {name!r} is installed", did_you_mean(name, stage_names()))


@app.command()
def new(
    role: Annotated[
        str,
        typer.Argument(
            metavar="ROLE",
            help="detector, recognizer, speaker, voice, generator, sink or runner.",
            show_default=False,
            autocompletion=completing(role_names),
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What a profile will call it.", show_default=False)],
    *,
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="The folder in which the package gets a folder of its own.")
    ] = Path(),
) -> None:
    """Write a package to start a plugin from: it works, installs, and passes its own tests."""
    from slceleb_core.cli.console import afterwards, out, say
    from slceleb_core.registry import Registry
    from slceleb_core.testing.scaffold import Package, write

    package = Package(role, name)
    _demand_free(package, Registry.discover())
    folder = write(package, into)
    with afterwards():
        say(out, f"wrote {folder}: a {role} that works, and its tests")
        say(out, f"next: cd {folder} && pip install -e '.[testing]' && pytest")


def _demand_free(package: Package, registry: Registry) -> None:
    """Raise PluginError where a stage of that role and name is installed: two of them are an error at every start."""
    if package.name in registry.names(package.role):
        origin = registry.find(package.role, package.name).origin
        raise PluginError(f"{origin} provides a {package.role} named {package.name!r} already", "name yours otherwise")


@app.command("test")
def try_out(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A stage.", show_default=False, autocompletion=completing(stage_names)),
    ],
    *,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="An option that it is tested with; can be repeated."),
    ] = None,
    clip: Annotated[
        Path | None,
        typer.Option(
            "--clip",
            metavar="FILE",
            help="A video in which one person speaks into the camera from the beginning on: a detector has to find "
            "the face, and what a speaker stage claims is shown on it.  [default: the demo's, if it is installed]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Test whether an installed stage keeps its contract, and what it claims; exit code 1 when it does not."""
    from slceleb_core.testing.trial import Trial, run

    raise typer.Exit(run(Trial.of(name, options or (), clip)))


def _show_stage(registered: Registered) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from slceleb_core.cli.console import out, say
    from slceleb_core.cli.schema_rows import rows
    from slceleb_core.stages import Speaker

    say(out, f"{registered.name}: {registered.role}, from {registered.origin}, revision {registered.stage.revision}")
    if registered.stage.__doc__:
        say(out, registered.stage.__doc__.strip().splitlines()[0])
    for file in registered.stage.model_files:
        say(out, f"model: {file.name}, licence: {file.licence}")
    if issubclass(registered.stage, Speaker):
        _show_claims(registered.stage)
    options = list(rows(registered.stage.Config.model_json_schema()))
    say(out, "options:" if options else "no options")
    for option in options:
        facts = [option.type, f"default {option.default}", option.bounds]
        out.print(Text(f"  {option.path}", "bold").append(f": {', '.join(filter(None, facts))}", "not bold"))
        out.print(Padding(Text(option.description, "dim"), (0, 0, 0, 6)))


def _show_claims(stage: type[Speaker]) -> None:
    """Say what a speaker stage promises of its scores, and what it does not."""
    from slceleb_core.cli.console import out, say
    from slceleb_core.stages import CLAIMS

    for claim, meaning in CLAIMS.items():
        say(out, f"{'claims' if claim in stage.claims else 'does not claim'} {claim}: {meaning}")


def _show_broken(broken: Broken) -> None:
    from slceleb_core.cli.console import label, out, say

    say(out, f"{broken.origin.plugin}: from {broken.origin}")
    out.print(label("broken").append(f": {broken.reason}"), soft_wrap=True)
    say(out, broken.trace.rstrip())
