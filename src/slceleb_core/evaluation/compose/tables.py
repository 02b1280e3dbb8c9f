"""The tables beside the clips: what each is, who speaks when, and where each face is."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from slceleb_core.evaluation.compose.recipe import truth
from slceleb_core.evaluation.compose.rendering import Rendered
from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.media.files import whole_file

MANIFEST = ("clip", "file", "case", "family", "variant", "split", "talkers", "seed", "frames", "labels", "parameters")
REFERENCE = ("video", "person", "start", "end")
REGIONS = ("video", "start", "end")
FACES = ("clip", "face", "talker", "x0", "y0", "x1", "y1", "speaking")

Row = Sequence[object]


def manifest_rows(rendered: Iterable[Rendered], labels: str) -> Iterator[Row]:
    """Yield a row a clip; talkers are separated by ``|``."""
    for one in rendered:
        recipe = one.recipe
        yield (
            recipe.clip,
            one.file,
            recipe.case,
            recipe.family,
            recipe.variant,
            recipe.split,
            "|".join(recipe.talkers),
            recipe.seed,
            one.frames,
            labels,
            json.dumps(recipe.parameters(), sort_keys=True),
        )


def reference_rows(rendered: Iterable[Rendered], sources: Mapping[str, Source]) -> Iterator[Row]:
    """Yield a row a stretch in which somebody is visible and speaking."""
    for one in rendered:
        for face, spoken in zip(one.recipe.faces, truth(one.recipe, sources), strict=True):
            for start, end in spoken:
                yield one.recipe.clip, face.talker, f"{start:.3f}", f"{end:.3f}"


def region_rows(rendered: Iterable[Rendered]) -> Iterator[Row]:
    """Yield a row a clip: what is to be scored, which is all of it, also of the clips in which nobody speaks."""
    return ((one.recipe.clip, "0.000", f"{one.recipe.duration:.3f}") for one in rendered)


def face_rows(rendered: Iterable[Rendered], sources: Mapping[str, Source]) -> Iterator[Row]:
    """Yield a row a face: where it is, and, as JSON, when it is truly the speaker."""
    for one in rendered:
        speaking = truth(one.recipe, sources)
        for number, (face, region, spoken) in enumerate(
            zip(one.recipe.faces, one.layout.regions, speaking, strict=True)
        ):
            spans = json.dumps([[round(a, 3), round(b, 3)] for a, b in spoken])
            yield one.recipe.clip, number, face.talker, region.x0, region.y0, region.x1, region.y1, spans


def write_table(target: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a CSV file as a whole; raises OutputError where it cannot be written."""
    with whole_file(target) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
