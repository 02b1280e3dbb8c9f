"""``slceleb poi grow``: photos out of accepted segments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slceleb_core.cli.options import JsonOption, ProfileOption, SetOption
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from slceleb_core.perception.photos.grown import GrownPhoto
    from slceleb_core.precision.teaching.growing import Growth

OF_A_PERSON = 3
"""As of ``precision.teaching.growing``, which takes too long to import for a help page."""


def grow(
    output_dir: Annotated[
        Path, typer.Argument(metavar="OUTPUT_DIR", help="A folder that was reviewed.", show_default=False)
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The photos: <person>/*.jpg or <person>.jpg.", show_default=False)
    ],
    *,
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=50, help="Grown photos of a person at most; 0 takes them out again.")
    ] = OF_A_PERSON,
    profile: ProfileOption = DEFAULT_PROFILE,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add faces of accepted segments to the photos, and take out those whose segment is not accepted any more.

    A face is as like the photos that you put there as any track has to be; grown ones do not count for that. Each is
    written with where it comes from, and every run with them says so.
    """
    from slceleb_core.cli.console import afterwards, out, say, show_json
    from slceleb_core.cli.session import session
    from slceleb_core.precision.teaching.growing import grow as grow_by

    with session() as current, current.pipeline(profile, overrides or ()) as pipeline:
        growth = grow_by(output_dir, folder, pipeline, limit)
    with afterwards():
        if as_json:
            show_json(_as_json(growth))
        else:
            _show(growth)
            say(out, _summary(growth))


def _as_json(growth: Growth) -> dict[str, Any]:
    told = {name: [_photo(photo) for photo in getattr(growth, name)] for name in ("added", "kept", "gone")}
    return {**told, "refused": dict(growth.refused)}


def _photo(photo: GrownPhoto) -> dict[str, Any]:
    origin = photo.origin
    return {
        "person": photo.person,
        "path": str(photo.path),
        "segment": origin.segment,
        "accepted_by": origin.accepted_by,
        "similarity": origin.similarity,
        "limit": origin.limit,
    }


def _show(growth: Growth) -> None:
    from slceleb_core.cli.console import row, show_table, table

    made = table("person", "photo", ">similarity", ">had to reach", "of segment", "accepted by", "what")
    for word, photos in (("new", growth.added), ("kept", growth.kept), ("taken out", growth.gone)):
        for photo in photos:
            origin = photo.origin
            told = (f"{origin.similarity:.3f}", f"{origin.limit:.3f}", origin.segment, origin.accepted_by, word)
            row(made, photo.person, photo.path, *told)
    show_table(made)


def _summary(growth: Growth) -> str:
    from slceleb_core.pages.wording import counted

    refused = sum(growth.refused.values())
    left = f", {counted(refused, 'face')} looked at and not taken" if refused else ""
    return f"{counted(len(growth.added), 'photo')} added, {len(growth.kept)} kept, {len(growth.gone)} taken out{left}"
