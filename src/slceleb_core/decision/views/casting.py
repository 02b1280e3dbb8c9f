"""Who is seen by any of the cameras, and who each of them is: the joint vote of all that show one person.

A name is given at one time to one person only. Where two cameras see somebody of a name, each by faces that are too
unlike to be linked, such as one from the front and one from the side, they are one person, unless somebody who is
seen beside the one is more like the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from slceleb_core.decision.identity import Gallery, Identity, Vote, decide
from slceleb_core.decision.operating import OperatingPoint
from slceleb_core.decision.views.linking import Alike, likeness, linked
from slceleb_core.decision.views.sightings import Sighted, TrackKey

Members: TypeAlias = tuple[Sighted, ...]
"""Tracks that show one person."""


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """Somebody who is seen, by whichever cameras, and without a break.

    Attributes
    ----------
    id
        Its number, from 1 on in order of time.
    members
        The tracks that show them.
    who
        Who it is.
    """

    id: int
    members: tuple[Sighted, ...]
    who: Identity

    @property
    def start(self) -> float:
        """When it begins, seconds."""
        return min(member.start for member in self.members)

    @property
    def end(self) -> float:
        """When it ends, seconds."""
        return max(member.end for member in self.members)


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Everybody who is seen.

    Attributes
    ----------
    appearances
        By their number.
    of_track
        The number of an appearance by its tracks.
    """

    appearances: Mapping[int, Appearance]
    of_track: Mapping[TrackKey, int]
    _alike: Alike
    _different: dict[tuple[int, int], bool] = field(default_factory=dict)

    def different(self, first: int, second: int) -> bool:
        """Tell whether two appearances are known to be of different people; else they may be of one.

        They are where both have names, where a camera sees them on one picture, and where no two of their tracks are
        alike enough to be possibly of one face.
        """
        key = (min(first, second), max(first, second))
        if key not in self._different:
            self._different[key] = self._told_apart(self.appearances[first], self.appearances[second])
        return self._different[key]

    def _told_apart(self, one: Appearance, other: Appearance) -> bool:
        if one.who.person is not None and other.who.person is not None and one.who.person != other.who.person:
            return True
        keys = {member.key for member in other.members}
        if any(not member.beside.isdisjoint(keys) for member in one.members):
            return True
        pairs = ((first, second) for first in one.members for second in other.members)
        return not any(self._alike.possibly(*pair) for pair in pairs)


def joint(members: Iterable[Sighted]) -> Vote:
    """Return the vote of several tracks together."""
    there = [member for member in members if member.vote.weight > 0]
    if not there:
        return Vote()
    total = np.sum([member.vote.total for member in there], axis=0)
    whole = np.sum([member.total for member in there], axis=0)
    return Vote(sum(member.vote.weight for member in there), total, float(whole @ whole))


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """How votes become names.

    Attributes
    ----------
    gallery
        The persons of interest.
    point, margin
        What a vote must reach to be for somebody, as of ``identity.decide``.
    """

    gallery: Gallery
    point: OperatingPoint
    margin: float

    def who(self, members: Members) -> Identity:
        """Return who some tracks show together."""
        return decide(joint(members), self.gallery, self.point, self.margin)


def cast(tracks: Sequence[Sighted], naming: Naming, alike: Alike) -> Cast:
    """Return who is seen.

    Parameters
    ----------
    tracks
        Of all cameras.
    naming
        How votes become names.
    alike
        Which tracks may be linked.
    """
    seen = _Seen(naming, {track.key: track for track in tracks})
    decided = [(members, naming.who(members)) for members in linked(tracks, alike)]
    for members, alone in sorted(decided, key=lambda pair: (-(pair[1].similarity or 0.0), pair[0][0].key)):
        seen.take(members, alone)
    ordered = sorted(seen.people, key=lambda pair: (min(member.start for member in pair[0]), pair[0][0].key))
    appearances = {number: Appearance(number, *pair) for number, pair in enumerate(ordered, start=1)}
    of_track = {member.key: number for number, one in appearances.items() for member in one.members}
    return Cast(appearances, of_track, alike)


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """Somebody who is seen, from when until when."""

    members: Members
    who: Identity
    start: float
    end: float

    @classmethod
    def of(cls, members: Members, who: Identity) -> _Person:
        """Return somebody whose tracks these are."""
        return cls(members, who, min(track.start for track in members), max(track.end for track in members))

    @property
    def key(self) -> TrackKey:
        """The first track."""
        return self.members[0].key

    def overlaps(self, other: _Person) -> bool:
        """Tell whether any of their tracks can be seen at one time."""
        return self.start < other.end and other.start < self.end


class _Seen:
    """Those who are seen, taken up in the order of how near they are to their names.

    Parameters
    ----------
    naming
        How votes become names.
    tracks
        All of them.
    """

    def __init__(self, naming: Naming, tracks: Mapping[TrackKey, Sighted]) -> None:
        self._naming, self._tracks = naming, tracks
        self._people: dict[TrackKey, _Person] = {}  # by their first track
        self._named: dict[str, dict[TrackKey, _Person]] = {}

    @property
    def people(self) -> list[tuple[Members, Identity]]:
        """The tracks of each, and who they are."""
        return [(person.members, person.who) for person in self._people.values()]

    def take(self, members: Members, alone: Identity) -> None:
        """Take somebody up: as one with whoever has the name at that time, or by themselves.

        Parameters
        ----------
        members
            The tracks of one person.
        alone
            Who that is, taken by itself.
        """
        new, absorbed = _Person.of(members, alone), []
        for other in list(self._named.get(alone.person, {}).values()) if alone.person is not None else ():
            if other.overlaps(new) and _at_one_time(members, other.members):
                both = tuple(sorted((*new.members, *other.members), key=lambda member: member.key))
                rival, together = self._rival(members, other.members), self._naming.who(both)
                if rival is not None or together.person != alone.person:
                    self._add(_Person.of(members, _without_name(alone, rival)))
                    return
                new = _Person.of(both, together)
                absorbed.append(other)
        for other in absorbed:
            del self._people[other.key], self._named[alone.person or ""][other.key]
        self._add(new)

    def _add(self, person: _Person) -> None:
        self._people[person.key] = person
        if person.who.person is not None:
            self._named.setdefault(person.who.person, {})[person.key] = person

    def _rival(self, members: Members, named: Members) -> TrackKey | None:
        """Return the track by which two are seen to be different people; None: they may be one.

        It is one of them, seen beside the other; or somebody who is seen beside the one is more like the other.
        """
        own = {track.key for track in named}
        for track in members:
            if track.beside & own:
                return min(track.beside & own)
        pairs = [(first, second) for first in members for second in named if first.together(second) > 0.0]
        return next((key for pair in pairs for key in (*self._nearer(*pair), *self._nearer(*reversed(pair)))), None)

    def _nearer(self, track: Sighted, other: Sighted) -> list[TrackKey]:
        """Return who is seen beside `other`, at the time of `track`, and is more like that."""
        near = likeness(track, other)
        beside = (self._tracks[key] for key in sorted(other.beside))
        return [one.key for one in beside if one.together(track) > 0.0 and likeness(track, one) > near]


def _at_one_time(one: Members, other: Members) -> bool:
    return any(first.together(second) > 0.0 for first in one for second in other)


def _without_name(alone: Identity, rival: TrackKey | None) -> Identity:
    """Return who is left where the name is somebody else's at that time."""
    other = "somebody" if rival is None else f"track {rival[1]} of camera {rival[0] + 1}"
    reason = f"nobody: {other} is seen at the same time, and {alone.person} can be but one of them"
    return replace(alone, person=None, reason=reason)
