"""How people of a gallery stand at the point that would hold: who is missed by it, and who comes near whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slceleb_core.decision.calibrating import LEAST_PHOTOS
from slceleb_core.decision.calibration import Templates
from slceleb_core.decision.identity import mean_length, template
from slceleb_core.decision.operating import OperatingPoint
from slceleb_core.perception.photos.enrolling import embeddings_of, in_canonical_order
from slceleb_core.perception.photos.examining import Photo
from slceleb_core.types import Array

ONE_LOOK = 1.0
"""Squared length of the mean embedding of one picture."""


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody else who comes near.

    Attributes
    ----------
    person
        Whose photos they are.
    photos
        How many of them would be taken for the other, were they a picture of somebody who is not in the gallery.
    """

    person: str
    photos: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How one person stands.

    Attributes
    ----------
    person, photos
        Who, and how many usable photos there are.
    limit
        Similarity that a track of one look must reach to be taken for the person.
    missed
        Photos that would not be, were each a picture of a video and the others the gallery's; None of one photo, of
        which there are no others.
    near
        Other people who have photos that would be, most first.
    """

    person: str
    photos: int
    limit: float
    missed: tuple[Path, ...] | None
    near: tuple[Near, ...]


def standings(photos: Sequence[Photo], point: OperatingPoint) -> Iterator[Standing]:
    """Yield how each person stands, in order of their names.

    Parameters
    ----------
    photos
        As examined.
    point
        Of the gallery of all of them.
    """
    known = embeddings_of(photos)
    names = list(known)
    limits = np.broadcast_to(point.limits(ONE_LOOK), (len(names),))
    paths: dict[str, list[Path]] = {name: [] for name in names}
    for photo in in_canonical_order(photos):
        paths[photo.person].append(photo.path)
    every = np.concatenate(list(known.values()))
    whose = np.repeat(np.arange(len(names)), [len(rows) for rows in known.values()])
    for person, (name, limit) in enumerate(zip(names, limits.tolist(), strict=True)):
        missed = _missed(known[name], point)
        out = None if missed is None else tuple(paths[name][place] for place in np.flatnonzero(missed))
        reaching = np.bincount(whose[every @ template(known[name]) >= limit], minlength=len(names))
        reaching[person] = 0
        near = [Near(names[other], int(reaching[other])) for other in np.flatnonzero(reaching)]
        yield Standing(name, len(known[name]), limit, out, tuple(sorted(near, key=_nearest_first)))


def _nearest_first(near: Near) -> tuple[int, str]:
    return -near.photos, near.person


def _missed(rows: Array, point: OperatingPoint) -> Array | None:
    """Return bool [photos]: whether each does not reach the template of the others; None of one photo."""
    if len(rows) < LEAST_PHOTOS:
        return None
    others = [np.delete(rows, place, axis=0) for place in range(len(rows))]
    made_of = Templates(np.full(len(rows), len(rows) - 1), np.array([mean_length(photos) for photos in others]))
    similar = np.array([float(row @ template(photos)) for row, photos in zip(rows, others, strict=True)])
    return np.asarray(similar < point.among_as_many(made_of).limits(ONE_LOOK))
