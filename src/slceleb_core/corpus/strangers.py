"""The strangers of a corpus's videos, together: how near they come to whom, against what the calibration says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from slceleb_core.corpus.reading import Corpus
from slceleb_core.decision.strangers import DIGITS, UPPER, Cohort, quantile

NEAR = 0.99
"""The quantile of comparisons that is shown as the near ones; 2.33 deviations, where strangers are normal."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near strangers come, in deviations of what the calibration says.

    Attributes
    ----------
    comparisons
        How many there are.
    median
        0 where strangers are as the calibration has them.
    spread
        From there to what all but a sixth do not exceed; 1 where they are.
    near
        What one in a hundred exceeds; 2.3 where they are.
    """

    comparisons: int
    median: float
    spread: float
    near: float

    @classmethod
    def of(cls, counts: Counter[int]) -> Nearness:
        """Return that of comparisons by step; at least one."""
        median, upper, near = (round(quantile(counts, part), DIGITS) for part in (0.5, UPPER, NEAR))
        return cls(counts.total(), median, round(upper - median, DIGITS), near)


@dataclass(frozen=True, slots=True)
class StrangerFigures:
    """The strangers of all videos.

    Attributes
    ----------
    tracks
        How many are nobody.
    videos_raised
        Videos whose point was raised for their own strangers.
    whole
        Of all comparisons.
    persons
        By person, to whom strangers come nearest first.
    """

    tracks: int
    videos_raised: int
    whole: Nearness
    persons: dict[str, Nearness]


def stranger_figures(corpus: Corpus) -> StrangerFigures | None:
    """Return how near strangers come; None where no video says: no gallery, or no rate was asked for."""
    cohort, raised = Cohort(), 0
    for recording in corpus.recordings:
        found = (recording.report().get("statistics") or {}).get("strangers")
        if found:
            cohort.add(Cohort.from_json(found))
            raised += found["raised"] != {"shift": 0.0, "widening": 1.0}
    if not cohort.counts:
        return None
    people = {person: Nearness.of(counts) for person, counts in cohort.persons.items() if counts.total()}
    persons = dict(sorted(people.items(), key=lambda item: (-item[1].near, item[0])))
    return StrangerFigures(cohort.tracks, raised, Nearness.of(cohort.counts), persons)
