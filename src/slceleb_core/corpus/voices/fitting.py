"""Figures of a voice stage, corrected by what a corpus shows: as far as it holds enough people and videos.

Medians are taken, as some of what is compared is not what it is called: that is what is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from slceleb_core.corpus.voices.likelihoods import moved, nearness
from slceleb_core.corpus.voices.references import Means, whole
from slceleb_core.types import Array, VoiceFigures

VIDEOS = 20.0
"""Videos beyond each person's first that count for as much as the stage's figures of one person; with fewer, those
count for more. A deviation that is known from twenty is known to a sixth."""

PEOPLE = 10.0
"""Likewise of people, and figures of two: ten make 45 pairs."""

MOST_VIDEOS = 40
"""Videos of a person that are compared with each other, and people: thousands of pairs are enough for a median."""

MOST_PEOPLE = 400

SESSIONS = np.geomspace(0.05, 2.0, 80)
"""Variances from video to video among which that of the corpus is looked for: with 2, one of ten minutes is to another
like two people's."""

SPREADS, STRANGERS, PAIRS = (0.15, 0.6), (-0.05, 0.5), (0.05, 0.35)
"""Bounds of what a corpus can make of the others: beyond, it is no corpus of voices."""

NORMAL = 1.4826
"""By which a median absolute deviation becomes a standard deviation, where values are normal."""


def fitted(people: Mapping[str, Means], figures: VoiceFigures) -> VoiceFigures:
    """Return the figures of a stage, drawn towards what a corpus shows.

    Parameters
    ----------
    people
        What the videos of each person say, by name.
    figures
        The stage's.
    """
    return _two_people(list(people.values())[:MOST_PEOPLE], _one_person(list(people.values()), figures))


def _one_person(people: Sequence[Means], figures: VoiceFigures) -> VoiceFigures:
    pairs = [pair for of in people for pair in _pairs(of)]
    further = sum(min(len(of.seconds), MOST_VIDEOS) - 1 for of in people if len(of.seconds) > 1)
    if not pairs:
        return figures
    cosines, one, other, weights = np.concatenate(pairs, axis=1)
    apart = [_median(cosines - _near(one, other, replace(figures, session=session)), weights) for session in SESSIONS]
    session = float(SESSIONS[int(np.argmin(np.abs(apart)))])
    near = _near(one, other, replace(figures, session=session))
    spread = NORMAL * _median(np.abs(cosines - near) / (1.0 - near), weights)
    share = further / (further + VIDEOS)
    return replace(
        figures,
        session=_drawn(figures.session, session, share),
        spread=_drawn(figures.spread, float(np.clip(spread, *SPREADS)), share),
    )


def _two_people(people: Sequence[Means], figures: VoiceFigures) -> VoiceFigures:
    if len(people) < 2:
        return figures
    told = [whole(of, figures) for of in people]
    directions, strays = np.array([direction for direction, _ in told]), np.array([stray for _, stray in told])
    rows, columns = np.triu_indices(len(people), 1)
    near = nearness(strays[rows], strays[columns])
    alike = (directions @ directions.T)[rows, columns] / near
    weights = np.ones(len(alike))
    strangers = _median(alike, weights)
    variance = (NORMAL * _median(np.abs(alike - strangers), weights)) ** 2
    pairs = np.sqrt(max(variance - figures.noise * float(np.median(1.0 / near**2 - 1.0)), 0.0))
    share = len(people) / (len(people) + PEOPLE)
    return replace(
        figures,
        strangers=_drawn(figures.strangers, float(np.clip(strangers, *STRANGERS)), share),
        pairs=_drawn(figures.pairs, float(np.clip(pairs, *PAIRS)), share),
    )


def _pairs(of: Means) -> Iterator[Array]:
    """Yield the pairs of a person's videos, [4, pairs]: cosine, seconds of either, and weight: 1 a further video."""
    longest = np.argsort(-of.seconds, kind="stable")[:MOST_VIDEOS]
    directions, seconds = of.directions[longest], of.seconds[longest]
    rows, columns = np.triu_indices(len(longest), 1)
    if len(rows):
        weights = np.full(len(rows), (len(longest) - 1) / len(rows))
        yield np.array([(directions @ directions.T)[rows, columns], seconds[rows], seconds[columns], weights])


def _near(one: Array, other: Array, figures: VoiceFigures) -> Array:
    return nearness(moved(one, figures), moved(other, figures))


def _median(values: Array, weights: Array) -> float:
    """Return the value that half of the weights do not exceed."""
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(summed, summed[-1] / 2))])


def _drawn(usual: float, found: float, share: float) -> float:
    return (1.0 - share) * usual + share * found
