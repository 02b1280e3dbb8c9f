"""The pictures of a composed clip: faces side by side on one canvas."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from slceleb_core.evaluation.compose.planning import generator
from slceleb_core.evaluation.compose.recipe import Face, Part, Recipe
from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.media.video import VideoReader
from slceleb_core.types import Array

TREMBLE_PIXELS, TREMBLE_ZOOM, TREMBLE_LIGHT = 0.004, 0.004, 0.015
"""Standard deviation of a trembling still's place, as a share of its height, of its zoom, and of its brightness: that
of a hand-held camera."""

TREMBLE_MEMORY = 0.9
"""How much of it lasts from one picture to the next, so that it wanders rather than flickers."""

GRAIN = 2.0
"""Standard deviation, of 255, of the noise on a trembling still."""

KEPT_BYTES = 400_000_000
"""Of decoded pictures that are held in memory: four clips of 6 s at 360 lines, 16:9, or one of 20 s."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a face position is on the canvas, in pixels.

    Attributes
    ----------
    x0, y0, x1, y1
        The corners of the source's whole picture.
    """

    x0: int
    y0: int
    x1: int
    y1: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Canvas and regions of a clip.

    Attributes
    ----------
    width, height
        Of the canvas, both even.
    regions
        From left to right.
    """

    width: int
    height: int
    regions: tuple[Region, ...]


def even(value: float) -> int:
    """Return the nearest even number that is at least 2."""
    return max(2, 2 * round(value / 2))


def layout(recipe: Recipe, sources: Mapping[str, Source], height: int) -> Layout:
    """Return where everything is: pictures as high as the canvas (or its `scale`), side by side, centred, padded."""
    regions, left = [], 0
    for face in recipe.faces:
        width, own = sources[face.parts[0].source].size
        cell = even(height * width / own)
        inner, high = even(cell * recipe.treatment.scale), even(height * recipe.treatment.scale)
        x0, y0 = left + (cell - inner) // 2, (height - high) // 2
        regions.append(Region(x0, y0, x0 + inner, y0 + high))
        left += cell
    return Layout(left, height, tuple(regions))


class Pictures:
    """The pictures of sources, decoded and scaled when first needed; some are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, int], list[Array]] = OrderedDict()

    def of(self, source: Source, width: int, height: int) -> list[Array]:
        """Return every picture of a source: uint8 [height, width, 3], RGB."""
        key = source.name, width, height
        if key not in self._kept:
            self._kept[key] = list(_decode(source, width, height))
            while len(self._kept) > 1 and self._bytes() > KEPT_BYTES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _bytes(self) -> int:
        return sum(image.nbytes for images in self._kept.values() for image in images)


def _decode(source: Source, width: int, height: int) -> Iterator[Array]:
    with VideoReader(source.path) as reader:
        for frame in reader.frames(source.first + len(source.times)):
            if frame.index >= source.first:
                yield cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)


def clock(recipe: Recipe, sources: Mapping[str, Source]) -> Array:
    """Return when each picture is shown, in seconds: float64 [n], rising from 0.

    Unless a rate is asked for, the times are those of the first face that plays, so that its pictures come exactly as
    they were filmed.
    """
    if recipe.treatment.rate is not None:
        return np.arange(np.ceil(recipe.duration * recipe.treatment.rate - 1e-6)) / recipe.treatment.rate
    changes = sorted({part.start for face in recipe.faces for part in face.parts})
    stretches = zip(changes, [*changes[1:], recipe.duration], strict=True)
    times = np.concatenate([_times_between(a, b, recipe.faces, sources) for a, b in stretches])
    return np.asarray(np.maximum(times, 0.0))


def _times_between(start: float, stop: float, faces: Sequence[Face], sources: Mapping[str, Source]) -> Array:
    parts = [part for face in faces for part in face.parts if part.start <= start < part.stop]
    leader = next((part for part in parts if part.motion == "play"), parts[0])
    source = sources[leader.source]
    if leader.motion != "play":
        return start + np.arange(np.ceil((stop - start) / source.interval - 1e-6)) * source.interval
    times = source.times + leader.start - leader.begin
    inside = times[(times > start + 1e-3) & (times < stop - source.interval / 2)]
    return np.concatenate([[start], inside[inside - start > source.interval / 2]])


def shown_at(part: Part, source: Source, time: float) -> int:
    """Return which of a source's pictures a part shows at a time of the composed clip."""
    at = part.begin
    if part.motion == "play":
        at += time - part.start
    elif part.motion == "listen":  # there and back again
        length = part.end - part.begin
        at += length - abs(length - (time - part.start) % (2 * length))
    return int(np.clip(np.searchsorted(source.times, at + 1e-4, "right") - 1, 0, len(source.times) - 1))


def tremble(count: int, random: np.random.Generator) -> Array:
    """Return float64 [count, 4]: shift to the right and down (in heights), zoom and brightness, around zero."""
    drawn = random.standard_normal((count, 4)) * np.sqrt(1 - TREMBLE_MEMORY**2)
    walk = np.zeros((count, 4))
    for index in range(count):
        walk[index] = (TREMBLE_MEMORY * walk[index - 1] if index else 0.0) + drawn[index]
    return np.asarray(walk * (TREMBLE_PIXELS, TREMBLE_PIXELS, TREMBLE_ZOOM, TREMBLE_LIGHT))


def trembling(image: Array, state: Array, random: np.random.Generator) -> Array:
    """Return a still, moved, zoomed, lit and with grain."""
    height, width = image.shape[:2]
    right, down, zoom, light = (float(v) for v in state)
    matrix = np.array(
        [[1 + zoom, 0, right * height - zoom * width / 2], [0, 1 + zoom, down * height - zoom * height / 2]]
    )
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    noisy = moved * (1.0 + light) + GRAIN * random.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), dtype=np.uint8)


def draw(
    recipe: Recipe, sources: Mapping[str, Source], plan: Layout, pictures: Pictures
) -> Iterator[tuple[float, Array]]:
    """Yield the time and the picture, uint8 [height, width, 3], of every frame of a clip."""
    times = clock(recipe, sources)
    random = generator(recipe.seed, "picture")
    walks = [tremble(len(times), random) for _ in recipe.faces]
    for index, time in enumerate(times):
        canvas = np.zeros((plan.height, plan.width, 3), dtype=np.uint8)
        for face, region, walk in zip(recipe.faces, plan.regions, walks, strict=True):
            part = next((part for part in face.parts if time < part.stop - 1e-6), face.parts[-1])
            source = sources[part.source]
            own = pictures.of(source, region.x1 - region.x0, region.y1 - region.y0)
            image = own[shown_at(part, source, float(time))]
            if part.motion == "jitter":
                image = trembling(image, walk[index], random)
            canvas[region.y0 : region.y1, region.x0 : region.x1] = image
        yield float(time), canvas
