"""``slceleb poi``: photos of the persons of interest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.calibration import calibrate
from slceleb_core.cli.growing import grow
from slceleb_core.cli.options import DONE, FAILED, JsonOption, ProfileOption, SetOption
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from rich.text import Text

    from slceleb_core.perception.photos import Finding, Listing, Photo
    from slceleb_core.perception.photos.standing import Standing

SHOWN = 5
"""People who come near one that are named."""

app = typer.Typer(name="poi", help="Check photos of the persons of interest, and let them grow.", no_args_is_help=True)
app.command()(calibrate)
app.command()(grow)


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
            findings, standings = pipeline.audit(photos), pipeline.standings(photos)
    if as_json:
        show_json({**_as_json(photos, findings, listing), "persons": [_standing_as_json(each) for each in standings]})
    else:
        _show(photos, findings)
        _show_standings(standings)
    lacking = any(person.meant for person in listing.without.values())
    raise typer.Exit(FAILED if lacking or any(finding.severity == "error" for finding in findings) else DONE)


def _as_json(photos: Sequence[Photo], findings: Sequence[Finding], listing: Listing) -> dict[str, object]:
    from slceleb_core.perception.photos.grown import is_grown

    return {
        "photos": [
            {
                "person": photo.person,
                "path": str(photo.path),
                "usable": not photo.problem,
                "size": round(photo.size, 1),
                "grown": is_grown(photo.path),
            }
            for photo in photos
        ],
        "findings": [
            {
                "severity": finding.severity,
                "person": finding.person,
                "path": str(finding.path),
                "message": finding.message,
            }
            for finding in findings
        ],
        "not_read": [{"path": str(unread.path), "reason": unread.reason} for unread in listing.unread],
        "left_out": [{"path": str(aside.path), "reason": aside.reason} for aside in listing.aside],
    }


def _standing_as_json(standing: Standing) -> dict[str, object]:
    missed = None if standing.missed is None else [str(path) for path in standing.missed]
    near = {other.person: other.photos for other in standing.near}
    return {**asdict(standing), "limit": round(standing.limit, 4), "missed": missed, "near": near}


def _show_standings(standings: Sequence[Standing]) -> None:
    """Print whom the point would cost, and who comes near whom."""
    from slceleb_core.cli.console import row, show_table, table

    made = table("person", ">photos", ">must reach", ">would be missed", "others who would reach it")
    for standing in standings:
        missed = "" if standing.missed is None else f"{len(standing.missed)} of {standing.photos}"
        near = ", ".join(f"{other.person} ({other.photos})" for other in standing.near[:SHOWN])
        more = f" and {len(standing.near) - SHOWN:,} more" if len(standing.near) > SHOWN else ""
        row(made, standing.person, standing.photos, f"{standing.limit:.3f}", missed, f"{near}{more}")
    show_table(made)


def _show(photos: Sequence[Photo], findings: Sequence[Finding]) -> None:
    from slceleb_core.cli.console import out, row, say, show_table, table

    made = table("person", "photo", ">face", "what is wrong")
    about: dict[Path, list[Finding]] = {}
    for finding in findings:
        about.setdefault(finding.path, []).append(finding)
    for photo in photos:
        row(
            made,
            photo.person,
            photo.path,
            f"{photo.size:.0f} px" if photo.size else "",
            _verdict(about.get(photo.path, ())),
        )
    show_table(made)
    people = len({photo.person for photo in photos})
    errors = sum(finding.severity == "error" for finding in findings)
    say(out, f"persons: {people}, photos: {len(photos)}, errors: {errors}, warnings: {len(findings) - errors}")


def _verdict(findings: Sequence[Finding]) -> Text:
    from rich.text import Text

    from slceleb_core.cli.console import label, printable

    if not findings:
        return label("ok")
    return Text("\n").join(
        label(finding.severity).append(f": {printable(finding.message)}", "default") for finding in findings
    )
