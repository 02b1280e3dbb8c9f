"""From examined photos to the gallery that faces are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from slceleb_core.decision.calibration import Templates
from slceleb_core.decision.identity import Gallery, mean_length, template
from slceleb_core.errors import GalleryError, did_you_mean
from slceleb_core.perception.photos.examining import Photo
from slceleb_core.perception.photos.listing import person_of
from slceleb_core.types import Array

REASONS = 20
"""Photos of one person of which it is said what is wrong with them."""


def enroll(photos: Iterable[Photo], wanted: Sequence[str] = ()) -> Gallery:
    """Return the gallery of the usable photos.

    Parameters
    ----------
    photos
        As examined.
    wanted
        Names to look for; empty: all. The others still count as other people, where a photo of them can be used.

    Raises
    ------
    GalleryError
        A person who is looked for has no usable photo, or is not in the gallery.
    """
    by_person: dict[str, list[Photo]] = {}
    for photo in photos:
        by_person.setdefault(photo.person, []).append(photo)
    sought = wanted_among(wanted, by_person)
    usable = embeddings_of(photo for taken in by_person.values() for photo in taken)
    _demand(sorted(sought - usable.keys()), by_person)
    stacked = np.stack([template(embeddings) for embeddings in usable.values()])
    worth = made_of(usable)
    return Gallery(tuple(usable), stacked, sought, photos=worth.photos, lengths=worth.lengths)


def made_of(people: Mapping[str, Array]) -> Templates:
    """Return what the similarity to each person depends on beside the face, by their embeddings [photos, dim]."""
    photos = np.array([len(embeddings) for embeddings in people.values()], dtype=np.int64)
    return Templates(photos, np.array([mean_length(embeddings) for embeddings in people.values()]))


def in_canonical_order(photos: Iterable[Photo]) -> list[Photo]:
    """Return the usable photos by person, and those of one person by embedding: whatever their files are called.

    The last bit of a sum depends on the order of what is added. A renamed photo must not be able to change a result.
    """
    usable = ((photo, photo.embedding) for photo in photos if photo.embedding is not None)
    ordered = sorted(usable, key=lambda known: (known[0].person, known[1].tobytes()))
    return [photo for photo, _ in ordered]


def embeddings_of(photos: Iterable[Photo]) -> dict[str, Array]:
    """Return each person's embeddings [photos, dim], of their usable photos, in order of their names."""
    usable: dict[str, list[Array]] = {}
    for photo in in_canonical_order(photos):
        usable.setdefault(photo.person, []).append(np.asarray(photo.embedding))
    return {person: np.stack(embeddings) for person, embeddings in usable.items()}


def templates(photos: Iterable[Photo]) -> dict[str, Array]:
    """Return each person's template, of their usable photos, in order of their names."""
    return {person: template(embeddings) for person, embeddings in embeddings_of(photos).items()}


def wanted_among(names: Sequence[str], known: Iterable[str]) -> frozenset[str]:
    """Return the persons to look for: those of these names, or all that are known where no name is given.

    Raises
    ------
    GalleryError
        A name is not known.
    """
    people = set(known)
    for name in names:
        if person_of(name) not in people:
            raise GalleryError(f"--poi {name}: no such person in the gallery", did_you_mean(name, people))
    return frozenset(person_of(name) for name in names) or frozenset(people)


def _demand(lacking: Sequence[str], by_person: Mapping[str, Sequence[Photo]]) -> None:
    """Raise for the first of those who have no usable photo, with what is wrong with each."""
    for person in lacking:
        taken = by_person[person]
        why = "; ".join(f"{photo.path}: {photo.problem}" for photo in taken[:REASONS])
        why += f"; and {len(taken) - REASONS:,} more" if len(taken) > REASONS else ""
        more = f", and of {len(lacking) - 1:,} more" if len(lacking) > 1 else ""
        raise GalleryError(f"no usable photo of {person}{more}: {why}", "see `slceleb poi check`")
