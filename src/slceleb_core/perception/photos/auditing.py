"""What a person should know of photos before they are used: by the command that checks them, and by every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slceleb_core.decision.identity import template
from slceleb_core.perception.photos.doubles import Doubles, one_face
from slceleb_core.perception.photos.examining import Photo
from slceleb_core.types import Array

OUTLIER = 0.5
"""Part of the operating point below which a photo does not look like the person's others."""

SAME_PICTURE = 0.995
"""Cosine above which two photos are the same picture, perhaps re-encoded or resized."""

BLOCK = 1 << 22
"""Similarities that are held at a time: 16 MB."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at.

    Attributes
    ----------
    severity
        ``error``: the photo, or the person, is not used; ``warning``: it is, and should perhaps not be.
    person, path
        Which photo.
    message
        What is wrong and what to do.
    used
        Whether the photo is.
    """

    severity: str
    person: str
    path: Path
    message: str
    used: bool = True

    def __str__(self) -> str:
        return f"{'photo' if self.used else 'photo not used'}: {self.path}: {self.message}"


def audit(photos: Sequence[Photo], threshold: float, doubles: Doubles | None = None) -> list[Finding]:
    """Return what a person should look at, the worst first.

    That is: people who cannot be told apart, copies, unusable photos, photos that do not look like the person's others,
    and those that look like somebody else.

    Parameters
    ----------
    photos
        As examined.
    threshold
        The recognizer's operating point, or the profile's.
    doubles
        Who cannot be told from whom.
    """
    unusable = [
        Finding("error", photo.person, photo.path, photo.problem, used=False) for photo in photos if photo.problem
    ]
    usable = [photo for photo in photos if photo.embedding is not None]
    compared = list(_Comparison(usable, threshold).findings()) if usable else []
    found = [*_same_faces(usable, doubles or {}), *unusable, *compared]
    return sorted(found, key=lambda finding: finding.severity != "error")


def _same_faces(usable: Sequence[Photo], doubles: Doubles) -> Iterator[Finding]:
    first = {photo.person: photo.path for photo in reversed(usable)}
    for person, said in one_face(doubles).items():
        yield Finding("error", person, first[person], said)


class _Comparison:
    """Usable photos, each compared with all others, some at a time: ten thousand have a hundred million similarities.

    Parameters
    ----------
    usable
        At least one.
    threshold
        As of :func:`audit`.
    """

    def __init__(self, usable: Sequence[Photo], threshold: float) -> None:
        self._usable = usable
        self._threshold = threshold
        self._vectors = np.stack([photo.embedding for photo in usable if photo.embedding is not None])
        places = {person: place for place, person in enumerate(dict.fromkeys(photo.person for photo in usable))}
        self._people = np.array([places[photo.person] for photo in usable])

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, photo by photo."""
        count = len(self._usable)
        rows = max(BLOCK // count, 1)
        for begin in range(0, count, rows):
            block = slice(begin, min(begin + rows, count))
            cosines = self._vectors[block] @ self._vectors.T
            same = self._people[block, None] == self._people
            yield from self._copies(begin, cosines, same)
            yield from self._lookalikes(begin, cosines, same)
        yield from self._outliers()
        yield from self._mixed()

    def _copies(self, begin: int, cosines: Array, same: Array) -> Iterator[Finding]:
        """Yield the photos that an earlier one is the same picture as: of the same person, and of another."""
        count = len(self._usable)
        earlier = np.arange(count) < begin + np.arange(len(cosines))[:, None]
        copied = (cosines >= SAME_PICTURE) & earlier
        for of_same, pairs in ((True, copied & same), (False, copied & ~same)):
            for row in np.flatnonzero(pairs.any(axis=1)):
                photo, other = self._usable[begin + row], self._usable[int(np.argmax(pairs[row]))]
                message = f"is the same picture as {other.path}"
                if of_same:
                    yield Finding("warning", photo.person, photo.path, message)
                else:
                    whom = f"{message}, which is said to show {other.person}"
                    yield Finding("error", photo.person, photo.path, whom)

    def _lookalikes(self, begin: int, cosines: Array, same: Array) -> Iterator[Finding]:
        others = np.where(same, -np.inf, cosines)
        nearest = others.argmax(axis=1)
        values = np.take_along_axis(others, nearest[:, None], axis=1)[:, 0]
        for row in np.flatnonzero((values >= self._threshold) & (values < SAME_PICTURE)):
            photo, other = self._usable[begin + row], self._usable[int(nearest[row])]
            text = f"looks like {other.path} of {other.person}: similarity {values[row]:.2f}"
            yield Finding("warning", photo.person, photo.path, text)

    def _outliers(self) -> Iterator[Finding]:
        """Yield the photos whose mean similarity to the person's others is low: by the sum of them, so in one pass."""
        totals = np.zeros((int(self._people.max()) + 1, self._vectors.shape[1]))
        np.add.at(totals, self._people, self._vectors)
        others = np.bincount(self._people)[self._people] - 1
        own = np.einsum("ij,ij->i", self._vectors, totals[self._people] - self._vectors) / np.maximum(others, 1)
        for place in np.flatnonzero((others > 0) & ~(own >= OUTLIER * self._threshold)):
            photo = self._usable[int(place)]
            text = f"does not look like the other photos of {photo.person}: mean similarity {own[place]:.2f}"
            yield Finding("warning", photo.person, photo.path, text)

    def _mixed(self) -> Iterator[Finding]:
        """Yield the subfolders of a person that show somebody else than the first: perhaps a level too many."""
        first: dict[str, tuple[Path, Array]] = {}
        for folder, places in self._by_folder().items():
            photo, mean = self._usable[places[0]], template(self._vectors[places])
            whose, known = first.setdefault(photo.person, (folder, mean))
            if not float(known @ mean) >= OUTLIER * self._threshold:
                text = f"{folder.name} and {whose.name} do not look like one person: each needs a folder of its own"
                yield Finding("warning", photo.person, photo.path, text)

    def _by_folder(self) -> dict[Path, list[int]]:
        found: dict[Path, list[int]] = {}
        for place, photo in enumerate(self._usable):
            if photo.path.stem != photo.person:  # else it may lie beside those of other people
                found.setdefault(photo.path.parent, []).append(place)
        return found
