"""The tables beside the clips: what each is, who speaks when, and where each face is."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from slceleb_core.disk.atomic import whole_file
from slceleb_core.evaluation.compose.recipe import overlaps, truth
from slceleb_core.evaluation.compose.rendering import Rendered
from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.evaluation.compose.stretches import Stretch, shared

MANIFEST = (
    "clip",
    "file",
    "case",
    "family",
    "variant",
    "split",
    "talkers",
    "seed",
    "frames",
    "labels",
    "lag",
    "parameters",
)
REFERENCE = ("video", "person", "start", "end")
REGIONS = ("video", "start", "end")
FACES = ("clip", "face", "talker", "x0", "y0", "x1", "y1", "speaking", "overlap")

Row = Sequence[object]


def manifest_rows(rendered: Iterable[Rendered], labels: str) -> Iterator[Row]:
    """Yield a row a clip; talkers are separated by ``|``."""
    for clip in rendered:
        recipe = clip.recipe
        yield (
            recipe.clip,
            clip.file,
            recipe.case,
            recipe.family,
            recipe.variant,
            recipe.split,
            "|".join(recipe.talkers),
            recipe.seed,
            clip.frames,
            labels,
            f"{recipe.lag:g}",
            json.dumps(recipe.parameters(), sort_keys=True),
        )


def reference_rows(rendered: Iterable[Rendered], sources: Mapping[str, Source]) -> Iterator[Row]:
    """Yield a row a stretch in which somebody is visible and speaking."""
    for clip in rendered:
        for face, spoken in zip(clip.recipe.faces, truth(clip.recipe, sources), strict=True):
            for start, end in spoken:
                yield clip.recipe.clip, face.talker, f"{start:.3f}", f"{end:.3f}"


def region_rows(rendered: Iterable[Rendered]) -> Iterator[Row]:
    """Yield a row a clip: what is to be scored, which is all of it, also of the clips in which nobody speaks."""
    return ((clip.recipe.clip, "0.000", f"{clip.recipe.duration:.3f}") for clip in rendered)


def face_rows(rendered: Iterable[Rendered], sources: Mapping[str, Source]) -> Iterator[Row]:
    """Yield a row a face: where it is, and, as JSON, when it truly speaks, and when another does so as well."""
    for clip in rendered:
        speaking = truth(clip.recipe, sources)
        both = overlaps(speaking)
        for number, (face, region, spoken) in enumerate(
            zip(clip.recipe.faces, clip.layout.regions, speaking, strict=True)
        ):
            place = region.x0, region.y0, region.x1, region.y1
            yield clip.recipe.clip, number, face.talker, *place, _json(spoken), _json(shared(spoken, both))


def _json(stretches: Iterable[Stretch]) -> str:
    return json.dumps([[round(start, 3), round(end, 3)] for start, end in stretches])


def write_table(target: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a CSV file as a whole; raises OutputError where it cannot be written."""
    with whole_file(target) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
