"""What the sound of each two files of a group says, and whether it is of one mind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slceleb_core.media.synchrony.members import Member
from slceleb_core.media.synchrony.model import Alignment, Placement, Refusal
from slceleb_core.media.synchrony.pairs import compare_heard


@dataclass(frozen=True)
class Links:
    """How the files of a group are linked by sound.

    Attributes
    ----------
    found
        By the names of two files, in the order in which they were named.
    """

    found: Mapping[tuple[str, str], Alignment | Refusal]

    @classmethod
    def between(cls, members: Sequence[Member]) -> Links:
        """Return what is found by comparing each two that have sound."""
        return cls(
            {
                (one.name, other.name): compare_heard(one.heard, other.heard)
                for one, other in itertools.combinations(members, 2)
                if one.heard is not None and other.heard is not None
            }
        )

    def of(self, first: str, second: str) -> Alignment | Refusal | None:
        """Return how the second one's clock is told by the first one's; None where they were not compared."""
        found = self.found.get((first, second))
        if found is not None:
            return found
        other = self.found.get((second, first))
        return other.inverse() if isinstance(other, Alignment) else other

    def aligned(self, first: str, second: str) -> Alignment | None:
        """Return the same where they belong together; None otherwise."""
        found = self.of(first, second)
        return found if isinstance(found, Alignment) else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two files that lie otherwise on the group's clock than their own sound says.

    Attributes
    ----------
    first, second
        Their names.
    seconds
        By how much.
    """

    first: str
    second: str
    seconds: float


def disagreements(placed: Mapping[str, Placement], links: Links, beyond: float) -> Iterator[Disagreement]:
    """Yield the pairs whose own link says otherwise than their places, by more than `beyond` seconds: open triangles.

    Only moments count at which all three clocks hold.
    """
    for first, second in itertools.combinations(placed, 2):
        link = links.aligned(first, second)
        if link is None:
            continue
        own = link.middle
        other = link.clock.other(own)
        if own not in placed[second].valid or other not in placed[first].valid:
            continue
        seconds = placed[second].clock.other(own) - placed[first].clock.other(other)
        if abs(seconds) > beyond:
            yield Disagreement(first, second, seconds)
