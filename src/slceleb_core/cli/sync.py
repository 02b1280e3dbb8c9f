"""``slceleb sync``: where recordings of one event lie on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import DONE, FAILED, JsonOption

if TYPE_CHECKING:
    from slceleb_core.media.synchrony import Recording


def sync(
    videos: Annotated[
        list[Path],
        typer.Argument(metavar="VIDEO...", help="Files of one event, two or more.", show_default=False),
    ],
    *,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="VIDEO",
            help="The file whose clock is the group's. [default: the one that shares most sound with all others]",
        ),
    ] = None,
    offsets: Annotated[
        list[str] | None,
        typer.Option(
            "--offset",
            metavar="VIDEO=SECONDS",
            help="Where a file's second 0 lies on the reference's clock, if you know; can be repeated.",
        ),
    ] = None,
    audio_track: Annotated[
        str,
        typer.Option(
            "--audio-track",
            metavar="N|LANGUAGE",
            help="Listen to this audio track of each file, counted from 1, or of this language. "
            "[default: the first that is marked default, or else the first]",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Measure by sound how the clocks of several recordings of one event run, and say which do not belong together."""
    from slceleb_core.cli.session import session
    from slceleb_core.cli.sync_tables import show
    from slceleb_core.media.synchrony import synchronise

    with session():
        found = synchronise(_recordings(videos, offsets or (), audio_track), reference)
    show(found, as_json=as_json)
    raise typer.Exit(DONE if found.holds and not found.refused else FAILED)


def _recordings(videos: Sequence[Path], offsets: Sequence[str], audio_track: str) -> list[Recording]:
    """Return the files with what is known of each.

    Raises
    ------
    UsageError
        An offset is of no file, or is no number.
    """
    from slceleb_core.media.synchrony import Recording, offsets_of

    known = offsets_of(offsets, videos)
    return [Recording(video, audio_track=audio_track, offset=known.get(video)) for video in videos]
