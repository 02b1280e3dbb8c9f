"""Measuring a recognizer on photos of people: from embeddings to a calibration.

The similarities of photos of two people are taken apart in a two-way table without replication (their photos are its
rows and columns), whose mean squares give the components of variance without bias; a pair of people is one table. From
pair to pair the means differ by more than their photos explain: that is what the two people have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from slceleb_core.errors import GalleryError
from slceleb_core.types import LEAST_PEOPLE, Array, Calibration

LEAST_PHOTOS = 2
"""Photos of a person that say something of how alike photos of one person are."""

DIGITS = 4
"""Decimals of a calibration: far below what it is known to."""

DRAWS = 200
"""Times that people are drawn anew for an interval; its ends are quantiles of twice ten draws."""

Embeddings = Mapping[str, Array]
"""By person, the embeddings of their photos, [photos, dim], of unit length."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The similarities of photos of two people, taken apart.

    Attributes
    ----------
    people
        Rows of the two.
    mean
        Of all of them.
    picture, residual
        Variances by a photo, of either of the two, and of what is left; NaN where one has one photo only.
    of_mean
        Variance of the mean that the photos explain.
    """

    people: tuple[int, int]
    mean: float
    picture: float
    residual: float
    of_mean: float

    @classmethod
    def of(cls, people: tuple[int, int], similar: Array) -> _Table:
        """Return that of similarities [photos of the one, photos of the other]."""
        values = similar.astype(np.float64)
        rows, columns = values.shape
        mean, by_row, by_column = float(values.mean()), values.mean(axis=1), values.mean(axis=0)
        if min(rows, columns) < LEAST_PHOTOS:
            return cls(people, mean, np.nan, np.nan, float(values.var()))
        left = values - by_row[:, None] - by_column + mean
        residual = float((left**2).sum() / ((rows - 1) * (columns - 1)))
        of_rows = float(by_row.var(ddof=1)) - residual / columns
        of_columns = float(by_column.var(ddof=1)) - residual / rows
        explained = max(of_rows, 0.0) / rows + max(of_columns, 0.0) / columns + residual / (rows * columns)
        return cls(people, mean, (of_rows + of_columns) / 2, residual, explained)


class Measurement:
    """The photos of people, compared with each other.

    Parameters
    ----------
    people
        At least two with at least two photos.

    Raises
    ------
    GalleryError
        There are too few people, or photos.
    """

    def __init__(self, people: Embeddings) -> None:
        several = sum(len(rows) >= LEAST_PHOTOS for rows in people.values())
        if several < LEAST_PEOPLE:
            raise GalleryError(
                f"too few people to measure on: {several} with at least {LEAST_PHOTOS} usable photos each",
                f"{LEAST_PEOPLE} people with {LEAST_PHOTOS} photos each are the least; ten begin to say something",
            )
        every = list(people.values())
        self._photos = [len(rows) for rows in every]
        self._genuine = np.array([_between_photos(rows) for rows in every])
        self._tables = [
            _Table.of((one, other), every[one] @ every[other].T) for one, other in combinations(range(len(every)), 2)
        ]

    def calibration(self, model: str, data: str) -> Calibration:
        """Return the calibration.

        Parameters
        ----------
        model
            sha256 of the recognizer's model.
        data
            What the photos are, in words.

        Raises
        ------
        GalleryError
            Photos of one person are no more alike than those of two.
        """
        strangers, genuine = self._alike(np.ones(len(self._photos)))
        found = self._weighted(np.ones(len(self._photos)))
        if found is None:
            what = f"photos of one person are no more alike than those of two: {genuine:.2f} and {strangers:.2f}"
            raise GalleryError(what, "are they in the right folders? see `slceleb poi check`")
        return replace(found, model=model, data=data)

    def without(self, person: int) -> Calibration | None:
        """Return the calibration that the others give, without one person, by row.

        None where their photos say nothing: such as two people who are as alike as one, and nobody else.
        """
        count = len(self._photos)
        others = self._weighted(np.where(np.arange(count) == person, 0.0, 1.0))
        pairs = max((count - 1) * (count - 2) // 2, 1)
        return None if others is None else replace(others, people=count - 1, pairs=pairs)

    def drawn(self, seed: int = 0) -> Iterator[Calibration]:
        """Yield the calibrations of as many people, drawn from these again and again: what other people would say.

        Draws whose photos say nothing, as in :meth:`without`, are left out.
        """
        random, count = np.random.default_rng(seed), len(self._photos)
        for _ in range(DRAWS):
            times = np.bincount(random.integers(0, count, count), minlength=count)
            known = np.isfinite(self._genuine) & (times > 0)
            found = self._weighted(times.astype(np.float64)) if known.sum() >= LEAST_PEOPLE else None
            if found is not None:
                yield found

    def _weights(self, times: Array) -> Array:
        """Return float64 [tables]: how often each pair counts, where each person counts so many times."""
        return np.array([times[one] * times[other] for one, other in (table.people for table in self._tables)])

    def _alike(self, times: Array) -> tuple[float, float]:
        """Return how alike photos of two people are, and of one."""
        strangers = _mean(np.array([table.mean for table in self._tables]), self._weights(times))
        return round(strangers, DIGITS), round(_mean(self._genuine, times), DIGITS)

    def _weighted(self, times: Array) -> Calibration | None:
        """Return the calibration in which each person counts so many times; None where two are as alike as one."""
        strangers, genuine = self._alike(times)
        if not strangers < genuine:
            return None
        weights, means = self._weights(times), np.array([table.mean for table in self._tables])
        pictures, residuals, of_means = (
            np.array([getattr(table, name) for table in self._tables]) for name in ("picture", "residual", "of_mean")
        )
        picture = round(_root(_mean(pictures, weights)), DIGITS)
        return Calibration(
            model="",
            data="",
            people=len(self._photos),
            photos=sum(self._photos),
            pairs=len(self._tables),
            strangers=strangers,
            pair=round(_of_pairs(means, of_means, weights), DIGITS),
            look=picture,
            photo=picture,
            residual=round(_root(_mean(residuals, weights)), DIGITS),
            genuine=genuine,
        )


def calibrate(people: Embeddings, model: str, data: str) -> Calibration:
    """Return the calibration of a recognizer, from people's photos; as of :class:`Measurement`."""
    return Measurement(people).calibration(model, data)


def _between_photos(rows: Array) -> float:
    """Return the mean similarity of two photos of one person; NaN of one photo."""
    count, total = len(rows), rows.astype(np.float64).sum(axis=0)
    return float((total @ total - count) / (count * (count - 1))) if count >= LEAST_PHOTOS else np.nan


def _of_pairs(means: Array, of_means: Array, weights: Array) -> float:
    """Return the deviation from pair to pair of people; 0 of one pair, which tells nothing of it."""
    used = weights > 0
    pairs = int(used.sum())
    if pairs < LEAST_PEOPLE:
        return 0.0
    spread = _mean((means - _mean(means, weights)) ** 2, weights) * pairs / (pairs - 1)
    return _root(spread - _mean(of_means, weights))


def _mean(values: Array, weights: Array) -> float:
    """Return the weighted mean of what is known of them."""
    known = np.isfinite(values)
    return float(np.average(values[known], weights=weights[known])) if weights[known].sum() > 0 else 0.0


def _root(variance: float) -> float:
    return float(np.sqrt(max(variance, 0.0)))
