"""What recognizers make of the same faces, beside each other: how alike people are, who gets a name, and at what cost.

    python scripts/accuracy/recognizers.py sface buffalo_s

prints Markdown: of photos the parts of a calibration, and of galleries drawn from them how many strangers get a name
and how many right people do not; of clips how alike their faces are to photos and to each other; and the processor time
that a face takes on one thread, by turns. Model folders and accepted terms are those of any run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from figures import table

from slceleb_core.decision.identity import Gallery, Vote, decide
from slceleb_core.decision.operating import FixedPoint, OperatingPoint, RatedPoint
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.photos import enroll
from slceleb_core.perception.photos.enrolling import embeddings_of
from slceleb_core.perception.photos.examining import Photo
from slceleb_core.perception.photos.measuring import measure
from slceleb_core.perception.steps import crop_faces
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import bind, load_profile
from slceleb_core.registry import Registry
from slceleb_core.settings import load_settings
from slceleb_core.types import Array, FaceCrops

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"

PHOTOS, LOOKS, DRAWS = 3, 8, 30
"""Photos of a template, looks of a track, and how often either is drawn."""

GALLERY = 5
"""People for whom the point is asked for, though fewer are at hand."""

STEP = 0.5
"""Seconds between the frames of a clip that are looked at."""

ROUNDS, FACES = 7, 60
"""Times that each recognizer embeds the same faces, by turns, of which the median counts; and how many these are."""


@dataclass(frozen=True)
class Shown:
    """Somebody in a clip, by where and when the face is.

    Attributes
    ----------
    name
        Who: as the folder of photos is called, where there is one.
    clip
        In the folder of media.
    left, right
        Where the middle of the face is, as shares of the picture's width.
    begin, end
        When, in PTS seconds.
    """

    name: str
    clip: str
    left: float = 0.0
    right: float = 1.0
    begin: float = 0.0
    end: float = np.inf


PEOPLE = (
    Shown("obama", "clips/obama_biden.mp4", left=0.5),
    Shown("biden", "clips/obama_biden.mp4", right=0.5),
    Shown("lin_manuel_miranda", "clips/hamilton.mp4", begin=3.6, end=7.6),
    Shown("obama", "web/web_late.mp4"),
    *(Shown(name, f"clips/{name}.mp4") for name in ("talker_a", "talker_b")),
    *(Shown(name, f"clips/grid_{name}.mpg") for name in ("bbaf2n", "lbax4n", "lrwp9a", "pwij3p", "swiz3n")),
    *(Shown(name, f"web/{name}.mp4") for name in ("web_b", "web_c", "web_d")),
    Shown("two_interview left", "web/two_interview.mp4", right=0.5),
    Shown("two_interview right", "web/two_interview.mp4", left=0.5),
)
"""Who is seen in the clips; some have photos in ``poi``. Left out are ``grid_s2`` and ``web_a``, who are ``pwij3p`` and
``talker_b`` once more (tracks alike by .96 and .97)."""


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="as of embed.options.model")
    parser.add_argument("--faces", type=Path, default=MEDIA / "faces", help="holds <person>/*.jpg, several of each")
    parser.add_argument("--poi", type=Path, default=MEDIA / "poi", help="photos of people of the clips")
    return parser.parse_args()


def opened(stack: ExitStack, model: str) -> Pipeline:
    """Return a pipeline with a recognizer, on one thread."""
    registry = Registry.discover()
    bound = bind(load_profile("default", [f"embed.options.model={model}"]), registry)
    return stack.enter_context(Pipeline(bound, registry, replace(load_settings().stage_context(), threads=1)))


# ---------------------------------------------------------------- photos


def parts(pipelines: Mapping[str, Pipeline], photos: Mapping[str, Sequence[Photo]]) -> str:
    """Return the parts of a calibration made of photos."""
    rows = []
    for model, pipeline in pipelines.items():
        found = measure(photos[model], pipeline.known, "photos")
        of = found.calibration
        spread = [f"{of.pair:.3f}", f"{of.look:.3f}", f"{of.residual:.3f}"]
        rows.append([model, f"{of.genuine:.3f}", f"{of.strangers:.3f}", *spread])
        kept = pipeline.known.calibration
        if kept is not None:
            spread = [f"{kept.pair:.3f}", f"{kept.look:.3f}", f"{kept.residual:.3f}"]
            rows.append([f"{model}, shipped", f"{kept.genuine:.3f}", f"{kept.strangers:.3f}", *spread])
    names = ["recognizer", "one person, mean", "two people, mean", "from pair to pair", "picture to picture", "rest"]
    return table(names, rows)


def voted(gallery: Gallery, looks: Array) -> Vote:
    """Return the vote of a track of these looks, all of the same quality."""
    ballot, total = Vote(), np.zeros(looks.shape[1])
    for look in looks.astype(np.float64):
        growth = np.array([look @ look + 2 * (look @ total)])
        total = total + look
        ballot.add(gallery.similarities(look[None].astype(np.float32)), np.ones(1, np.float32), growth)
    return ballot


def gallery_of(people: Mapping[str, Array], chosen: Mapping[str, Array], without: str = "") -> Gallery:
    """Return the gallery of the chosen rows of people's embeddings, somebody left out."""
    return enroll(
        [
            Photo(name, Path(f"{name}-{row}.jpg"), embedding=people[name][row])
            for name, rows in chosen.items()
            if name != without
            for row in rows
        ]
    )


def rates(pipeline: Pipeline, people: Mapping[str, Array], photos: int, *, published: bool) -> Iterator[float]:
    """Yield which parts of strangers get a name, and which of the right people do not; by picture and by track each."""
    random, margin = np.random.default_rng(0), pipeline.bound.profile.identity.margin

    def point(gallery: Gallery) -> OperatingPoint:
        stated = pipeline.point(gallery.made_of)
        if published or not isinstance(stated, RatedPoint):
            return FixedPoint(pipeline.recognizer.threshold)
        return replace(stated, persons=GALLERY)

    tried: dict[str, list[bool]] = {kind: [] for kind in ("stranger", "strange track", "missed", "missed track")}
    for _ in range(DRAWS):
        orders = {name: random.permutation(len(rows)) for name, rows in people.items()}
        chosen = {name: order[:photos] for name, order in orders.items()}
        everybody = gallery_of(people, chosen)
        for name, order in orders.items():
            looks, others = people[name][order[photos:]], gallery_of(people, chosen, without=name)
            for one in looks:
                tried["stranger"].append(
                    decide(voted(others, one[None]), others, point(others), margin).person is not None
                )
                tried["missed"].append(
                    decide(voted(everybody, one[None]), everybody, point(everybody), margin).person != name
                )
            track = looks[:LOOKS]
            tried["strange track"].append(
                decide(voted(others, track), others, point(others), margin).person is not None
            )
            tried["missed track"].append(
                decide(voted(everybody, track), everybody, point(everybody), margin).person != name
            )
    yield from (float(np.mean(outcomes)) for outcomes in tried.values())


def trials(pipelines: Mapping[str, Pipeline], photos: Mapping[str, Sequence[Photo]]) -> str:
    """Return what strangers and right people get at the published point and at the profile's rate."""
    rows = []
    for model, pipeline in pipelines.items():
        people = embeddings_of(photos[model])
        for published, count in ((True, PHOTOS), (False, PHOTOS), (False, 1)):
            shares = [f"{100 * share:.1f} %" for share in rates(pipeline, people, count, published=published)]
            point = f"published ({pipeline.recognizer.threshold:g})" if published else "fpir .001, gallery of five"
            rows.append([model, point, str(count), *shares])
    names = [
        "recognizer",
        "point",
        "photos each",
        "strangers named, by picture",
        "by track of eight",
        "right people missed, by picture",
        "by track of eight",
    ]
    return table(names, rows)


# ---------------------------------------------------------------- clips


def crops_of(pipeline: Pipeline, shown: Shown) -> Array:
    """Return the aligned faces of somebody in a clip, some of them, uint8 [n, 112, 112, 3]."""
    found, due = [], -np.inf
    with VideoReader(MEDIA / shown.clip) as reader:
        pipeline.detector.start(reader.info)
        for frame in reader.frames():
            if frame.time < max(due, shown.begin) or frame.time > shown.end:
                continue
            due = frame.time + STEP
            (faces,) = pipeline.detector.detect([frame])
            middle = faces.boxes[:, [0, 2]].mean(axis=1) / frame.width
            here = np.flatnonzero((middle >= shown.left) & (middle < shown.right))
            if len(here):
                areas = np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
                found.append(crop_faces(frame, faces, pipeline.recognizer)[here[np.argmax(areas[here])]])
    return np.array(found)


def unit(rows: Array) -> Array:
    """Return the mean of rows as a row of unit length."""
    mean = rows.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def summed(values: Sequence[float] | Array) -> list[str]:
    """Return mean, deviation, least and most of similarities."""
    given = np.asarray(values)
    return [f"{value:.3f}" for value in (given.mean(), given.std(), given.min(), given.max())]


def clips(pipelines: Mapping[str, Pipeline], crops: Mapping[Shown, Array], poi: Path) -> str:
    """Return how alike faces of clips are to photos of the same person and of others, and tracks to each other."""
    rows = []
    for model, pipeline in pipelines.items():
        photos = {name: unit(found) for name, found in embeddings_of(pipeline.examine(poi)).items()}
        looks = {shown: pipeline.recognizer.embed(FaceCrops.untracked(images)) for shown, images in crops.items()}
        genuine = [looks[shown] @ photos[shown.name] for shown in looks if shown.name in photos]
        strange = [looks[shown] @ row for shown in looks for name, row in photos.items() if name != shown.name]
        tracks = {shown: unit(found) for shown, found in looks.items()}
        pairs = [float(tracks[a] @ tracks[b]) for a, b in combinations(tracks, 2) if a.name != b.name]
        rows.append([model, "a face and the photos of the same person", *summed(np.concatenate(genuine))])
        rows.append([model, "a face and the photos of another", *summed(np.concatenate(strange))])
        rows.append([model, f"tracks of two people ({len(pairs)} pairs)", *summed(pairs)])
    return table(["recognizer", "similarity of", "mean", "deviation", "least", "most"], rows)


def costs(pipelines: Mapping[str, Pipeline], images: Array) -> str:
    """Return the processor time of a face, by turns."""
    spent: dict[str, list[float]] = {model: [] for model in pipelines}
    given = FaceCrops.untracked(images[:: max(len(images) // FACES, 1)])
    for _ in range(ROUNDS):
        for model, pipeline in pipelines.items():
            begin = time.process_time()
            pipeline.recognizer.embed(given)
            spent[model].append(1000 * (time.process_time() - begin) / len(given))
    middle = {model: float(np.median(rounds)) for model, rounds in spent.items()}
    first = next(iter(middle.values()))
    rows = [[model, f"{value:.1f}", f"{value / first:.2f}"] for model, value in middle.items()]
    return table(["recognizer", "processor ms a face, one thread", "times the first"], rows)


def main() -> None:
    """Measure, and print."""
    given = arguments()
    with ExitStack() as stack:
        pipelines = {model: opened(stack, model) for model in given.models}
        photos = {model: pipeline.examine(given.faces) for model, pipeline in pipelines.items()}
        print(parts(pipelines, photos), trials(pipelines, photos), sep="\n\n", end="\n\n", flush=True)
        seeing = next(iter(pipelines.values()))
        crops = {shown: found for shown in PEOPLE if len(found := crops_of(seeing, shown))}
        print(clips(pipelines, crops, given.poi), costs(pipelines, np.concatenate(list(crops.values()))), sep="\n\n")


if __name__ == "__main__":
    main()
