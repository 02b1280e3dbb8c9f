"""From recipes to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.evaluation.compose.pictures import Layout, Pictures, draw, layout
from slceleb_core.evaluation.compose.recipe import Recipe
from slceleb_core.evaluation.compose.soundtrack import soundtrack
from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.evaluation.compose.writing import LOSSLESS, Format, lossy, write_clip


@dataclass(frozen=True, slots=True)
class Rendered:
    """A clip that has been written.

    Attributes
    ----------
    recipe
        What it is made of.
    file
        Its name in the output folder.
    frames
        Its pictures.
    layout
        Where the faces are.
    """

    recipe: Recipe
    file: str
    frames: int
    layout: Layout


def render(
    recipes: Iterable[Recipe], sources: Mapping[str, Source], folder: Path, *, height: int, lossless: bool
) -> Iterator[Rendered]:
    """Write clip after clip, yielding each when it is there.

    Parameters
    ----------
    recipes
        What to write.
    sources
        By name.
    folder
        Where to; it must exist.
    height
        Of the canvas, in pixels, even.
    lossless
        Whether to write FFV1 and FLAC; clips whose bit rate is to be low stay H.264.

    Raises
    ------
    OutputError
        A file cannot be written.
    VideoError
        A source can no longer be read.
    """
    pictures = Pictures()
    for recipe in recipes:
        form = chosen_format(recipe, lossless=lossless)
        place = layout(recipe, sources, height)
        file = recipe.clip + form.suffix
        frames = write_clip(folder / file, draw(recipe, sources, place, pictures), soundtrack(recipe, sources), form)
        yield Rendered(recipe, file, frames, place)


def chosen_format(recipe: Recipe, *, lossless: bool) -> Format:
    """Return how a clip is written."""
    bitrate = recipe.treatment.bitrate
    return LOSSLESS if lossless and bitrate is None else lossy(bitrate)
