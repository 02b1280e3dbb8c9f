"""Photos that a gallery has grown by: faces out of videos, each with where it comes from.

::

    GALLERY_DIR/<person>/grown/<segment>.png
    GALLERY_DIR/<person>/grown/grown.json      of which segment each is, who has accepted that, and how alike it was
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slceleb_core.disk.atomic import write_durably
from slceleb_core.errors import GalleryError
from slceleb_core.pages.wording import counted
from slceleb_core.perception.photos.listing import person_of

FOLDER = "grown"
"""In a person's folder."""

SIDECAR = "grown.json"

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a grown photo comes from.

    Attributes
    ----------
    segment, recording, fingerprint
        Of which segment it is, and of which video: its name and its hash.
    start, end, time
        PTS seconds of the segment, and of the picture.
    accepted_by, accepted
        Who has accepted the segment, and when; may be empty.
    model
        The recognizer, and sha256 of its model.
    similarity, limit
        To the person's own photos, and what it had to reach.
    grown
        When it was taken.
    """

    segment: str
    recording: str
    fingerprint: str
    start: float
    end: float
    time: float
    accepted_by: str
    accepted: str
    model: str
    similarity: float
    limit: float
    grown: str


@dataclass(frozen=True, slots=True)
class GrownPhoto:
    """A photo that a gallery has grown by."""

    person: str
    path: Path
    origin: Origin


def grown_in(gallery_dir: Path) -> list[GrownPhoto]:
    """Return the photos that a gallery has grown by, in order of person and file.

    Raises
    ------
    GalleryError
        What is said of them cannot be read.
    """
    found: list[GrownPhoto] = []
    for sidecar in sorted(gallery_dir.glob(f"*/{FOLDER}/{SIDECAR}")):
        person = person_of(sidecar.parent.parent.name)
        found += [GrownPhoto(person, sidecar.parent / name, origin) for name, origin in _stated(sidecar).items()]
    return [photo for photo in found if photo.path.is_file()]


def _stated(sidecar: Path) -> dict[str, Origin]:
    try:
        stated = json.loads(sidecar.read_text(encoding="utf-8"))
        if stated["format"] != FORMAT:
            raise ValueError(f"format {stated['format']!r}")
        return {str(name): Origin(**origin) for name, origin in sorted(stated["photos"].items())}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "delete the folder: `slceleb poi grow` makes it again"
        raise GalleryError(f"{sidecar} does not say where grown photos come from: {error}", hint) from None


def is_grown(path: Path) -> bool:
    """Tell whether a photo lies where grown ones do."""
    return path.parent.name == FOLDER and (path.parent / SIDECAR).is_file()


def add(folder: Path, name: str, content: bytes, origin: Origin) -> Path:
    """Write a photo into a person's folder, with where it comes from, and return where it is.

    What is said of it is there first: one of which nothing is known would be taken for somebody's own photo.

    Raises
    ------
    OutputError, OSError
        It cannot be written.
    """
    sidecar = folder / FOLDER / SIDECAR
    sidecar.parent.mkdir(parents=True, exist_ok=True)
    _write(sidecar, {**_stated(sidecar), name: origin})
    path = sidecar.parent / name
    write_durably(path, content)
    return path


def forget(gallery_dir: Path, going: Callable[[GrownPhoto], bool]) -> list[GrownPhoto]:
    """Delete those grown photos that are to go, and what is said of them; return which.

    Raises
    ------
    GalleryError
        What is said of them cannot be read.
    OSError
        One cannot be deleted.
    """
    gone = [photo for photo in grown_in(gallery_dir) if going(photo)]
    for sidecar in {photo.path.parent / SIDECAR for photo in gone}:
        names = {photo.path.name for photo in gone if photo.path.parent == sidecar.parent}
        for name in names:
            (sidecar.parent / name).unlink(missing_ok=True)
        left = {name: origin for name, origin in _stated(sidecar).items() if name not in names}
        if left:
            _write(sidecar, left)
        else:
            sidecar.unlink(missing_ok=True)
            if not any(sidecar.parent.iterdir()):
                sidecar.parent.rmdir()
    return gone


def _write(sidecar: Path, photos: Mapping[str, Origin]) -> None:
    stated: dict[str, Any] = {"format": FORMAT, "photos": {name: asdict(origin) for name, origin in photos.items()}}
    write_durably(sidecar, (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode())


def told(people: Iterable[tuple[str, Path]]) -> Iterator[str]:
    """Yield what is said of a gallery that has grown: one line, or none.

    Parameters
    ----------
    people
        Photos in use, with their persons.
    """
    counts = Counter(person for person, path in people if is_grown(path))
    if counts:
        of_each = ", ".join(f"{person} {count}" for person, count in sorted(counts.items()))
        total = counted(sum(counts.values()), "photo")
        yield f"{total} of this gallery grown from accepted segments (`slceleb poi grow`): {of_each}"
