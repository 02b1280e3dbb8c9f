"""What was decided on earlier results of a video follows the stretches that it is about into the results of now.

A video that is decided anew has other segments, and others of the same number. What a person has decided is about a
stretch: whose, from when to when. Where the results of now have the same one, under whatever id, the decision is
written down there, with who, when, its history and where it comes from; a rejected one is then taken out as one that
was left in the middle (``resuming``). Where they do not have it, the decision is kept under ``absent``, and follows the
stretch into results that have it again.

``carried`` of ``source.json`` names the earlier results that have been looked through. All of a video is written in
one step, so whoever was stopped begins again: what is not named there is looked through, whichever run put it aside.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from slceleb_core.corpus.editing import JsonObject, edit_json
from slceleb_core.corpus.folders import ABSENT, REVIEW
from slceleb_core.corpus.restoring import make_room
from slceleb_core.corpus.spent import spent_in, unspend
from slceleb_core.corpus.verdicts import left_out
from slceleb_core.disk.output import SOURCE, earlier_results, statement_of
from slceleb_core.disk.refusals import writing
from slceleb_core.results import Segment
from slceleb_core.review.record import FROM, SPENT, said_of
from slceleb_core.review.state import CLOSE

CARRIED = "carried"
"""In the statement of a video: names of the earlier results whose decisions have come along."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What came along.

    Attributes
    ----------
    decided
        Segments of now on which a decision has come along, by id.
    going
        Those of them that are in the corpus, and were rejected: they are to be taken out.
    returning
        Those that were accepted, and that their voices keep out: they are to be brought back.
    absent
        How many decisions are kept that are on stretches which the results of now do not have.
    """

    decided: frozenset[str] = frozenset()
    going: frozenset[str] = frozenset()
    returning: frozenset[str] = frozenset()
    absent: int = 0

    def __or__(self, other: Followed) -> Followed:
        return Followed(
            self.decided | other.decided,
            self.going | other.going,
            self.returning | other.returning,
            self.absent + other.absent,
        )


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decision, and the segment that it is on, as ``source.json`` of its results has it."""

    segment: Mapping[str, Any]
    entry: JsonObject

    @property
    def stretch(self) -> tuple[str, float, float]:
        """Whose, from when to when: files that say it the same way mean the same."""
        return str(self.segment["person"]), round(self.segment["start"], 3), round(self.segment["end"], 3)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What was decided on earlier results of a video."""

    looked_through: tuple[str, ...]
    decided: tuple[_Decided, ...]
    spent: frozenset[str]
    """Ids that are in the list of what has taught, and of which the decisions say so themselves from now on."""


@dataclass(slots=True)
class _Merged:
    """What is decided on the results of now: by id, and on stretches that they do not have."""

    entries: dict[str, JsonObject]
    absent: dict[tuple[str, float, float], JsonObject]
    came: set[str] = field(default_factory=set)


def follow(output_dir: Path) -> Followed:
    """Write down what was decided on earlier results where those of now have the same stretch.

    Nothing is taken out or brought back yet: that is what ``resuming.resume`` does with whatever is written down.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.

    Raises
    ------
    OutputError
        It cannot be written; the same call again goes on from there.
    UsageError
        The list of what has taught is damaged.
    """
    followed = Followed()
    for name, shelved in earlier_results(output_dir).items():
        stated = statement_of(output_dir / name)
        earlier = _earlier(stated, shelved, spent_in(output_dir)) if stated else None
        if earlier is not None and earlier.decided:
            with writing(f"to {output_dir / name}"):
                followed |= _follow(output_dir, name, stated, earlier)
    return followed


def _follow(output_dir: Path, name: str, stated: JsonObject, earlier: _Earlier) -> Followed:
    present = {segment["id"]: segment for segment in (stated.get("report") or {}).get("segments", ())}
    unheard = {key: segment.to_json() for key, segment in left_out(stated).items()}
    merged = _merged(stated, {**unheard, **present}, earlier.decided)
    for key in merged.came:
        merged.entries[key] = _on(merged.entries[key], {**unheard, **present}[key], there=key in present)
    verdicts = {key: merged.entries[key]["decision"] for key in merged.came}
    going = frozenset(key for key, verdict in verdicts.items() if verdict == "reject" and key in present)
    returning = frozenset(key for key, verdict in verdicts.items() if verdict == "accept" and key not in present)
    make_room(output_dir, {name: {key: Segment.from_json(present[key]) for key in going}})
    edit_json(output_dir / name / SOURCE, partial(_with, merged=merged, earlier=earlier))
    unspend(output_dir, earlier.spent - {*(stated.get(REVIEW) or {})})
    return Followed(frozenset(merged.came), going, returning, len(merged.absent) - len(stated.get(ABSENT, ())))


def _with(stated: JsonObject, merged: _Merged, earlier: _Earlier) -> JsonObject:
    carried = [*stated.get(CARRIED, ()), *earlier.looked_through]
    in_order = sorted(merged.absent.values(), key=lambda entry: entry["segment"]["start"])
    absent = {ABSENT: in_order} if in_order else {}
    entries = {REVIEW: dict(sorted(merged.entries.items()))} if merged.entries else {}
    return {**stated, **entries, **absent, CARRIED: carried}


# What was decided before ------------------------------------------------------------------------------------------


def _earlier(stated: JsonObject, shelved: Iterable[Path], spent: frozenset[str]) -> _Earlier | None:
    """Return what was decided on earlier results of the same file that have not been looked through yet."""
    known, fingerprint = stated.get(CARRIED, ()), stated.get("fingerprint")
    new = [folder for folder in shelved if folder.name not in known and _holds_decisions(folder)]
    told = [(folder.name, statement_of(folder)) for folder in new]
    same = [(name, other) for name, other in told if fingerprint and other.get("fingerprint") == fingerprint]
    if not same:
        return None
    of_last = spent & {*(same[-1][1].get(REVIEW) or {})}  # the list is of the ids that were the last ones
    decided = [
        each for name, other in same for each in _decided(other, name, of_last if name == same[-1][0] else frozenset())
    ]
    return _Earlier(tuple(name for name, _ in same), tuple(decided), of_last)


def _holds_decisions(folder: Path) -> bool:
    """Tell whether decisions may stand in a statement; most have none, and are large."""
    try:
        content = (folder / SOURCE).read_bytes()
    except OSError:
        return False
    return any(f'"{word}"'.encode() in content for word in (REVIEW, ABSENT))


def _decided(stated: JsonObject, name: str, spent: frozenset[str]) -> Iterator[_Decided]:
    """Yield what was decided on results, and on stretches that they did not have either."""
    present = {segment["id"]: segment for segment in (stated.get("report") or {}).get("segments", ())}
    known = {**{key: segment.to_json() for key, segment in left_out(stated).items()}, **present}
    for entry in stated.get(ABSENT, ()):
        yield _Decided(entry["segment"], _alone(entry))
    for key, entry in (stated.get(REVIEW) or {}).items():
        segment = entry.get("segment") or known.get(key)
        if segment is not None and entry.get("decision") in ("accept", "reject"):
            taught: JsonObject = {SPENT: True} if key in spent else {}
            yield _Decided(segment, {FROM: {"results": name, "segment": key}, **_alone(entry), **taught})


def _alone(entry: JsonObject) -> JsonObject:
    return {name: value for name, value in entry.items() if name != "segment"}


# What is decided now ----------------------------------------------------------------------------------------------


def _merged(stated: JsonObject, known: Mapping[str, JsonObject], decided: Iterable[_Decided]) -> _Merged:
    """Return what is decided when all has come along: of each stretch, what was decided on the last results counts."""
    own = stated.get(REVIEW) or {}
    taken_out = {key: entry["segment"] for key, entry in own.items() if entry.get("segment")}
    stretches = _Stretches({**taken_out, **known})
    merged = _Merged({}, {_Decided(entry["segment"], {}).stretch: entry for entry in stated.get(ABSENT, ())})
    for each in decided:
        key = stretches.find(each.segment)
        if key is None:
            kept = {**_over(each.entry, merged.absent.get(each.stretch)), "segment": dict(each.segment)}
            merged.absent[each.stretch] = kept
        else:
            merged.entries[key] = _over(each.entry, merged.entries.get(key))
    merged.came.update(merged.entries.keys() - own.keys())
    for key, entry in own.items():
        merged.entries[key] = _over(entry, merged.entries.get(key))
    return merged


def _on(entry: JsonObject, segment: JsonObject, *, there: bool) -> JsonObject:
    """Return a decision as one on a segment of now, which is kept where it leaves, or is on its way back."""
    return entry if there and entry["decision"] == "accept" else {**entry, "segment": segment}


def _over(entry: JsonObject, before: JsonObject | None) -> JsonObject:
    """Return a decision that goes before another one, which is then part of its history."""
    if before is None:
        return entry
    past = [*before.get("earlier", ()), said_of(before), *entry.get("earlier", ())]
    history: dict[tuple[Any, ...], JsonObject] = {}
    for said in past:
        if _said(said) != _said(entry):
            history.setdefault(_said(said), said)
    taught: JsonObject = {SPENT: True} if before.get(SPENT) else {}
    return {**entry, **taught, **({"earlier": list(history.values())} if history else {})}


def _said(entry: JsonObject) -> tuple[Any, ...]:
    return tuple(entry.get(name, "") for name in ("decision", "reviewer", "when"))


class _Stretches:
    """Segments, by id, to be found by whose they are and when."""

    def __init__(self, segments: Mapping[str, Mapping[str, Any]]) -> None:
        self._by_person: dict[str, list[tuple[float, float, str]]] = {}
        for key, segment in segments.items():
            place = (float(segment["start"]), float(segment["end"]), key)
            self._by_person.setdefault(segment["person"], []).append(place)
        for places in self._by_person.values():
            places.sort()

    def find(self, segment: Mapping[str, Any]) -> str | None:
        """Return the id of the same stretch; None where there is none."""
        places = self._by_person.get(segment["person"], [])
        for start, end, key in places[bisect_left(places, (segment["start"] - CLOSE,)) :]:
            if start > segment["start"] + CLOSE:
                return None
            if abs(end - segment["end"]) <= CLOSE:
                return key
        return None
