"""People seen on screen together are different people: of two such tracks only the nearer one keeps a name.

A shot may have ten thousand tracks, and who they are is asked again with every span. So what is kept answers it for the
tracks of a span by looking at those alone that were seen together with them, would have the same name, and are nearer
to it: however many others there were.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import merge
from itertools import chain, takewhile
from typing import TypeAlias

from slceleb_core.decision.identity import Identity

LOST = "nobody: seen together with track {track}, which is nearer to {person}"
"""Why a track has no name that it would have by itself."""

Rank: TypeAlias = tuple[float, int]
"""The place of a track among those of a name, the nearest first: its similarity below 0, then its id."""


def loses_name(reason: str, person: str) -> bool:
    """Tell whether a track's reason says that another, seen together with it, has a person's name."""
    before, behind = LOST.format(track="\0", person=person).split("\0")
    return reason.startswith(before) and reason.endswith(behind)


class CoVisible:
    """The tracks of one shot, who they are by themselves, and who of them was seen together with whom.

    A track is decided anew in every span in which it is seen; in between, and when it is over, it rests.
    """

    def __init__(self) -> None:
        self._alone: dict[int, Identity] = {}
        self._partners: dict[int, set[int]] = {}
        self._last: set[int] = set()  # on the last frame
        self._revised: set[int] = set()
        self._moving: dict[str, set[int]] = {}  # those revised last, by the name that they would have
        self._resting: dict[int, dict[str, list[Rank]]] = {}  # by track and name, those of its partners that rest
        self._lost_to: dict[int, int | None] = {}  # as far as asked since then

    def meet(self, tracks: Sequence[int]) -> None:
        """Know that these tracks are on one frame."""
        here = set(tracks)
        if here == self._last:
            return
        self._last = here
        for track in tracks:
            self._partners.setdefault(track, set()).update(here - {track})

    def revise(self, decisions: Mapping[int, Identity]) -> None:
        """Take who the tracks of a span are, each taken by itself; the others are who they were."""
        for track in decisions.keys() - self._revised:
            self._wake(track)
        for track in self._revised - decisions.keys():
            self._lay_to_rest(track)
        self._alone.update(decisions)
        self._revised = set(decisions)
        self._moving = {}
        for track, who in decisions.items():
            if who.person is not None:
                self._moving.setdefault(who.person, set()).add(track)
        self._lost_to = {}

    def identity(self, track: int) -> Identity:
        """Return who a track is: nobody where a nearer one that it was seen together with has its name."""
        who = self._alone[track]
        keeper = None if who.person is None else self._keeper(track)
        if keeper is None:
            return who
        reason = LOST.format(track=keeper, person=who.person)
        return replace(who, person=None, reason=reason)

    def _rank(self, track: int) -> Rank:
        return -(self._alone[track].similarity or 0.0), track

    def _wake(self, track: int) -> None:
        name = self._alone[track].person if track in self._alone else None
        if name is None:
            return
        rank = self._rank(track)
        for partner in self._partners[track]:
            ranks = self._resting.get(partner, {}).get(name, [])
            place = bisect_left(ranks, rank)
            if ranks[place : place + 1] == [rank]:  # not where they have met just now
                del ranks[place]

    def _lay_to_rest(self, track: int) -> None:
        name = self._alone[track].person
        if name is not None:
            for partner in self._partners.get(track, ()):
                insort(self._resting.setdefault(partner, {}).setdefault(name, []), self._rank(track))

    def _nearer(self, track: int) -> Iterator[int]:
        """Yield the tracks that may take a track's name away, the nearest first."""
        name, own, partners = self._alone[track].person or "", self._rank(track), self._partners.get(track, set())
        moving = sorted(self._rank(partner) for partner in partners & self._moving.get(name, set()))
        resting = self._resting.get(track, {}).get(name, ())
        return (rival for _, rival in takewhile(lambda rank: rank < own, merge(moving, resting)))

    def _keeper(self, track: int) -> int | None:
        """Return to which track this one loses its name: the nearest that has not lost it itself; None: it keeps it.

        Whether that one has depends on others in turn, nearer still; the chain may be longer than Python's stack.
        """
        lost_to = self._lost_to
        if track in lost_to:
            return lost_to[track]
        asked = [(track, self._nearer(track))]
        answered: tuple[int, ...] = ()
        while asked:
            current, rivals = asked[-1]
            open_or_kept = (rival for rival in chain(answered, rivals) if lost_to.get(rival) is None)
            rival = next(open_or_kept, None)
            if rival is None or rival in lost_to:
                lost_to[current] = rival
                answered = (current,)
                asked.pop()
            else:
                asked.append((rival, self._nearer(rival)))
                answered = ()
        return lost_to[track]
