"""Answers laid beside the draw that they are about: which of them hold, and what they come to, item by item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slceleb_core.errors import UsageError
from slceleb_core.precision.auditing.answers import Answer, Answers, Verdict
from slceleb_core.precision.draws import Draw, Item
from slceleb_core.review.state import same_stretch

MOST_REVIEWERS = 2
"""Who judge independently; what they disagree on is settled by one more."""

Measure = Callable[[Verdict], "bool | None"]
"""Says of an answer whether something holds; None: it cannot be told."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An item, and what was answered on it.

    Attributes
    ----------
    item
        The item.
    answers
        By reviewer, in the order of their names.
    settled
        What settled a disagreement; None: nobody has.
    """

    item: Item
    answers: Mapping[str, Answer]
    settled: Answer | None = None

    @property
    def disputed(self) -> bool:
        """Whether reviewers answered differently, and nobody has settled it."""
        return self.settled is None and len({answer.verdict for answer in self.answers.values()}) > 1

    @property
    def verdict(self) -> Verdict | None:
        """The answer; None where it is disputed."""
        if self.settled is not None:
            return self.settled.verdict
        verdicts = {answer.verdict for answer in self.answers.values()}
        return verdicts.pop() if len(verdicts) == 1 else None

    def value(self, measure: Measure) -> bool | None:
        """Return what a measure says of it; None where it cannot be told, or reviewers do not agree on that."""
        given = [self.settled] if self.settled is not None else list(self.answers.values())
        values = {measure(answer.verdict) for answer in given}
        return values.pop() if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the answers on a draw come to.

    Attributes
    ----------
    draw
        The draw.
    judged
        Items that were answered from the first one on without a gap, in the order in which they were shown: those are
        a random sample.
    behind
        How many were answered behind the first gap. Whoever skips chooses, so they do not count.
    unknown
        How many answers are about nothing that the draw holds.
    reviewers
        Who judged, in the order of their names; who settled is not among them.
    when
        When the last answers were saved.
    """

    draw: Draw
    judged: tuple[Judged, ...]
    behind: int
    unknown: int
    reviewers: tuple[str, ...]
    when: str

    @property
    def disputed(self) -> tuple[Judged, ...]:
        """What reviewers answered differently, and nobody has settled."""
        return tuple(judged for judged in self.judged if judged.disputed)


def judge(draw: Draw, given: Sequence[Answers]) -> Judgement:
    """Return what answers on a draw come to.

    Parameters
    ----------
    draw
        The draw.
    given
        The answers, of each reviewer once.

    Raises
    ------
    UsageError
        Answers are about another draw, or about other stretches than it holds; or there are too many reviewers.
    """
    for answers in given:
        _check(draw, answers)
    reviewing = {answers.reviewer: answers for answers in sorted(_reviewing(given), key=lambda one: one.reviewer)}
    if len(reviewing) > MOST_REVIEWERS:
        raise UsageError(
            f"{len(reviewing)} people have judged the draw {draw.name}: {', '.join(reviewing)}",
            "two judge; what they disagree on is settled by a third, on the page that is made of it",
        )
    settling = {key: answer for answers in given if answers.settles for key, answer in answers.answers.items()}
    known = {item.id for item in draw.items}
    judged: list[Judged] = []
    for item in draw.items:
        by_reviewer = {name: own.answers[item.id] for name, own in reviewing.items() if item.id in own.answers}
        if not by_reviewer:
            break
        differ = len({answer.verdict for answer in by_reviewer.values()}) > 1
        judged.append(Judged(item, by_reviewer, settling.get(item.id) if differ else None))
    answered = {key for answers in reviewing.values() for key in answers.answers}
    return Judgement(
        draw=draw,
        judged=tuple(judged),
        behind=len(answered & known) - len(judged),
        unknown=len(answered - known),
        reviewers=tuple(reviewing),
        when=max((answers.when for answers in given), default=""),
    )


def _reviewing(given: Iterable[Answers]) -> Iterator[Answers]:
    return (answers for answers in given if not answers.settles)


def _check(draw: Draw, answers: Answers) -> None:
    """Raise UsageError where answers are about another draw, or other stretches."""
    who = answers.reviewer or "a reviewer without a name"
    if answers.draw != draw.name or answers.moment != draw.moment:
        raise UsageError(
            f"the answers of {who} are about {answers.draw} of {answers.moment}, not {draw.name} of {draw.moment}",
            "give answers to one draw at a time, and of the folder that it was drawn from",
        )
    items = {item.id: item for item in draw.items}
    for key, answer in answers.answers.items():
        item = items.get(key)
        if item is not None and not same_stretch(
            (answer.person, answer.start, answer.end), (item.person, item.start, item.end)
        ):
            raise UsageError(
                f"{key} is another stretch in the draw {draw.name} than the one that {who} has judged",
                "judge it again, on the page of this draw",
            )
