"""People of a gallery who cannot be told apart: one face under two names, most often one person twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from slceleb_core.errors import GalleryError
from slceleb_core.perception.photos.enrolling import in_canonical_order, templates
from slceleb_core.perception.photos.examining import Photo

Doubles: TypeAlias = Mapping[str, str]
"""By person, from whom they cannot be told."""

ROWS = 1024
"""Photos that are compared with everybody at a time."""


def doubles(photos: Sequence[Photo], margin: float) -> dict[str, str]:
    """Return the people of whom no photo, shown to the gallery, would be told from somebody else.

    A face in a video is named when it is a margin nearer to its person than to the next. A person's own photos have
    made the template that they are compared with, so where not one of them wins that margin, no face will.

    Parameters
    ----------
    photos
        As examined.
    margin
        As of ``IdentityConfig``.
    """
    usable = in_canonical_order(photos)
    won: set[str] = set()
    nearest: dict[str, str] = {}
    for photo, ahead, other in _compared(usable):
        if ahead >= margin:
            won.add(photo.person)
        else:
            nearest.setdefault(photo.person, other)
    return {person: other for person, other in nearest.items() if person not in won}


def one_face(found: Doubles) -> dict[str, str]:
    """Return what is said of people who cannot be told from somebody else, by name; of two of each other once."""
    said: dict[str, str] = {}
    for person, other in found.items():
        if found.get(other) != person:
            said[person] = f"one face under two names: {person} cannot be told from {other}, so {person} is never found"
        elif other not in said:
            said[person] = f"one face under two names: {person} and {other} cannot be told apart, so neither is found"
    return said


def demand_some(wanted: Iterable[str], found: Doubles) -> None:
    """Raise where nobody who is looked for can be told from everybody else: a run would find nothing, and say so late.

    Raises
    ------
    GalleryError
        Nobody can.
    """
    pairs = [(person, found[person]) for person in sorted(wanted) if person in found]
    if pairs and len(pairs) == len(set(wanted)):
        person, other = pairs[0]
        more = f", and so on for {len(pairs) - 1:,} more" if len(pairs) > 1 else ""
        what = f"nobody who is looked for could be found: {person} has the same face as {other} in the photos{more}"
        raise GalleryError(what, "put the photos of one person into one folder; see `slceleb poi check`")


def _compared(usable: Sequence[Photo]) -> Iterator[tuple[Photo, float, str]]:
    """Yield each photo, by how much it is nearer to its person than to the nearest other, and who that is."""
    known = templates(usable)
    names = list(known)
    if len(names) < 2:
        return
    places, means = {name: place for place, name in enumerate(names)}, np.stack(list(known.values()))
    for begin in range(0, len(usable), ROWS):
        block = usable[begin : begin + ROWS]
        cosines = np.stack([photo.embedding for photo in block if photo.embedding is not None]) @ means.T
        rows, own = np.arange(len(block)), [places[photo.person] for photo in block]
        mine = cosines[rows, own].copy()
        cosines[rows, own] = -np.inf
        others = cosines.argmax(axis=1)
        for row, photo in enumerate(block):
            yield photo, float(mine[row] - cosines[row, others[row]]), names[int(others[row])]
