"""Clips that are not composed: what is accepted of whom; and of the same clip in many encodings."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from cases import detected, detection, told
from figures import NONE, table
from scores import Configuration, results_of
from seconds import elsewhere

from slceleb_core.evaluation.compose.stretches import Stretch, merged, moved, shared, total
from slceleb_core.evaluation.compose.writing import Format, lossy, write_clip
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.video import VideoReader
from slceleb_core.results import FrameResult, Segment
from slceleb_core.types import Array

SCALES = (1.5, 1.0, 0.7, 0.5)
"""Of the clip's size."""

QUALITIES: tuple[tuple[int, float | None], ...] = ((18, None), (30, None), (23, 30000 / 1001), (35, 15.0))
"""Constant rate factor of x264, and frames a second; None for those of the clip."""

TALKER = "web_a"
"""The one talker who is encoded anew beside the clips of several people."""


@dataclass(frozen=True)
class Person:
    """Somebody in a clip, by where and when the face is.

    Attributes
    ----------
    name
        Who.
    left, right
        Where, as shares of the picture's width.
    shown
        When, in PTS seconds.
    speaks
        When that one speaks; None where nobody has written it down.
    """

    name: str
    left: float = 0.0
    right: float = 1.0
    shown: Stretch = (0.0, np.inf)
    speaks: tuple[Stretch, ...] | None = None


@dataclass(frozen=True)
class Clip:
    """A clip with its people.

    Attributes
    ----------
    name
        Of it, and how it is encoded.
    path
        The file.
    people
        Who is in it.
    """

    name: str
    path: Path
    people: tuple[Person, ...]


LEFT, RIGHT = Person("left", 0.0, 0.5), Person("right", 0.5, 1.0)

PEOPLE: Mapping[str, tuple[Person, ...]] = {
    "obama_biden": (
        Person("Biden", 0.0, 0.5, speaks=()),
        Person("Obama", 0.5, 1.0, speaks=((1.0, 1.6), (2.1, 3.7), (4.3, 5.4), (5.7, 7.5), (8.0, 8.7))),
    ),
    "hamilton": (
        Person("Miranda, far", shown=(0.0, 1.5), speaks=((0.85, 1.5),)),
        Person("Lacamoire", shown=(1.5, 3.5), speaks=()),
        Person("Miranda", shown=(3.5, 7.7), speaks=((3.5, 7.7),)),
        Person("the audience", shown=(7.7, np.inf), speaks=()),
    ),
    "two_interview": (LEFT, RIGHT),
    "two_a": (LEFT, RIGHT),
    "two_b": (LEFT, RIGHT),
    TALKER: (Person("talker"),),
}
"""Who is in which clip; the times are those that were written down with the clips."""

HIDDEN = "hamilton"
"""A performer behind a microphone."""

ENCODED = (TALKER, "obama_biden", "hamilton")
"""What is encoded anew."""


@dataclass(frozen=True)
class Heard:
    """What is accepted of one person of a clip.

    Attributes
    ----------
    clip
        The clip's name.
    person
        Who.
    seen
        Seconds in which a face is found there.
    accepted
        The segments, without padding.
    """

    clip: str
    person: Person
    seen: float
    accepted: tuple[Stretch, ...]

    @property
    def taken(self) -> float:
        """Seconds accepted."""
        return total(self.accepted)


@dataclass(frozen=True)
class Footage:
    """What was accepted of everybody.

    Attributes
    ----------
    clips
        As they are.
    encodings
        Encoded anew: the clip's name, a bar, and how.
    """

    clips: list[Heard]
    encodings: list[Heard]

    @property
    def found(self) -> float:
        """The share of speech that is accepted, of those people of whom it is known when they speak; NaN of none.

        Whose lips are hidden is shown, and not counted: what is found of him is chance.
        """
        known = [(row.person.speaks, row.accepted) for row in self.clips if row.person.speaks and row.clip != HIDDEN]
        spoken = sum(total(speaks) for speaks, _ in known)
        return sum(total(shared(*pair)) for pair in known) / spoken if spoken else np.nan

    def silent(self, rows: Sequence[Heard]) -> float:
        """Return the seconds accepted of people who are known to be silent; NaN where there is nobody."""
        return sum(row.taken for row in rows if row.person.speaks == ()) if rows else np.nan

    def spread(self, clip: str) -> float:
        """Return how far the seconds accepted of a clip lie apart over its encodings, as a share of the most."""
        seconds: dict[str, float] = {}
        for row in self.encodings:
            if row.clip.startswith(f"{clip}|"):
                seconds[row.clip] = seconds.get(row.clip, 0.0) + row.taken
        most = max(seconds.values(), default=0.0)
        return (most - min(seconds.values())) / most if most else np.nan


def footage(options: argparse.Namespace, work: Path, configuration: Configuration) -> Footage:
    """Encode, detect and score, as far as that has not been done."""
    clips = list(found_clips(options.clips))
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        wanted = options.compare == "options" and not options.quick  # stages side by side have no table of encodings
        again = encodings(clips, work / "encoded", pool) if wanted else []
        every = [*(clip for clip in clips if clip.name != TALKER), *again]
        videos = {clip.name: clip.path for clip in every}
        faces = detected(videos, options.economy, work / "faces" / detection(options.economy), pool)
        told(f"scoring {len(every)} clips that are not composed")
        run = partial(heard, configuration=configuration)
        rows = [row for found in pool.map(run, every, faces.values()) for row in found]
    return Footage([row for row in rows if "|" not in row.clip], [row for row in rows if "|" in row.clip])


def found_clips(folders: Sequence[Path]) -> Iterator[Clip]:
    """Yield those of the clips that are there."""
    for name, people in PEOPLE.items():
        for path in itertools.chain.from_iterable(folder.glob(f"{name}.*") for folder in folders):
            yield Clip(name, path, people)


def encodings(clips: Sequence[Clip], folder: Path, pool: ProcessPoolExecutor) -> list[Clip]:
    """Return every clip that is encoded anew, in every way; what is in the folder already is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (clip, scale, crf, rate, folder / f"{clip.name}-{scale:g}-{crf}-{rate or 0:.3g}.mp4")
        for clip in clips
        if clip.name in ENCODED
        for scale in SCALES
        for crf, rate in QUALITIES
    ]
    return list(pool.map(encoded, jobs))


def encoded(job: tuple[Clip, float, int, float | None, Path]) -> Clip:
    """Encode a clip anew, from where there are both picture and sound."""
    clip, scale, crf, rate, target = job
    sound = AudioTrack.decode(clip.path)
    if sound is None:
        raise ValueError(f"{clip.path}: no sound")
    with sound, VideoReader(clip.path) as reader:
        pictures = [(frame.time, frame.image) for frame in reader.frames()]
        start = max(pictures[0][0], sound.start)
        if not target.exists():
            shown = ((time - start, scaled(image, scale)) for time, image in pictures if time >= start - 1e-6)
            write_clip(target, at_rate(list(shown), rate), sound.span(start, sound.end).samples, quality(crf))
    manner = f"{scale:g} x, crf {crf}, {f'{rate:.4g} fps' if rate else 'as filmed'}"
    return Clip(f"{clip.name}|{manner}", target, tuple(earlier(person, start) for person in clip.people))


def earlier(person: Person, by: float) -> Person:
    """Return a person of a clip that begins later."""
    speaks = None if person.speaks is None else moved(person.speaks, -by)
    return replace(person, shown=(person.shown[0] - by, person.shown[1] - by), speaks=speaks)


def scaled(image: Array, scale: float) -> Array:
    """Return a picture in another size, its sides even."""
    height, width = (max(2, 2 * round(side * scale / 2)) for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def at_rate(pictures: list[tuple[float, Array]], rate: float | None) -> Iterator[tuple[float, Array]]:
    """Yield the picture that is shown at each moment of another rate."""
    if rate is None:
        yield from pictures
        return
    times = np.array([time for time, _ in pictures])
    for moment in np.arange(times[0], times[-1], 1 / rate):
        yield float(moment), pictures[int(np.searchsorted(times, moment + 1e-6, "right")) - 1][1]


def quality(crf: int) -> Format:
    """Return H.264 of a constant quality, where the encoder has that."""
    form = lossy()
    return replace(form, options={**form.options, "crf": str(crf)}) if "crf" in form.options else form


def heard(clip: Clip, faces: Path, *, configuration: Configuration) -> list[Heard]:
    """Return what is accepted of each person."""
    results = results_of(clip.path, faces, [configuration])
    frames = [result for result in results if isinstance(result, FrameResult)]
    segments = [result for result in results if isinstance(result, Segment)]
    with VideoReader(clip.path) as reader:
        width = reader.info.width
    step = float(np.median(np.diff([frame.time for frame in frames])))
    by_index = {frame.index: frame for frame in frames}
    found = []
    for person in clip.people:
        seen = step * sum(any(is_of(person, frame, face.box, width) for face in frame.faces) for frame in frames)
        own = []
        for segment in segments:
            middle = by_index[(segment.first_frame + segment.last_frame) // 2]
            if any(face.track == segment.track and is_of(person, middle, face.box, width) for face in middle.faces):
                own.append((by_index[segment.first_frame].time, by_index[segment.last_frame].time + step))
        found.append(Heard(clip.name, person, seen, merged(own)))
    return found


def is_of(person: Person, frame: FrameResult, box: tuple[float, float, float, float], width: int) -> bool:
    """Tell whether a face is that of a person, by place and time."""
    middle = (box[0] + box[2]) / 2 / width
    return person.left <= middle < person.right and person.shown[0] <= frame.time < person.shown[1]


def real_clips(f: Footage) -> str:
    """Return what is accepted of whom."""
    rows = []
    for row in f.clips:
        speaks = row.person.speaks
        rows.append(
            [
                f"`{row.clip}`",
                row.person.name,
                f"{row.seen:.1f}",
                f"{row.taken:.1f}",
                NONE if speaks is None else f"{total(speaks):.1f}",
                NONE if speaks is None else f"{total(shared(speaks, row.accepted)):.1f}",
                NONE if speaks is None else f"{elsewhere(speaks, row.accepted):.1f}",
            ]
        )
    head = ["clip", "who", "s seen", "s accepted", "s of speech", "found", "accepted elsewhere"]
    return "Clips that are not composed, in seconds; who speaks when is known of two only:\n\n" + table(head, rows)


def encoding_table(f: Footage) -> str:
    """Return the seconds accepted of everybody in every encoding, and how far they lie apart."""
    if not f.encodings:
        return "No encodings."
    columns = list(dict.fromkeys((row.clip.split("|")[0], row.person.name) for row in f.encodings))
    manners = list(dict.fromkeys(row.clip.split("|")[1] for row in f.encodings))
    seconds = {(*row.clip.split("|"), row.person.name): row.taken for row in f.encodings}
    values = np.array([[seconds[clip, manner, name] for clip, name in columns] for manner in manners])
    rows = [[manner, *(f"{v:.1f}" for v in line)] for manner, line in zip(manners, values, strict=True)]
    most = values.max(axis=0)
    spread = [f"{100 * (m - low) / m:.0f} %" if m else NONE for m, low in zip(most, values.min(axis=0), strict=True)]
    rows.append(["**largest to least**", *spread])
    head = [f"{len(manners)} encodings", *(f"{name} (`{clip}`)" for clip, name in columns)]
    return "Seconds accepted of the same clips in many encodings:\n\n" + table(head, rows)
