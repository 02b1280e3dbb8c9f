"""Measuring a recognizer on photos of people: from embeddings to a calibration.

The similarities of photos of two people are taken apart in a two-way table without replication (their photos are its
rows and columns), whose mean squares give the components of variance without bias; a pair of people is one table. From
pair to pair the means differ by more than their photos explain: that is what the two people have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from slceleb_core.decision.calibration import PRIOR_DEVIATION
from slceleb_core.errors import GalleryError
from slceleb_core.types import LEAST_PEOPLE, Array, Calibration

LEAST_PHOTOS = 2
"""Photos of a person that say something of how alike photos of one person are."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The similarities of photos of two people.

    Attributes
    ----------
    mean
        Of all of them.
    pictures
        Variances by the photo of the one, and of the other; None of one photo.
    residual
        Variance that is left; None where one has one photo only.
    of_mean
        Variance of the mean that the photos explain.
    """

    mean: float
    pictures: tuple[float, ...]
    residual: float | None
    of_mean: float


def calibrate(people: Mapping[str, Array], model: str, data: str) -> Calibration:
    """Return the calibration of a recognizer.

    Parameters
    ----------
    people
        By person, the embeddings of their photos, [photos, dim], of unit length.
    model
        sha256 of the recognizer's model.
    data
        What the photos are, in words.

    Raises
    ------
    GalleryError
        There are too few people, or photos; or photos of one person are no more alike than those of two.
    """
    several = {name: rows for name, rows in people.items() if len(rows) >= LEAST_PHOTOS}
    if len(several) < LEAST_PEOPLE:
        found = f"{len(several)} of {len(people)}" if several or people else "none"
        raise GalleryError(
            f"too few people to measure on: {found} with at least {LEAST_PHOTOS} usable photos",
            f"give at least {LEAST_PEOPLE} people with {LEAST_PHOTOS} photos each; from ten people on it says something",
        )
    tables = [_table(one @ other.T) for one, other in combinations(people.values(), 2)]
    pictures = np.mean([part for table in tables for part in table.pictures])
    residual = np.mean([table.residual for table in tables if table.residual is not None])
    strangers, genuine = float(np.mean([table.mean for table in tables])), genuine_mean(several)
    if not strangers < genuine:
        what = "photos of one person are no more alike than those of two"
        raise GalleryError(f"{what}: {genuine:.2f} and {strangers:.2f}", "are they in the right folders? see `slceleb poi check`")
    picture = float(np.sqrt(max(float(pictures), 0.0)))
    return Calibration(
        model=model,
        data=data,
        people=len(people),
        photos=sum(len(rows) for rows in people.values()),
        pairs=len(tables),
        strangers=round(strangers, DIGITS),
        pair=round(_of_pairs(tables), DIGITS),
        look=round(picture, DIGITS),
        photo=round(picture, DIGITS),
        residual=round(float(np.sqrt(residual)), DIGITS),
        genuine=round(genuine, DIGITS),
    )


DIGITS = 4
"""Decimals of a calibration: far below what it is known to."""


def genuine_mean(people: Mapping[str, Array]) -> float:
    """Return the mean similarity of two photos of one person; each person counts alike."""
    return float(np.mean([_between_photos(rows) for rows in people.values() if len(rows) >= LEAST_PHOTOS]))


def _between_photos(rows: Array) -> float:
    count, total = len(rows), rows.astype(np.float64).sum(axis=0)
    return float((total @ total - count) / (count * (count - 1)))


def _table(similar: Array) -> _Table:
    values = similar.astype(np.float64)
    rows, columns = values.shape
    mean, by_row, by_column = float(values.mean()), values.mean(axis=1), values.mean(axis=0)
    if min(rows, columns) < LEAST_PHOTOS:
        return _Table(mean, (), None, float(values.var() / max(values.size, 1)))
    left = values - by_row[:, None] - by_column + mean
    residual = float((left**2).sum() / ((rows - 1) * (columns - 1)))
    of_rows = float(by_row.var(ddof=1)) - residual / columns
    of_columns = float(by_column.var(ddof=1)) - residual / rows
    explained = max(of_rows, 0.0) / rows + max(of_columns, 0.0) / columns + residual / (rows * columns)
    return _Table(mean, (of_rows, of_columns), residual, explained)


def _of_pairs(tables: list[_Table]) -> float:
    """Return the deviation from pair to pair of people; of one pair, what is known of others."""
    if len(tables) == 1:
        return PRIOR_DEVIATION
    means = np.array([table.mean for table in tables])
    return float(np.sqrt(max(means.var(ddof=1) - np.mean([table.of_mean for table in tables]), 0.0)))


def without_each(people: Mapping[str, Array]) -> Iterator[tuple[str, dict[str, Array]]]:
    """Yield each person with all others."""
    for name in people:
        yield name, {other: rows for other, rows in people.items() if other != name}
