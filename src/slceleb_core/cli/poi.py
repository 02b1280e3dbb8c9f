"""``slceleb poi``: photos of the persons of interest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import DONE, FAILED, JsonOption, ProfileOption, SetOption
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from rich.text import Text

    from slceleb_core.photos import Finding, Photo

app = typer.Typer(name="poi", help="Check photos of the persons of interest.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Keep `check` a command of its own: Typer would otherwise fold a single command into its group."""


@app.command()
def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds <person>/*.jpg or <person>.jpg.", show_default=False)
    ],
    *,
    profile: ProfileOption = DEFAULT_PROFILE,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at every photo as a run would; exit code 1 when one cannot be used or is given to two persons."""
    from slceleb_core.cli.console import show_json
    from slceleb_core.cli.session import session

    with session() as current, current.pipeline(profile, overrides or ()) as pipeline:
        from slceleb_core.photos import audit

        photos = pipeline.examine(folder)
        findings = audit(photos, pipeline.threshold)
    if as_json:
        show_json(_as_json(photos, findings))
    else:
        _show(photos, findings)
    raise typer.Exit(FAILED if any(one.severity == "error" for one in findings) else DONE)


def _as_json(photos: Sequence[Photo], findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "photos": [
            {"person": one.person, "path": str(one.path), "usable": not one.problem, "size": round(one.size, 1)}
            for one in photos
        ],
        "findings": [
            {"severity": one.severity, "person": one.person, "path": str(one.path), "message": one.message}
            for one in findings
        ],
    }


def _show(photos: Sequence[Photo], findings: Sequence[Finding]) -> None:
    from slceleb_core.cli.console import out, row, say, show_table, table

    made = table("person", "photo", ">face", "what is wrong")
    for one in photos:
        mine = [finding for finding in findings if finding.path == one.path]
        row(made, one.person, one.path, f"{one.size:.0f} px" if one.size else "", _verdict(mine))
    show_table(made)
    people = len({one.person for one in photos})
    errors = sum(one.severity == "error" for one in findings)
    say(out, f"persons: {people}, photos: {len(photos)}, errors: {errors}, warnings: {len(findings) - errors}")


def _verdict(findings: Sequence[Finding]) -> Text:
    from rich.text import Text

    from slceleb_core.cli.console import label, printable

    if not findings:
        return label("ok")
    return Text("\n").join(label(one.severity).append(f": {printable(one.message)}", "default") for one in findings)
