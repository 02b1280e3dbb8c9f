"""What audits have said of a corpus, as it is kept in the folder (``audit.json``), and whether it still holds.

An audit speaks of the corpus as it stood when its segments were drawn. What has become of the corpus since is found
out whenever an audit is shown (:func:`since`). Audits are made by ``precision.auditing``; whatever shows a corpus reads
them here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from slceleb_core.corpus.reading import Corpus, Recording, Utterance
from slceleb_core.disk.atomic import write_durably
from slceleb_core.errors import UsageError

FILE = "audit.json"
"""In an output folder."""

FORMAT = 1
"""Raised when a reader would have to change."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share, and between what it lies.

    Attributes
    ----------
    estimate
        None where nothing could be told.
    low, high
        Between what it lies, at the audit's confidence.
    labels
        From how many answers; of unequal ones, of as many equal ones as they are worth.
    """

    estimate: float | None
    low: float
    high: float
    labels: float


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is of one person in one video.

    Attributes
    ----------
    count, seconds
        Segments.
    left_out
        Seconds that gates have stopped, as far as they were drawn from.
    """

    count: int = 0
    seconds: float = 0.0
    left_out: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One video when it was drawn from.

    Attributes
    ----------
    digest
        Of who speaks in its segments and when: another one says that it was judged anew. Empty: somebody was removed.
    persons
        How much there is of each.
    """

    digest: str
    persons: Mapping[str, Amount] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Segments."""
        return sum(amount.count for amount in self.persons.values())


@dataclass(frozen=True, slots=True)
class Population:
    """What was drawn from.

    Attributes
    ----------
    digest
        Of all segments: their ids, who speaks, when. Empty: something was removed since.
    recordings
        The videos by name; those without a segment, too.
    """

    digest: str
    recordings: Mapping[str, Part] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Segments."""
        return sum(part.count for part in self.recordings.values())

    @property
    def seconds(self) -> float:
        """Seconds of all segments."""
        return sum(amount.seconds for amount in self._amounts())

    @property
    def left_out(self) -> float:
        """Seconds that gates have stopped; 0 where none of them were drawn from."""
        return sum(amount.left_out for amount in self._amounts())

    @property
    def persons(self) -> Mapping[str, int]:
        """How many segments there are of each person who speaks, in order of name."""
        counts: Counter[str] = Counter()
        for part in self.recordings.values():
            counts.update({person: amount.count for person, amount in part.persons.items() if amount.count})
        return dict(sorted(counts.items()))

    def _amounts(self) -> Iterator[Amount]:
        return (amount for part in self.recordings.values() for amount in part.persons.values())

    @classmethod
    def of(cls, corpus: Corpus, left_out: Mapping[tuple[str, str], float] | None = None) -> Population:
        """Return the population that a corpus is.

        Parameters
        ----------
        corpus
            The corpus.
        left_out
            Seconds that gates have stopped, by video and person; None: they are not drawn from.
        """
        stopped: dict[str, dict[str, float]] = {}
        for (name, person), seconds in (left_out or {}).items():
            stopped.setdefault(name, {})[person] = seconds
        parts = {recording.name: _part(recording, stopped.get(recording.name, {})) for recording in corpus.recordings}
        return cls(digest_of(corpus.utterances()), parts)

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready, with its sums."""
        return {"count": self.count, "seconds": round(self.seconds, 3), **asdict(self)}

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> Population:
        """Return the population of :meth:`to_json`; KeyError, TypeError or AttributeError where it is none."""
        return cls(
            digest=str(stated["digest"]),
            recordings={
                str(name): Part(
                    str(part["digest"]),
                    {str(person): Amount(**amount) for person, amount in part["persons"].items()},
                )
                for name, part in stated["recordings"].items()
            },
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """What was left out of a corpus, as far as moments of it were judged.

    Attributes
    ----------
    judged
        How many moments.
    seconds
        Seconds that gates have stopped, in all.
    share
        In how much of them the person speaks after all.
    recall
        Of all seconds in which somebody speaks who was looked for and whose face was found, how many are in the corpus.
    """

    judged: int
    seconds: float
    share: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Reviewers:
    """Who judged, and how far they agree.

    Attributes
    ----------
    names
        Who; empty names are kept.
    both, same
        Items that two have answered, and on how many of them they answered the same.
    kappa
        Cohen's; None where it is not defined.
    disputed
        Items on which they differ, and which nobody has settled.
    """

    names: tuple[str, ...]
    both: int = 0
    same: int = 0
    kappa: float | None = None
    disputed: int = 0


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit says. Every share is of the population, as it stood when it was drawn from.

    Attributes
    ----------
    draw
        Name of the draw.
    drawn, answered
        When it was drawn, and when the last answers were saved; ISO 8601.
    confidence
        How often an interval is to hold the truth.
    population
        What was drawn from.
    drawn_items, judged
        Segments that were drawn, and that were answered from the first one on without a gap.
    cannot_tell
        Of how many nobody could tell: they count as wrong in a lower bound, and as right in an upper one.
    strict
        The precision: segments that are right, a bad cut being an error.
    lenient
        The same, a bad cut being none.
    seconds
        Seconds that are right, a bad cut being an error.
    further
        The precision that more videos like these may be expected to have: errors of one person in one video are taken
        to come together until they have shown otherwise.
    kinds
        How many segments are wrong in each way.
    persons
        The precision of each person of whom something was judged.
    reviewers
        Who judged.
    missed
        What was left out; None where nothing of it was drawn.
    behind
        Answers behind the first gap, which do not count.
    """

    draw: str
    drawn: str
    answered: str
    confidence: float
    population: Population
    drawn_items: int
    judged: int
    cannot_tell: int
    strict: Share
    lenient: Share
    seconds: Share
    further: Share
    kinds: Mapping[str, Share]
    persons: Mapping[str, Share]
    reviewers: Reviewers
    missed: Missed | None = None
    behind: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "population": self.population.to_json()}

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> Audit:
        """Return the audit of :meth:`to_json`; KeyError, TypeError or AttributeError where it is none."""
        missed = stated["missed"]
        shares = {name: Share(**stated[name]) for name in ("strict", "lenient", "seconds", "further")}
        tables = {name: {key: Share(**share) for key, share in stated[name].items()} for name in ("kinds", "persons")}
        reviewers = Reviewers(**{**stated["reviewers"], "names": tuple(stated["reviewers"]["names"])})
        return cls(
            **{
                **stated,
                **shares,
                **tables,
                "population": Population.from_json(stated["population"]),
                "reviewers": reviewers,
                "missed": None if missed is None else _missed(missed),
            }
        )


@dataclass(frozen=True, slots=True)
class Since:
    """What has become of a corpus since an audit drew from it.

    Attributes
    ----------
    added, taken_out
        Segments that have been added and taken out, in videos of which there are more or fewer now.
    judged_anew
        Videos that have as many segments as then, and others.
    """

    added: int = 0
    taken_out: int = 0
    judged_anew: int = 0

    @property
    def nothing(self) -> bool:
        """Whether the corpus is the one that was drawn from."""
        return self == Since()


def since(population: Population, corpus: Corpus) -> Since:
    """Return what has become of a corpus since it was a population."""
    now = {recording.name: _part(recording, {}) for recording in corpus.recordings}
    then, none = population.recordings, Part("")
    pairs = [(then.get(name, none), now.get(name, none)) for name in {*then, *now}]
    alike = [(past, present) for past, present in pairs if past.count == present.count > 0]
    return Since(
        added=sum(max(present.count - past.count, 0) for past, present in pairs),
        taken_out=sum(max(past.count - present.count, 0) for past, present in pairs),
        judged_anew=sum(past.digest not in ("", present.digest) for past, present in alike),
    )


def digest_of(utterances: Iterable[Utterance]) -> str:
    """Return a hash of which segments these are: their ids, who speaks, from when to when."""
    hashed = hashlib.sha256()
    for utterance in utterances:
        segment = utterance.segment
        hashed.update(f"{segment.id}\t{segment.person}\t{segment.start:.3f}\t{segment.end:.3f}\n".encode())
    return hashed.hexdigest()[:16]


def _part(recording: Recording, left_out: Mapping[str, float]) -> Part:
    amounts = {person: Amount(left_out=round(seconds, 3)) for person, seconds in left_out.items()}
    for utterance in recording.utterances:
        known = amounts.get(utterance.person, Amount())
        seconds = round(known.seconds + utterance.segment.duration, 3)
        amounts[utterance.person] = replace(known, count=known.count + 1, seconds=seconds)
    return Part(digest_of(recording.utterances), dict(sorted(amounts.items())))


def _missed(stated: Mapping[str, Any]) -> Missed:
    return Missed(**{**stated, "share": Share(**stated["share"]), "recall": Share(**stated["recall"])})


# On disk ------------------------------------------------------------------------------------------------------------


def read_audits(output_dir: Path) -> tuple[Audit, ...]:
    """Return the audits of a corpus, the latest draw first; none where there is no file.

    Raises
    ------
    UsageError
        The file is damaged.
    """
    path = output_dir / FILE
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        if stated["format"] != FORMAT:
            raise ValueError(f"it has the format {stated['format']!r}, this program knows {FORMAT}")
        audits = [Audit.from_json(audit) for audit in stated["audits"]]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", "make it readable") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{path} is no audit: {error}", "delete it, and give the answers again: slceleb audit"
        ) from None
    return tuple(sorted(audits, key=lambda audit: audit.drawn, reverse=True))


def write_audits(output_dir: Path, audits: Iterable[Audit]) -> None:
    """Write the audits of a corpus.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    stated = {"format": FORMAT, "audits": [audit.to_json() for audit in audits]}
    write_durably(output_dir / FILE, (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode())
