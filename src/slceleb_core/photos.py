"""Reference photos: reading them, finding the one face, and telling what is wrong with a photo.

A folder holds ``<person>/*.jpg`` or ``<person>.jpg``. A photo counts when it shows exactly one face, or one that is far
larger than all others: a photo of two people would make one of them the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from slceleb_core.errors import GalleryError, did_you_mean
from slceleb_core.identity import Gallery, template
from slceleb_core.naming import readable
from slceleb_core.perception import crop_faces
from slceleb_core.stages import Detector, Recognizer
from slceleb_core.types import Array, FaceCrops, Faces, Frame, VideoInfo

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})

SMALLEST = 40.0
"""Pixels; below, a recognizer's 112-pixel input is mostly invented (SFace and ArcFace upscale it almost threefold)."""

DOMINANT = 2.0
"""How many times larger than any other face of a photo the person's must be; bystanders in the background are."""

OUTLIER = 0.5
"""Part of the operating point below which a photo does not look like the person's others."""

SAME_PICTURE = 0.995
"""Cosine above which two photos are the same picture, perhaps re-encoded or resized."""


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


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at.

    Attributes
    ----------
    severity
        ``error``: the photo is not used; ``warning``: it is, and should perhaps not be.
    person, path
        Which photo.
    message
        What is wrong and what to do.
    """

    severity: str
    person: str
    path: Path
    message: str


def list_photos(folder: Path) -> dict[str, list[Path]]:
    """Return each person's photo files, in order of name.

    Raises
    ------
    GalleryError
        The folder does not exist, cannot be read, or holds no photo.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise GalleryError(f"cannot read the photo folder {folder}: {error.strerror}", "see --poi-dir") from None
    people: dict[str, list[Path]] = {}
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            people.setdefault(_person(entry.name), []).extend(p for p in sorted(entry.iterdir()) if _is_photo(p))
        elif _is_photo(entry):
            people.setdefault(_person(entry.stem), []).append(entry)
    if not any(people.values()):
        layout = f"put photos into {folder}/<person>/, or name them <person>.jpg"
        raise GalleryError(f"no photo in {folder}", layout)
    for person, photos in people.items():
        if not photos:
            raise GalleryError(f"no photo of {person} in {folder}", "add one, or remove the empty folder")
    return people


def _person(name: str) -> str:
    return unicodedata.normalize("NFC", readable(name)).strip()


def _is_photo(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def read_picture(path: Path) -> Array | None:
    """Return a picture file as uint8 [h, w, 3] RGB, upright by its EXIF entry; None when it cannot be read."""
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError:
        return None
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


def examine(people: Mapping[str, Sequence[Path]], detector: Detector, recognizer: Recognizer) -> Iterator[Photo]:
    """Yield every photo with its face's embedding, or with what is wrong with it."""
    recognizer.start(VideoInfo(Path(), 0, 0, has_audio=False))
    for person, paths in people.items():
        for path in paths:
            yield _examine(person, path, detector, recognizer)


def _examine(person: str, path: Path, detector: Detector, recognizer: Recognizer) -> Photo:
    picture = read_picture(path)
    if picture is None:
        return Photo(person, path, "cannot be read as a picture")
    detector.start(VideoInfo(path, picture.shape[1], picture.shape[0], has_audio=False))
    frame = Frame(0, 0.0, picture)
    faces = detector.detect([frame])[0]
    problem, face = _the_face(faces)
    if face is None:
        return Photo(person, path, problem)
    size = float(face.sizes[0])
    if size < SMALLEST:
        return Photo(
            person, path, f"the face is too small: {size:.0f} pixels, at least {SMALLEST:.0f} are needed", size
        )
    embedding = recognizer.embed(FaceCrops.untracked(crop_faces(frame, face)))[0]
    return Photo(person, path, "", size, embedding)


def _the_face(faces: Faces) -> tuple[str, Faces | None]:
    if not len(faces):
        return "no face found", None
    order = np.argsort(-faces.sizes, kind="stable")
    if len(faces) > 1 and faces.sizes[order[0]] < DOMINANT * faces.sizes[order[1]]:
        return f"{len(faces)} faces found; crop it to one", None
    return "", faces[order[:1]]


def enroll(photos: Iterable[Photo], wanted: Sequence[str] = ()) -> Gallery:
    """Return the gallery of the usable photos.

    Parameters
    ----------
    photos
        As examined.
    wanted
        Names to look for; empty: all. The others still count as other people.

    Raises
    ------
    GalleryError
        A person has no usable photo, or a wanted name is not in the gallery.
    """
    by_person: dict[str, list[Photo]] = {}
    for photo in photos:
        by_person.setdefault(photo.person, []).append(photo)
    templates = []
    for person, taken in by_person.items():
        usable = [photo.embedding for photo in taken if photo.embedding is not None]
        if not usable:
            why = "; ".join(f"{photo.path}: {photo.problem}" for photo in taken)
            raise GalleryError(f"no usable photo of {person}: {why}", "see `slceleb poi check`")
        templates.append(template(np.stack(usable)))
    return Gallery(tuple(by_person), np.stack(templates), wanted_among(wanted, by_person))


def wanted_among(names: Sequence[str], known: Iterable[str]) -> frozenset[str]:
    """Return the persons to look for: those of these names, or all that are known where no name is given.

    Raises
    ------
    GalleryError
        A name is not known.
    """
    people = set(known)
    for name in names:
        if _person(name) not in people:
            raise GalleryError(f"--poi {name}: no such person in the gallery", did_you_mean(name, people))
    return frozenset(_person(name) for name in names) or frozenset(people)


def audit(photos: Sequence[Photo], threshold: float) -> list[Finding]:
    """Return what a person should look at: unusable photos, copies, and photos that do not look like the others."""
    findings = [Finding("error", p.person, p.path, p.problem) for p in photos if p.problem]
    usable = [photo for photo in photos if photo.embedding is not None]
    if not usable:
        return findings
    vectors = np.stack([photo.embedding for photo in usable if photo.embedding is not None])
    cosines = vectors @ vectors.T
    for i, photo in enumerate(usable):
        findings.extend(_copies(i, usable, cosines))
        findings.extend(_strangers(i, photo, usable, cosines, threshold))
    return findings


def _copies(i: int, usable: Sequence[Photo], cosines: Array) -> Iterator[Finding]:
    for j in range(i):
        if cosines[i, j] >= SAME_PICTURE:
            one, other = usable[i], usable[j]
            same = one.person == other.person
            message = f"is the same picture as {other.path}" + (
                "" if same else f", which is said to show {other.person}"
            )
            yield Finding("warning" if same else "error", one.person, one.path, message)


def _strangers(i: int, photo: Photo, usable: Sequence[Photo], cosines: Array, threshold: float) -> Iterator[Finding]:
    own = [j for j, other in enumerate(usable) if other.person == photo.person and j != i]
    others = [j for j, other in enumerate(usable) if other.person != photo.person]
    nearest = max(others, key=lambda j: cosines[i, j], default=None)
    looks_like = float(np.mean(cosines[i, own])) if own else None
    if looks_like is not None and looks_like < OUTLIER * threshold:
        text = f"does not look like the other photos of {photo.person}: mean similarity {looks_like:.2f}"
        yield Finding("warning", photo.person, photo.path, text)
    if nearest is not None and cosines[i, nearest] >= threshold and cosines[i, nearest] < SAME_PICTURE:
        text = f"looks like {usable[nearest].path} of {usable[nearest].person}: similarity {cosines[i, nearest]:.2f}"
        yield Finding("warning", photo.person, photo.path, text)
