"""Numbers of what is drawn: so many of each stratum that everything has the probability that is stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from slceleb_core.types import Array


def allotted(expected: Sequence[float] | Array, random: np.random.Generator) -> Array:
    """Return int64 [n]: how many are drawn of each stratum, on average as many as expected, and never one off.

    What is left beyond whole numbers is handed out by a grid with one random beginning (systematic sampling, Madow and
    Madow 1944). So the sum is that of all expected, and so is, but for one, that of any strata that lie side by side.
    """
    ends = np.cumsum(np.asarray(expected, dtype=np.float64))
    marks = np.floor(np.round(ends, 9) + random.random())
    return np.diff(marks, prepend=0.0).astype(np.int64)


def chosen(sizes: Sequence[int] | Array, rate: float, random: np.random.Generator) -> Array:
    """Return int64 [m]: the places of what is drawn, among all strata laid end to end.

    Parameters
    ----------
    sizes
        How many there are of each stratum; strata that are alike lie side by side.
    rate
        With which probability each is drawn.
    random
        The random numbers.
    """
    there = np.asarray(sizes, dtype=np.int64)
    counts, begins = allotted(there * rate, random), np.cumsum(there) - there
    alone, several = counts == 1, np.flatnonzero(counts > 1)
    drawn = [begins[alone] + random.integers(there[alone])]
    drawn += [begins[place] + random.choice(int(there[place]), int(counts[place]), replace=False) for place in several]
    return np.sort(np.concatenate(drawn))


def least_of_each(sizes: Mapping[str, int], size: int, each: int) -> dict[str, float]:
    """Return with which probability one of each group is drawn, if at least `each` of every group are wanted.

    Groups that would come to fewer in proportion get as many, or all that there are; all others share one probability.

    Parameters
    ----------
    sizes
        How many there are of each group.
    size
        How many are drawn in all; no more than there are.
    each
        0 for groups in proportion.

    Raises
    ------
    ValueError
        So many of each are more than are to be drawn.
    """
    least = {name: min(each, count) for name, count in sizes.items()}
    wanted = sum(least.values())
    if wanted > size:
        raise ValueError(f"{each} of each come to {wanted}, and {size} are to be drawn")
    fixed: set[str] = set()
    while True:
        rest = sum(count for name, count in sizes.items() if name not in fixed)
        left = size - sum(least[name] for name in fixed)
        rate = left / rest if rest else 0.0
        short = {name for name, count in sizes.items() if name not in fixed and count * rate < least[name] - 1e-9}
        if not short:
            return {name: least[name] / count if name in fixed else rate for name, count in sizes.items()}
        fixed |= short
