"""Looking at photos: the one face of each, or what is wrong with it.

A photo counts when it shows exactly one face, or one that is far larger than all others: a photo of two people would
make one of them the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slceleb_core.decision.operating import Known
from slceleb_core.errors import VideoError, one_line
from slceleb_core.media.generated import credited_to_model
from slceleb_core.perception.photos.reading import Picture, PictureError, read_picture
from slceleb_core.perception.steps import crop_faces
from slceleb_core.stages import Detector, Recognizer
from slceleb_core.types import Array, FaceCrops, Faces, Frame, VideoInfo

SMALLEST = 40.0
"""Pixels; below, a recognizer's 112-pixel input is mostly invented (SFace and ArcFace upscale it almost threefold)."""

DOMINANT = 2.0
"""How many times larger than any other face of a photo the person's must be; bystanders in the background are."""

UNREADABLE = "cannot be read: "
"""What the problem of a photo begins with that no model has seen."""

GENERATED = "a trained model made it: "
"""What the problem of a photo begins with that shows nobody who was there."""

NOT_RECOGNISED = "the recognizer can tell nothing of the face"


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One examined photo.

    Attributes
    ----------
    person
        Whom it is said to show.
    path
        The file.
    problem
        Why it cannot be used; empty when it can.
    size
        The face's size in pixels; 0 when there is none.
    embedding
        float32 [dim]; None when it cannot be used.
    """

    person: str
    path: Path
    problem: str = ""
    size: float = 0.0
    embedding: Array | None = None


Stages = Callable[[], tuple[Detector, Recognizer]]
"""Returns the open stages; asked when the first photo is there to be looked at."""

Seen = Callable[[int, int], None]
"""Told how many photos are done, and of how many; it must return quickly."""


def known_of(recognizer: Recognizer) -> Known:
    """Return what a recognizer, open, knows of its operating point."""
    return Known(recognizer.threshold, recognizer.model_hash, recognizer.calibration)


def unseen(done: int, photos: int) -> None:
    """Tell nobody."""


class Examiner:
    """Looks at photos, one after another.

    Parameters
    ----------
    stages
        What looks at them.
    """

    def __init__(self, stages: Stages) -> None:
        self._ask = stages
        self._stages: tuple[Detector, Recognizer] | None = None

    def look(self, person: str, path: Path) -> Photo:
        """Return a photo with its face's embedding, or with what is wrong with it."""
        try:
            picture = read_picture(path)
            credited = credited_to_model(path)
        except PictureError as error:
            return Photo(person, path, f"{UNREADABLE}{error}")
        except OSError as error:
            return Photo(person, path, f"{UNREADABLE}{error.strerror or one_line(error)}")
        if credited is not None:
            return Photo(person, path, f"{GENERATED}{credited}")
        try:
            return self._seen(person, path, picture)
        except VideoError as error:  # what a stage says of pictures that it cannot take; of a video that is all of it
            return Photo(person, path, f"{error.message}{_looked_at(picture)}")

    def _seen(self, person: str, path: Path, picture: Picture) -> Photo:
        detector, recognizer = self._opened()
        height, width = picture.pixels.shape[:2]
        detector.start(VideoInfo(path, width, height, has_audio=False))
        frame = Frame(0, 0.0, picture.pixels)
        problem, face = _the_face(detector.detect([frame])[0] or Faces.empty())
        if face is None:
            return Photo(person, path, f"{problem}{_looked_at(picture)}")
        size = float(face.sizes[0])
        if not size >= SMALLEST:
            small = f"the face is too small: {size:.0f} pixels, at least {SMALLEST:.0f} are needed"
            return Photo(person, path, f"{small}{_looked_at(picture)}", size)
        embedding = recognizer.embed(FaceCrops.untracked(crop_faces(frame, face, recognizer)))[0]
        if not np.isfinite(embedding).all():
            return Photo(person, path, f"{NOT_RECOGNISED}{_looked_at(picture)}", size)
        return Photo(person, path, "", size, embedding)

    @property
    def known(self) -> Known:
        """What the recognizer knows of its operating point."""
        return known_of(self._opened()[1])

    def _opened(self) -> tuple[Detector, Recognizer]:
        if self._stages is None:
            self._stages = self._ask()
            self._stages[1].start(VideoInfo(Path(), 0, 0, has_audio=False))
        return self._stages


def examine(
    people: Mapping[str, Sequence[Path]], detector: Detector, recognizer: Recognizer, seen: Seen = unseen
) -> Iterator[Photo]:
    """Yield every photo with its face's embedding, or with what is wrong with it.

    Parameters
    ----------
    people
        The photos.
    detector, recognizer
        Open.
    seen
        Told of each photo that is done.
    """
    examiner = Examiner(lambda: (detector, recognizer))
    files = [(person, path) for person, paths in people.items() for path in paths]
    for done, (person, path) in enumerate(files, start=1):
        photo = examiner.look(person, path)
        seen(done, len(files))
        yield photo


def _the_face(faces: Faces) -> tuple[str, Faces | None]:
    if not len(faces):
        return "no face found", None
    order = np.argsort(-faces.sizes, kind="stable")
    if len(faces) > 1 and not faces.sizes[order[0]] >= DOMINANT * faces.sizes[order[1]]:
        return f"{len(faces)} faces found; crop it to one", None
    return "", faces[order[:1]]


def _looked_at(picture: Picture) -> str:
    """Return at what size a photo was looked at, where that is not its own."""
    height, width = picture.pixels.shape[:2]
    return "" if picture.part == 1 else f" (looked at in {width} x {height} pixels, 1/{picture.part} of its width)"
