"""Two people under one name, and one person under two: by what whole videos sound like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from slceleb_core.corpus.voices.judging import Voiceprint
from slceleb_core.corpus.voices.likelihoods import expected, moved
from slceleb_core.corpus.voices.references import Means, means, whole
from slceleb_core.types import Array, VoiceFigures

SURE = 1.0
"""log10 of a ratio from which on it is said that voices are one person's, or two people's: ten to one."""

EVEN = 0.0
"""log10 of the mean ratio down to which videos are of one group: as likely one person's as two people's."""

MOST_VIDEOS = 1000
"""Videos of a person that are grouped, those with most sound: a million pairs."""

MOST_NAMES = 50
"""Pairs of names that are told, the likeliest first."""

BLOCK = 512
"""People who are compared with all others at once."""


@dataclass(frozen=True, slots=True)
class Group:
    """Videos of one name that sound like one person.

    Attributes
    ----------
    videos
        What their folders are called.
    seconds
        How much is said in them.
    """

    videos: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Mixed:
    """A name under which two people seem to speak.

    Attributes
    ----------
    person
        The name.
    groups
        Two: that with most sound, and the one that is least like it.
    ratio
        log10 of how much likelier these are one person's; below 0.
    """

    person: str
    groups: tuple[Group, Group]
    ratio: float


@dataclass(frozen=True, slots=True)
class Alike:
    """Two names under which one person seems to speak.

    Attributes
    ----------
    one, other
        The names.
    ratio
        log10 of how much likelier they are one person than two.
    """

    one: str
    other: str
    ratio: float


def mixed_names(people: Mapping[str, Voiceprint], figures: VoiceFigures) -> list[Mixed]:
    """Return the names under which two people seem to speak, the surest first."""
    found = [mixed for person, told in people.items() for mixed in _mixed(person, told, figures)]
    return sorted(found, key=lambda mixed: (mixed.ratio, mixed.person))


def _mixed(person: str, told: Voiceprint, figures: VoiceFigures) -> Iterator[Mixed]:
    of = means(told.sounds, np.ones(len(told.sounds.seconds)))
    chosen = np.sort(np.argsort(-of.seconds, kind="stable")[:MOST_VIDEOS])
    groups = _groups(of, chosen, figures)
    if len(groups) < 2:
        return
    first, *others = sorted(groups, key=lambda places: -float(of.seconds[places].sum()))
    ratios = [_between(of, first, other, figures) for other in others]
    least = int(np.argmin(ratios))
    if ratios[least] <= -SURE:
        yield Mixed(person, (_group(told, of, first), _group(told, of, others[least])), round(ratios[least], 2))


def _groups(of: Means, chosen: Array, figures: VoiceFigures) -> list[Array]:
    """Return which videos go together: joined as long as the mean ratio between groups says one person."""
    if len(chosen) < 2:
        return [chosen]
    strays = moved(of.seconds[chosen], figures)
    alike = expected(strays[:, None], strays[None], figures)
    ratios = alike.log_ratio(of.directions[chosen] @ of.directions[chosen].T)
    most = float(ratios.max()) + 1.0
    distances = most - ratios
    np.fill_diagonal(distances, 0.0)
    made = fcluster(linkage(squareform(distances, checks=False), "average"), most - EVEN, "distance")
    return [chosen[made == group] for group in np.unique(made)]


def _between(of: Means, one: Array, other: Array, figures: VoiceFigures) -> float:
    (left, stray), (right, further) = (
        whole(Means(of.directions[places], of.seconds[places]), figures) for places in (one, other)
    )
    return float(expected(np.asarray(stray), np.asarray(further), figures).log_ratio(np.asarray(left @ right)))


def _group(told: Voiceprint, of: Means, places: Array) -> Group:
    return Group(tuple(told.videos[place] for place in places), round(float(of.seconds[places].sum()), 3))


def alike_names(people: Mapping[str, Voiceprint], figures: VoiceFigures) -> list[Alike]:
    """Return the pairs of names under which one person seems to speak, the likeliest first.

    Among many people some are alike by chance: that is asked for tenfold what the number of pairs makes likely once.
    """
    names = list(people)
    if len(names) < 2:
        return []
    told = [whole(print_.means, figures) for print_ in people.values()]
    directions, strays = np.array([direction for direction, _ in told]), np.array([stray for _, stray in told])
    least = SURE + np.log10(len(names) * (len(names) - 1) / 2)
    found = [
        pair
        for first in range(0, len(names), BLOCK)
        for pair in _pairs(names, directions, strays, first, figures, least)
    ]
    return sorted(found, key=lambda pair: (-pair.ratio, pair.one, pair.other))[:MOST_NAMES]


def _pairs(
    names: Sequence[str], directions: Array, strays: Array, first: int, figures: VoiceFigures, least: float
) -> Iterator[Alike]:
    block = slice(first, first + BLOCK)
    alike = expected(strays[block, None], strays[None], figures)
    ratios = alike.log_ratio(directions[block] @ directions.T)
    for row, column in np.argwhere(ratios >= least):
        if first + row < column:
            yield Alike(names[first + row], names[column], round(float(ratios[row, column]), 2))
