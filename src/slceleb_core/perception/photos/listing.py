"""Which photos a folder holds, of whom, and what else lies there."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slceleb_core.disk.naming import readable
from slceleb_core.errors import GalleryError
from slceleb_core.pages.wording import counted
from slceleb_core.perception.photos.heif import INSTALL, installed
from slceleb_core.perception.photos.kinds import HEIC, READ, kind_of
from slceleb_core.perception.photos.leftovers import beside, left_over
from slceleb_core.perception.photos.reading import PictureError, head_of

HEIC_SUFFIXES = frozenset({".heic", ".heif", ".hif"})

SUFFIXES = HEIC_SUFFIXES | {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".pjpeg", ".pjp", ".mpo", ".jp2"),
    *(".png", ".apng", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".avif"),
}
"""What photos are called. A file of another name is opened to see what it is; that would take long for all of them."""

DEEPEST = 10
"""Levels of subfolders of a person's that are looked through: more is a mistake, such as the root of a disk."""

EXAMPLES = 3
"""Files that are named of those that share a reason."""

NO_PICTURE = "not a picture"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or a folder that is not looked at.

    Attributes
    ----------
    path
        Where it is.
    reason
        In a few words; empty for what systems leave behind.
    """

    path: Path
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why there is no photo of a person.

    Attributes
    ----------
    reason
        In a few words.
    meant
        Whether there is a file that somebody put there, as a photo perhaps.
    """

    reason: str
    meant: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder of photos holds.

    Attributes
    ----------
    folder
        The folder.
    people
        Photos by person; of each at least one.
    unread
        Files that somebody put there as photos, perhaps, and that cannot be read.
    aside
        What systems left there, and what may not be opened.
    without
        Why there is no photo of a person who has a folder.
    """

    folder: Path
    people: Mapping[str, Sequence[Path]]
    unread: Sequence[LeftOut] = ()
    aside: Sequence[LeftOut] = ()
    without: Mapping[str, Lacking] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """Return what is to be said of files that were perhaps meant to be used: one line, or none."""
        return [not_read(self.unread)] if self.unread else []

    def notes(self) -> list[str]:
        """Return what else is to be said, in a line a kind."""
        empty = [person for person, lacking in self.without.items() if lacking.reason == EMPTY]
        said = [f"left out of the photos: {_aside(self.aside)}"] if self.aside else []
        return said + ([f"no photo of {_some(empty)} in {self.folder}: {EMPTY}"] if empty else [])

    def demand(self, wanted: Iterable[str]) -> None:
        """Raise where there is no photo of somebody who is looked for.

        Parameters
        ----------
        wanted
            Names; none: everybody whose folder holds anything that may be a photo.

        Raises
        ------
        GalleryError
            There is none.
        """
        names = {person_of(name) for name in wanted}
        for person, lacking in self.without.items():
            if person in names or (lacking.meant and not names):
                raise GalleryError(f"no photo of {person} in {self.folder}: {lacking.reason}", MEND)


EMPTY = "the folder is empty"

MEND = "add one that can be read: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, or HEIC with the extra heic"


def not_read(files: Sequence[LeftOut]) -> str:
    """Return how many files are not read, which, and why: ``2 files not read: a.HEIC (HEIC: pip ...), b.xyz (...)``."""
    by_reason: dict[str, list[str]] = {}
    for file in files:
        by_reason.setdefault(file.reason, []).append(file.path.name)
    reasons = (f"{_some(names)} ({why})" for why, names in by_reason.items())
    return f"{counted(len(files), 'file')} not read: {', '.join(reasons)}"


def list_photos(folder: Path) -> dict[str, list[Path]]:
    """Return each person's photo files, in order of name; see :func:`survey`.

    Raises
    ------
    GalleryError
        The folder does not exist, cannot be read, or holds no photo.
    """
    return {person: list(photos) for person, photos in survey(folder).people.items()}


def survey(folder: Path) -> Listing:
    """Return what a folder of photos holds.

    A photo lies in a person's folder or in a folder within that, or in `folder` itself, called after the person. What
    each file is, its name says; where that is unusual, its first bytes do.

    Raises
    ------
    GalleryError
        The folder does not exist, cannot be read, or holds no photo.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise GalleryError(f"cannot read the photo folder {folder}: {error.strerror}", "see --poi-dir") from None
    made = _Sorting()
    for entry in entries:
        made.take(entry)
    if not made.people:
        layout = f"put photos into {folder}/<person>/, or name them <person>.jpg"
        found = f": {not_read(made.unread)}" if made.unread else ""
        raise GalleryError(f"no photo in {folder}{found}", MEND if made.unread else layout)
    without = {person: why for person, why in made.without.items() if person not in made.people}
    return Listing(folder, made.people, made.unread, made.aside, without)


def person_of(name: str) -> str:
    """Return the person that a folder or a photo is called after; in which form accents were written does not count."""
    return unicodedata.normalize("NFC", readable(name)).strip()


class _Sorting:
    """Sorts what lies in a folder of photos."""

    def __init__(self) -> None:
        self.people: dict[str, list[Path]] = {}
        self.unread: list[LeftOut] = []
        self.aside: list[LeftOut] = []
        self.without: dict[str, Lacking] = {}

    def take(self, entry: Path) -> None:
        """Take an entry of the folder: a person's folder, or a photo."""
        if left_over(entry.name):
            self.aside.append(LeftOut(entry))
        elif _is_folder(entry):
            self._take_person(person_of(entry.name), entry)
        elif self._is_photo(entry):
            self.people.setdefault(person_of(entry.stem), []).append(entry)

    def _take_person(self, person: str, folder: Path) -> None:
        unread, aside = len(self.unread), len(self.aside)
        photos = [file for file in self._files(folder) if self._is_photo(file)]
        if photos:
            self.people.setdefault(person, []).extend(photos)
        elif self.unread[unread:]:
            self.without[person] = Lacking(not_read(self.unread[unread:]), meant=True)
        else:
            closed = [left.reason for left in self.aside[aside:] if left.path == folder]
            self.without[person] = Lacking(closed[0] if closed else EMPTY, meant=False)

    def _files(self, folder: Path) -> list[Path]:
        """Return all files of a folder and those within it, in order of their paths."""
        found: list[Path] = []
        waiting = [(folder, 0)]
        while waiting:
            inner, depth = waiting.pop()
            for entry in self._entries(inner):
                path = Path(entry)
                if left_over(entry.name):
                    self.aside.append(LeftOut(path))
                elif not _is_folder(entry):
                    found.append(path)
                elif why := _why_not_into(entry, depth):
                    self.aside.append(LeftOut(path, why))
                else:
                    waiting.append((path, depth + 1))
        return sorted(found)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.aside.append(LeftOut(folder, error.strerror or "cannot be opened"))
            return []

    def _is_photo(self, file: Path) -> bool:
        """Tell whether a file is to be looked at; what is to be said of one that is not is kept."""
        suffix = file.suffix.lower()
        if suffix in SUFFIXES and (suffix not in HEIC_SUFFIXES or installed()):
            return True
        if beside(suffix):
            return False
        why = _why_not(file, suffix)
        if why:
            self.unread.append(LeftOut(file, why))
        return not why


def _is_folder(entry: Path | os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # reading it will say what is wrong
        return False


def _why_not_into(folder: os.DirEntry[str], depth: int) -> str:
    """Return why a folder within a person's is not looked through; empty where it is."""
    try:
        if folder.is_symlink():  # it may lead round in a circle, or to the whole disk
            return "a link to a folder"
    except OSError as error:
        return error.strerror or "cannot be opened"
    return f"more than {DEEPEST} folders deep" if depth == DEEPEST else ""


def _why_not(file: Path, suffix: str) -> str:
    """Return why a file of an unusual name is no photo that can be read; empty for one that is."""
    try:
        kind = kind_of(head_of(file), suffix)
    except PictureError as error:
        return str(error)
    except OSError as error:
        return error.strerror or NO_PICTURE
    if kind == HEIC and not installed():
        return f"HEIC: {INSTALL}"
    return "" if kind in READ else kind or NO_PICTURE


def _aside(left: Sequence[LeftOut]) -> str:
    """Return what is left out, each name once, with its number and why."""
    counts = Counter((file.path.name, file.reason) for file in left)
    return _some([_times(f"{name} ({why})" if why else name, count) for (name, why), count in counts.items()])


def _times(name: str, count: int) -> str:
    return name if count == 1 else f"{name} ({count:,} times)"


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - EXAMPLES:,} more"] if len(names) > EXAMPLES + 1 else []
    shown = names[: EXAMPLES if more else EXAMPLES + 1]
    return ", ".join([*map(readable, shown), *more])
