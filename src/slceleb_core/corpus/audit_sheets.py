"""What an audit says, in sentences and tables: for the terminal, the report's page and the datasheet alike."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

from slceleb_core.corpus.audits import Audit, Reviewers, Share, Since
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import counted, percent

ROWS = 500
"""People in the table; the JSON has all."""

ROUNDING = 1e-6
"""Thousandths that are an error of the arithmetic."""

UNSEEN = "faces that were never found, and people who were not looked for, are in neither"
"""What recall cannot see."""


def audit_lines(audit: Audit, since: Since) -> list[str]:
    """Return what an audit says, a sentence each; the most important one first."""
    return [*_precision(audit), *_limits(audit), *stale_lines(audit, since)]


def headline(audit: Audit) -> str:
    """Return the precision, its interval, and what it is of."""
    of = f"{counted(audit.judged, 'segment')} judged, drawn on {_day(audit.drawn)} of {audit.population.count:,}"
    return f"Precision {interval(audit.strict)} at {_sure(audit)} confidence: {of}"


def interval(share: Share) -> str:
    """Return an estimate and between what it lies: ``98.5 % (95.7 to 99.7 %)``."""
    between = f"{at_least(share).removesuffix(' %')} to {at_most(share)}"
    return f"unknown ({between})" if share.estimate is None else f"{percent(share.estimate)} ({between})"


def at_least(share: Share) -> str:
    """Return the lower end of an interval as a percentage: rounded down, as it is a promise."""
    return f"{floor(1000 * share.low + ROUNDING) / 10:.1f} %"


def at_most(share: Share) -> str:
    """Return the upper end of an interval as a percentage, rounded up."""
    return f"{ceil(1000 * share.high - ROUNDING) / 10:.1f} %"


def stale_lines(audit: Audit, since: Since) -> list[str]:
    """Return what has become of the corpus since, in a sentence; none where it is the same."""
    if since.nothing:
        return []
    changes = [
        f"{counted(since.added, 'segment')} added" if since.added else "",
        f"{since.taken_out:,} taken out" if since.taken_out else "",
        f"{counted(since.judged_anew, 'video')} judged anew" if since.judged_anew else "",
    ]
    told = ", ".join(change for change in changes if change)
    return [f"The corpus has changed since ({told}): this is of the corpus as of {_day(audit.drawn)}."]


def _precision(audit: Audit) -> Iterator[str]:
    yield f"{headline(audit)}. A bad cut counts as an error."
    yield f"Without bad cuts {interval(audit.lenient)}; of the seconds, strictly, {interval(audit.seconds)}."
    yield f"Of more videos like these, in which errors may come together, {interval(audit.further)}."
    missed = audit.missed
    if missed is not None and missed.judged:
        yield (
            f"Recall {interval(missed.recall)} of the seconds in which somebody speaks who is looked for: "
            f"{counted(missed.judged, 'moment')} of what was left out judged; {UNSEEN}."
        )


def _limits(audit: Audit) -> Iterator[str]:
    reviewers = audit.reviewers
    if len(reviewers.names) > 1:
        yield _agreement(reviewers)
    if audit.cannot_tell:
        yield f"On {audit.cannot_tell:,} nobody could tell: wrong in lower bounds, right in upper ones."
    if audit.judged < audit.drawn_items:
        yield f"{audit.judged:,} of {counted(audit.drawn_items, 'segment')} that were drawn are answered without a gap."
    if audit.behind:
        yield f"{counted(audit.behind, 'answer')} behind a gap: not counted, as whoever skips chooses."


def _agreement(reviewers: Reviewers) -> str:
    kappa = "not defined, as all answers are one and the same" if reviewers.kappa is None else f"{reviewers.kappa:.2f}"
    part = percent(reviewers.same / reviewers.both if reviewers.both else None)
    alike = f"{reviewers.same:,} of {counted(reviewers.both, 'item')} that both judged ({part})"
    rest = f"; {reviewers.disputed:,} not settled" if reviewers.disputed else ""
    return f"{' and '.join(reviewers.names)} agree on {alike}; Cohen's kappa {kappa}{rest}."


def audit_sheets(audit: Audit) -> list[Sheet]:
    """Return the tables of an audit: how segments are wrong, and the precision by person."""
    kinds = [[kind, *_cells(share)] for kind, share in audit.kinds.items()]
    persons = sorted(audit.persons.items(), key=lambda item: (item[1].low, item[0]))
    rows = [[name, *_cells(share), f"{share.labels:.0f}"] for name, share in persons[:ROWS]]
    each = f"Each interval by itself, at {_sure(audit)} confidence."
    more = f" {len(persons) - ROWS:,} more people are in audit.json." if len(persons) > ROWS else ""
    return [
        Sheet("Errors", ("error", ">share", ">from", ">to"), kinds, f"Of all segments. {each}"),
        Sheet("Audited precision", ("person", ">precision", ">from", ">to", ">judged"), rows, f"{each}{more}"),
    ]


def _cells(share: Share) -> list[str]:
    return [percent(share.estimate), at_least(share), at_most(share)]


def _sure(audit: Audit) -> str:
    return f"{100 * audit.confidence:g} %"


def _day(moment: str) -> str:
    return moment[:10]
