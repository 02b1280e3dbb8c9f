"""``slceleb timeline``: a picture of what was found in one video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def timeline(
    results: Annotated[
        Path,
        typer.Argument(metavar="RESULTS", help="The results folder of one video.", show_default=False),
    ],
    target: Annotated[Path, typer.Argument(metavar="FILE.svg", help="Where the picture goes.", show_default=False)],
    start: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Draw from here on. [default: the first frame]")
    ] = None,
    end: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Draw up to here. [default: the end of the last frame]")
    ] = None,
) -> None:
    """Draw when each face was seen, how it scored, its segments, and what was dropped: an SVG, without photographs."""
    from slceleb_core.review.timeline import read_results
    from slceleb_core.review.timeline_drawing import draw_timeline

    draw_timeline(read_results(results), target, start, end)
