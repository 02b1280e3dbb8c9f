"""``slceleb poi calibrate``: what the recognizer makes of one's own photos."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import JsonOption, ProfileOption, SetOption
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from rich.table import Table

    from slceleb_core.perception.photos.measuring import Point, Report
    from slceleb_core.types import Calibration

WORDS = {
    "strangers": "two people, mean",
    "genuine": "one person, mean",
    "pair": "from pair to pair of people",
    "look": "from picture to picture",
    "residual": "what is left",
}
"""How the parts of a calibration are called on the screen."""


def calibrate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds <person>/*.jpg, several of each.", show_default=False)
    ],
    *,
    profile: ProfileOption = DEFAULT_PROFILE,
    overrides: SetOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME", help="The recognizer's model: short for --set embed.options.model=NAME."
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the calibration, for identity.calibration.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the recognizer on your own photos: how often strangers would get a name, and who would be missed."""
    from slceleb_core.cli.console import afterwards, out, say, show_json
    from slceleb_core.cli.photos import showing, tell_listing
    from slceleb_core.cli.session import session
    from slceleb_core.perception.photos import survey
    from slceleb_core.perception.photos.measuring import measure

    if save is not None:
        _demand_place(save)
    chosen = [*(overrides or ()), *([f"embed.options.model={model}"] if model else [])]
    with session() as current:
        tell_listing(survey(folder))
        with current.pipeline(profile, chosen) as pipeline, showing() as seen:
            photos = pipeline.examine(folder, seen)
            report = measure(photos, pipeline.known, f"photos in {folder.absolute().name} (slceleb poi calibrate)")
    if as_json:
        show_json(report.to_json())
    else:
        _show(report)
    if save is not None:
        _save(report.calibration, save)
        if not as_json:
            with afterwards():
                say(out, f"wrote {save}: use it with --set identity.calibration={save}")


def _demand_place(target: Path) -> None:
    """See that a file can be where it is to be written: before anything is measured.

    Raises
    ------
    UsageError
        It cannot.
    """
    from slceleb_core.errors import UsageError

    if target.is_dir():
        raise UsageError(f"cannot write {target}: it is a folder", f"--save {target / 'calibration.yaml'}")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"cannot write {target}: there is no folder {target.parent}", "make it, or name another file")


def _save(calibration: Calibration, target: Path) -> None:
    """Write a calibration as YAML.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    import yaml

    from slceleb_core.disk.atomic import write_durably

    said = "# Made by `slceleb poi calibrate`; a profile names it: identity: {calibration: FILE}\n"
    write_durably(target, (said + yaml.safe_dump(asdict(calibration), sort_keys=False, allow_unicode=True)).encode())


def _show(report: Report) -> None:
    from slceleb_core.cli.console import out, say, show_table, tell

    found = report.calibration
    say(out, f"persons: {found.people}, photos: {found.photos}, pairs of people: {found.pairs}")
    show_table(_parts(report))
    show_table(_points(report.points))
    if report.promises:
        show_table(_promises(report))
    if report.few:
        what = f"{found.people} people say little of others: points are higher for it, and the intervals too narrow"
        tell("warning", what, "measure ten or more, of the population that your videos show")
    if not report.promises:
        tell("note", "nobody could be tried as a stranger: that takes three people with two photos each")


def _parts(report: Report) -> Table:
    from slceleb_core.cli.console import row, table

    made = table("similarity of photos", ">value", ">90 % interval", title="How alike photos are")
    for part, (low, high) in report.intervals.items():
        row(made, WORDS[part], f"{getattr(report.calibration, part):.3f}", f"{low:.3f} to {high:.3f}")
    return made


def _points(points: tuple[Point, ...]) -> Table:
    from slceleb_core.cli.console import row, table

    columns = (">fpir", ">gallery", ">photos each", ">similarity", ">90 % interval", ">right missed", ">of tracks")
    made = table(*columns, title="What a track of one look must reach, and which part of the right people does not")
    for point in points:
        cost, (low, high) = point.cost, point.interval
        missed = (_percent(cost.pictures), _percent(cost.tracks))
        row(
            made,
            f"{point.fpir:g}",
            point.gallery,
            cost.photos,
            f"{cost.limit:.3f}",
            f"{low:.3f} to {high:.3f}",
            *missed,
        )
    return made


def _promises(report: Report) -> Table:
    from slceleb_core.cli.console import row, table

    made = table("point", ">strangers with a name", ">of pictures", title="Everybody once as a stranger to the others")
    for promise in report.promises:
        named = promise.named
        value = f"{promise.value:g}" if promise.point == "fpir" else f"{promise.value:g} (published)"
        row(
            made,
            f"{promise.point} {value}",
            named.named,
            f"{named.pictures} ({_percent(named.named / named.pictures)})",
        )
    return made


def _percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.1f} %"
