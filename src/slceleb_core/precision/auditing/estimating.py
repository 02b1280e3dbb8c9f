"""From judged items to what may be said of the whole corpus.

A share is estimated from what could be told. Its lower bound takes everything that could not be told, or is disputed,
for wrong, its upper one for right. So both hold, whatever the truth about those is.

Segments were drawn one by one, so that what is said of the corpus as it stood takes each for itself, however errors
come (Cochran, Sampling Techniques, 1977, chapters 2 and 5A). What is said of further videos does not: of one person in
one video, errors come together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from slceleb_core.corpus.audits import Audit, Missed, Reviewers, Share
from slceleb_core.precision.auditing.agreement import agreement_of
from slceleb_core.precision.auditing.answers import ERRORS, Verdict
from slceleb_core.precision.auditing.judging import Judged, Judgement, Measure
from slceleb_core.precision.bounds import Interval, weighted

CONFIDENCE = 0.95
"""Of every interval by itself."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Judged things, and for how much each of them stands.

    Attributes
    ----------
    values
        [n]: whether something holds; None: it cannot be told.
    sizes
        [n]: how much each is: 1, or its seconds.
    weights
        [n]: for how many each stands.
    whole
        How much there is in all; None: that is not known, or has no end.
    """

    values: Sequence[bool | None]
    sizes: Sequence[float]
    weights: Sequence[float]
    whole: float | None

    def share(self, confidence: float, clusters: Sequence[Hashable] | None = None) -> Share:
        """Return the share of which it holds.

        Parameters
        ----------
        confidence
            Of the interval.
        clusters
            [n]: of what may hold together; None: each was drawn for itself.
        """
        apart: Sequence[Hashable] = range(len(self.values)) if clusters is None else clusters
        told = [place for place, value in enumerate(self.values) if value is not None]
        plain = self._weighed([self.values[place] is True for place in told], told, apart, confidence)
        worst = best = plain
        if len(told) < len(self.values):
            everything = range(len(self.values))
            worst = self._weighed([value is True for value in self.values], everything, apart, confidence)
            best = self._weighed([value is not False for value in self.values], everything, apart, confidence)
        low, high = self._seen()
        return Share(
            estimate=None if isnan(plain.estimate) else plain.estimate,
            low=max(worst.low, low),
            high=min(best.high, high),
            labels=worst.count,
        )

    def _weighed(
        self, holds: Sequence[bool], places: Sequence[int], clusters: Sequence[Hashable], confidence: float
    ) -> Interval:
        weights = [self.sizes[place] * self.weights[place] for place in places]
        return weighted(holds, weights, [clusters[place] for place in places], confidence)

    def _seen(self) -> tuple[float, float]:
        """Return between what the share lies for certain: what was seen to hold is there, and what not is not."""
        if not self.whole:
            return 0.0, 1.0
        pairs = list(zip(self.values, self.sizes, strict=True))
        holds = sum(size for value, size in pairs if value is True)
        not_so = sum(size for value, size in pairs if value is False)
        return min(holds / self.whole, 1.0), max(1.0 - not_so / self.whole, 0.0)


def audit_of(judgement: Judgement, confidence: float = CONFIDENCE) -> Audit:
    """Return what a judgement says of the corpus that was drawn from."""
    draw, population = judgement.draw, judgement.draw.population
    segments = [judged for judged in judgement.judged if judged.item.kind == "segment"]
    clusters = [(judged.item.recording, judged.item.person) for judged in segments]
    by_count = _counted(segments, _is_right, population.count)
    agreement = agreement_of(judgement)
    both, same, kappa = (0, 0, None) if agreement is None else (agreement.both, agreement.same, agreement.kappa)
    return Audit(
        draw=draw.name,
        drawn=draw.moment,
        answered=judgement.when,
        confidence=confidence,
        population=population,
        drawn_items=sum(item.kind == "segment" for item in draw.items),
        judged=len(segments),
        cannot_tell=sum(judged.verdict == "cannot tell" for judged in segments),
        strict=by_count.share(confidence),
        lenient=_counted(segments, _is_right_or_cut, population.count).share(confidence),
        seconds=_timed(segments, _is_right, population.seconds).share(confidence),
        further=_counted(segments, _is_right, None).share(confidence, clusters),
        kinds={kind: _counted(segments, _is(kind), population.count).share(confidence) for kind in ERRORS},
        persons=dict(_of_persons(segments, population.persons, confidence)),
        reviewers=Reviewers(judgement.reviewers, both, same, kappa, len(judgement.disputed)),
        missed=_missed(judgement, confidence),
        behind=judgement.behind,
    )


def _of_persons(
    segments: Sequence[Judged], counts: Mapping[str, int], confidence: float
) -> Iterable[tuple[str, Share]]:
    """Yield the precision of each person of whom something was judged, in order of name."""
    for person in sorted({judged.item.person for judged in segments}):
        own = [judged for judged in segments if judged.item.person == person]
        yield person, _counted(own, _is_right, counts.get(person)).share(confidence)


def _missed(judgement: Judgement, confidence: float) -> Missed | None:
    """Return what was left out; None where nothing of it was drawn."""
    draw, population = judgement.draw, judgement.draw.population
    if not any(item.kind == "rejected" for item in draw.items):
        return None
    segments = [judged for judged in judgement.judged if judged.item.kind == "segment"]
    moments = [judged for judged in judgement.judged if judged.item.kind == "rejected"]
    found = _timed(segments, _is_there, population.seconds)
    missed = _counted(moments, _is_there, None)
    recall = recall_of(found, missed, population.seconds, population.left_out, confidence)
    return Missed(len(moments), population.left_out, missed.share(confidence), recall)


def recall_of(found: Sample, missed: Sample, seconds: float, left_out: float, confidence: float) -> Share:
    """Return how much of what there is was found.

    Two shares are estimated apart: of what is in the corpus, and of what was left out. Each is given half of what the
    interval of recall may miss (Bonferroni), so it holds both together.

    Parameters
    ----------
    found, missed
        Where somebody is who was looked for, in the corpus and in what was left out.
    seconds, left_out
        How much of each there is.
    confidence
        Of the interval.
    """
    each = 1.0 - (1.0 - confidence) / 2
    right, there = found.share(each), missed.share(each)
    known = right.estimate is not None and there.estimate is not None
    return Share(
        estimate=_part(right.estimate or 0.0, there.estimate or 0.0, seconds, left_out) if known else None,
        low=_part(right.low, there.high, seconds, left_out),
        high=_part(right.high, there.low, seconds, left_out),
        labels=min(right.labels, there.labels),
    )


def _part(right: float, there: float, seconds: float, left_out: float) -> float:
    found, missed = right * seconds, there * left_out
    return found / (found + missed) if found > 0 else 0.0


def _counted(judged: Sequence[Judged], measure: Measure, whole: float | None) -> Sample:
    values = [one.value(measure) for one in judged]
    return Sample(values, [1.0] * len(judged), [one.item.weight for one in judged], whole)


def _timed(judged: Sequence[Judged], measure: Measure, whole: float | None) -> Sample:
    values = [one.value(measure) for one in judged]
    return Sample(values, [one.item.duration for one in judged], [one.item.weight for one in judged], whole)


# What an answer says ------------------------------------------------------------------------------------------------


def _is_right(verdict: Verdict) -> bool | None:
    return None if verdict == "cannot tell" else verdict == "right"


def _is_right_or_cut(verdict: Verdict) -> bool | None:
    return None if verdict == "cannot tell" else verdict in ("right", "bad cut")


_is_there = _is_right_or_cut
"""For recall: the person is seen and heard there; where that was cut decides nothing."""


def _is(kind: Verdict) -> Measure:
    def measure(verdict: Verdict) -> bool | None:
        return None if verdict == "cannot tell" else verdict == kind

    return measure
