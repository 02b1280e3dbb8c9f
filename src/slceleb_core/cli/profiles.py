"""``slceleb profiles``: what decides a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slceleb_core.cli.options import (
    FAILED,
    ProfileArgument,
    SetOption,
    completing,
    profile_names,
)
from slceleb_core.errors import ProfileError, UsageError
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slceleb_core.models import ModelStore
    from slceleb_core.registry import Registry

app = typer.Typer(name="profiles", help="Show, check and write profiles.", no_args_is_help=True)


@app.command("list")
def list_profiles() -> None:
    """List the shipped profiles."""
    from slceleb_core.cli.console import row, show_table, table
    from slceleb_core.profile import read_profile, shipped_profiles

    made = table("profile", "what it is")
    for name in shipped_profiles():
        row(made, name, _first_comment(read_profile(name)))
    show_table(made)


def _first_comment(text: str) -> str:
    """Return what the first comment of a YAML text says."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


@app.command()
def show(
    name: ProfileArgument,
    *,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Write out every default, the plugins' own included.")
    ] = False,
    overrides: SetOption = None,
) -> None:
    """Print a profile as YAML."""
    from slceleb_core.cli.console import out, say
    from slceleb_core.cli.session import telling
    from slceleb_core.profile import bind, load_profile, read_profile
    from slceleb_core.registry import Registry

    with telling():
        profile = load_profile(name, overrides or ())
    if resolved:
        say(out, _yaml(bind(profile, Registry.discover()).resolved()))
    elif overrides:
        say(out, _yaml(profile.model_dump(mode="json", exclude_unset=True)))
    else:
        say(out, read_profile(name).rstrip())


def _yaml(value: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100).rstrip()


@app.command()
def validate(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE", help="Profiles to check.", show_default=False, autocompletion=completing(profile_names)
        ),
    ],
    overrides: SetOption = None,
) -> None:
    """Check profiles against the installed plugins and what they need, models included; exit code 1 when one fails."""
    from slceleb_core.cli.console import out, say
    from slceleb_core.cli.session import session
    from slceleb_core.registry import Registry

    registry = Registry.discover()
    with session() as current:
        held = [_holds(name, overrides or (), registry, current.models) for name in names]
    for name in (name for name, fine in zip(names, held, strict=True) if fine):
        say(out, f"{name}: ok")
    if not all(held):
        raise typer.Exit(FAILED)


def _holds(name: str, overrides: Sequence[str], registry: Registry, models: ModelStore) -> bool:
    """Return whether a profile holds and can run; say what is wrong where it does not."""
    from slceleb_core.artefacts.promises import check_promise
    from slceleb_core.cli.console import tell_error
    from slceleb_core.profile import bind, faults_of, load_profile

    faults = faults_of(name, overrides, registry, models)
    if not faults:
        try:
            check_promise(bind(load_profile(name, overrides), registry), registry)
        except ProfileError as error:
            faults = [error]
    for fault in faults:
        tell_error(fault if name in fault.message else type(fault)(f"{name}: {fault.message}", fault.hint))
    return not faults


@app.command()
def schema() -> None:
    """Print the JSON Schema of a profile, with the options of every installed plugin."""
    from slceleb_core.cli.console import show_json
    from slceleb_core.profile import schema as profile_schema
    from slceleb_core.registry import Registry

    show_json(profile_schema(Registry.discover()))


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path("slceleb.yaml"),
    *,
    source: Annotated[
        str,
        typer.Option("--from", metavar="NAME", help="The profile to copy.", autocompletion=completing(profile_names)),
    ] = DEFAULT_PROFILE,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a profile to start your own from."""
    from slceleb_core.cli.console import afterwards, err, out, say
    from slceleb_core.profile import load_profile, read_profile

    load_profile(source)
    _write(file, read_profile(source), replace=force)
    with afterwards():
        say(out, f"wrote {file}: use it with --profile {file}")
    say(err, "for completion in an editor: slceleb profiles schema > slceleb.schema.json")


def _write(file: Path, text: str, *, replace: bool) -> None:
    try:
        with file.open("w" if replace else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ProfileError(f"{file} is there already", "add --force to replace it, or name another file") from None
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}", "name another file") from None
