"""How far two reviewers agree, and how far beyond what chance would have them agree.

The latter is the kappa of Cohen, A coefficient of agreement for nominal scales, Educational and Psychological
Measurement 20, 1960.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slceleb_core.precision.auditing.judging import Judgement


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two reviewers agree.

    Attributes
    ----------
    both
        Items that both have answered.
    same
        On how many of them they answered the same, of all kinds.
    kappa
        Cohen's; None where it is not defined: nothing was answered by both, or both answered one and the same on
        everything, so that chance alone would have them agree.
    """

    both: int
    same: int
    kappa: float | None


def agreement_of(judgement: Judgement) -> Agreement | None:
    """Return how far the reviewers of a draw agree; None where there are not two."""
    if len(judgement.reviewers) < 2:
        return None
    pairs = [
        (first.verdict, second.verdict)
        for judged in judgement.judged
        if len(judged.answers) == 2
        for first, second in [tuple(judged.answers.values())]
    ]
    return Agreement(len(pairs), sum(first == second for first, second in pairs), kappa(pairs))


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of pairs of answers; None where it is not defined."""
    count = len(pairs)
    if not count:
        return None
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    by_chance = sum(firsts[answer] * seconds[answer] for answer in firsts) / count**2
    if by_chance == 1.0:
        return None
    return (sum(first == second for first, second in pairs) / count - by_chance) / (1.0 - by_chance)
