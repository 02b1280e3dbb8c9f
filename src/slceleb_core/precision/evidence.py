"""What is known of segments by people who looked: labels, each saying whether it may prove or only teach.

What teaches never proves. A label proves where everything that it stands for had a known chance of being asked about:
it was drawn at random (`drawn`), all segments of its video have been decided on, or a reference says who speaks when
(`reference`). What somebody chose to look at, as it was doubtful, says nothing of what nobody chose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from slceleb_core.corpus.folders import REVIEW
from slceleb_core.corpus.reading import recording_folders
from slceleb_core.corpus.spent import spent_in
from slceleb_core.disk.output import statement_of
from slceleb_core.precision.population import Member, Population, members_of, population_of
from slceleb_core.review.record import FROM, SPENT
from slceleb_core.types import Array

Kind: TypeAlias = Literal["right", "wrong person", "not speaking", "someone else's voice", "bad cut", "wrong"]
"""What a segment is; ``wrong`` where it was rejected and nobody has said for what."""

ERRORS: tuple[Kind, ...] = ("wrong person", "not speaking", "someone else's voice", "bad cut", "wrong")


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody has said of a segment.

    Attributes
    ----------
    segment, recording, person
        Which one: its id, the name of its video's folder, and whose it is said to be.
    right
        Whether it is.
    kind
        What it is.
    weight
        The inverse of the probability with which it was drawn; 1 where all were.
    proves
        Whether it may carry a bound; else it only teaches.
    source
        Where it comes from, in words: ``review``, ``review by ada``, ``audit``, ``reference talks.csv``.
    when
        When it was said, ISO 8601; empty where that is not known.
    """

    segment: str
    recording: str
    person: str
    right: bool
    kind: Kind
    weight: float = 1.0
    proves: bool = False
    source: str = "review"
    when: str = ""

    @property
    def cluster(self) -> tuple[str, str]:
        """With what it is right or wrong together: what one video says of one person."""
        return self.recording, self.person


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The segments of a folder, and what is known of some of them.

    Attributes
    ----------
    population
        All segments.
    labels
        One a segment at most, in the order of the population.
    """

    population: Population
    labels: tuple[Label, ...]

    @property
    def proving(self) -> tuple[Label, ...]:
        """The labels that may carry a bound."""
        return tuple(label for label in self.labels if label.proves)

    @property
    def teaching(self) -> tuple[Label, ...]:
        """Those that may not."""
        return tuple(label for label in self.labels if not label.proves)

    def joined(self, labels: Iterable[Label]) -> Evidence:
        """Return it with further labels, which have the last word; those of unknown segments count for nothing."""
        order = self.population.rows()
        known = (label for label in labels if label.segment in order)
        return replace(self, labels=tuple(sorted(_agreed(self.labels, known), key=lambda label: order[label.segment])))

    def rows(self, labels: Iterable[Label]) -> Array:
        """Return where labelled segments are in the population, int64 [n]."""
        places = self.population.rows()
        return np.array([places[label.segment] for label in labels], dtype=np.int64)


def clusters_of(labels: Iterable[Label]) -> Array:
    """Return which labels are right or wrong together, int64 [n]: equal numbers for what one video says of a person."""
    numbers: dict[tuple[str, str], int] = {}
    return np.array([numbers.setdefault(label.cluster, len(numbers)) for label in labels], dtype=np.int64)


def read_evidence(output_dir: Path) -> Evidence:
    """Return the segments of a folder, and what has been decided on them.

    Raises
    ------
    UsageError
        There is no such folder.
    """
    members: list[Member] = []
    labels: list[Label] = []
    for folder in recording_folders(output_dir):
        stated = statement_of(folder)
        found = members_of(folder.name, stated)
        members += found
        entries = stated.get(REVIEW) or {}
        said = reviewed(found, entries)
        labels += [replace(label, proves=False) for label in said] if _chose_limits(stated, entries) else said
    spent = spent_in(output_dir)
    labels = [replace(label, proves=label.proves and counts(label, spent)) for label in labels]
    return Evidence(population_of(members), tuple(labels))


def reviewed(members: Sequence[Member], entries: Mapping[str, Mapping[str, Any]]) -> list[Label]:
    """Return what reviews say of the segments of one video; they prove where they leave none out.

    Parameters
    ----------
    members
        All segments of the video.
    entries
        What was decided, by segment id, as ``source.json`` has it.
    """
    decided = [member for member in members if entries.get(member.segment.id, {}).get("decision")]
    whole = len(decided) == len(members)
    labels = [_reviewed(member, entries[member.segment.id]) for member in decided]
    spent = {key for key, entry in entries.items() if entry.get(SPENT)}
    return [replace(label, proves=whole and counts(label, spent)) for label in labels]


def counts(label: Label, spent: Collection[str]) -> bool:
    """Tell whether a label may still prove: not where it has taught a stage and is right; against, it counts."""
    return not label.right or label.segment not in spent


def _chose_limits(stated: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether what was decided on a video may be what its limits were chosen by.

    The profile was calibrated, and decisions have come along from results before it.
    """
    profile = ((stated.get("report") or {}).get("provenance") or {}).get("profile") or {}
    return bool(profile.get("evidence")) and any(FROM in entry for entry in entries.values())


def _reviewed(member: Member, entry: Mapping[str, Any]) -> Label:
    right = entry["decision"] == "accept"
    segment, reviewer = member.segment, str(entry.get("reviewer") or "")
    kind: Kind = "right" if right else _kind_in(str(entry.get("note") or ""))
    source = f"review by {reviewer}" if reviewer else "review"
    return Label(
        segment.id,
        member.recording,
        segment.person,
        right,
        kind,
        source=source,
        when=str(entry.get("when") or ""),
    )


def _kind_in(note: str) -> Kind:
    """Return the kind of error that a reviewer's note begins with."""
    return next((kind for kind in ERRORS if note.strip().lower().startswith(kind)), "wrong")


def _agreed(*groups: Iterable[Label]) -> list[Label]:
    """Return one label for each segment of several groups: what the last says, proving where any of them proves."""
    found: dict[str, Label] = {}
    for group in groups:
        for label in group:
            before = found.get(label.segment)
            found[label.segment] = label if before is None else replace(label, proves=label.proves or before.proves)
    return list(found.values())
