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

    from slceleb_core.perception.photos import Finding, Listing, Photo

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
    from slceleb_core.cli.photos import showing, tell_listing
    from slceleb_core.cli.session import session
    from slceleb_core.perception.photos import survey

    with session() as current:
        listing = survey(folder)
        tell_listing(listing)
        with current.pipeline(profile, overrides or ()) as pipeline, showing() as seen:
            photos = pipeline.examine(folder, seen)
            findings = pipeline.audit(photos)
    if as_json:
        show_json(_as_json(photos, findings, listing))
    else:
        _show(photos, findings)
    lacking = any(person.meant for person in listing.without.values())
    raise typer.Exit(FAILED if lacking or any(one.severity == "error" for one in findings) else DONE)


def _as_json(photos: Sequence[Photo], findings: Sequence[Finding], listing: Listing) -> dict[str, object]:
    return {
        "photos": [
            {"person": one.person, "path": str(one.path), "usable": not one.problem, "size": round(one.size, 1)}
            for one in photos
        ],
        "findings": [
            {"severity": one.severity, "person": one.person, "path": str(one.path), "message": one.message}
            for one in findings
        ],
        "not_read": [{"path": str(one.path), "reason": one.reason} for one in listing.unread],
        "left_out": [{"path": str(one.path), "reason": one.reason} for one in listing.aside],
    }


def _show(photos: Sequence[Photo], findings: Sequence[Finding]) -> None:
    from slceleb_core.cli.console import out, row, say, show_table, table

    made = table("person", "photo", ">face", "what is wrong")
    about: dict[Path, list[Finding]] = {}
    for finding in findings:
        about.setdefault(finding.path, []).append(finding)
    for one in photos:
        row(made, one.person, one.path, f"{one.size:.0f} px" if one.size else "", _verdict(about.get(one.path, ())))
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
