"""What became of the speech of a reference: right, given to somebody else, or missed; and why it was missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from slceleb_core.evaluation.intervals import Intervals, sweep

Side: TypeAlias = Literal["reference", "found", "seen"]
Mark: TypeAlias = "tuple[Side, str | None]"

REASONS: Mapping[str, str] = {
    "not deemed speaking": "the person's face was seen and identified, but not deemed speaking",
    "not identified": "a face was seen, but named nobody",
    "others seen": "only faces that were taken for other people were seen",
    "not seen": "no face was seen",
}
"""Why speech was missed; the first that applies."""


@dataclass(slots=True)
class Attribution:
    """Seconds of speech by what became of them, summed over people: two who speak at once count twice.

    Attributes
    ----------
    reference, right
        Speech of the reference, and what of it was found for the right person.
    wrong
        By (who speaks, who was named).
    missed
        By person: what was found for nobody.
    false
        By person: what was found where nobody spoke, or beside those who did and were found.
    reasons
        Missed speech by why it was missed (:data:`REASONS`); only of videos whose face-frames are known.
    explained
        Whether there is such a video.
    """

    reference: float = 0.0
    right: float = 0.0
    wrong: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    missed: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    false: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    reasons: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    explained: bool = False

    def add(
        self,
        reference: Mapping[str, Intervals],
        found: Mapping[str, Intervals],
        seen: Mapping[str | None, Intervals] | None,
    ) -> None:
        """Add a video.

        At each moment those who speak and were not found, and those who were found and do not speak, are set against
        each other: as many as can be paired are the wrong person, the rest is missed or false. These are the
        components of the identification error rate (NIST; ``pyannote.metrics``). Where the pairs are not unique, the
        time is shared out evenly.

        Parameters
        ----------
        reference, found
            When each person speaks and when each was found, in scored time.
        seen
            When a face of each name was visible, None being no name; None where that is not known.
        """
        self.explained |= seen is not None
        tracks: dict[Mark, Intervals] = {("reference", person): times for person, times in reference.items()}
        tracks |= {("found", person): times for person, times in found.items()}
        tracks |= {("seen", person): times for person, times in (seen or {}).items()}
        for seconds, marks in sweep(tracks):
            speaking = {str(person) for side, person in marks if side == "reference"}
            named = {str(person) for side, person in marks if side == "found"}
            self.reference += seconds * len(speaking)
            self.right += seconds * len(speaking & named)
            visible = {person for side, person in marks if side == "seen"}
            self._blame(seconds, speaking - named, named - speaking, None if seen is None else visible)

    def _blame(self, seconds: float, left: set[str], extra: set[str], visible: set[str | None] | None) -> None:
        paired = min(len(left), len(extra))
        for person in left:
            for other in extra:
                self.wrong[person, other] += seconds * paired / (len(left) * len(extra))
            missed = seconds * (1 - paired / len(left))
            if missed:
                self.missed[person] += missed
                if visible is not None:
                    self.reasons[_reason(person, visible)] += missed
        for other in extra:
            if len(extra) > paired:
                self.false[other] += seconds * (1 - paired / len(extra))


def _reason(person: str, visible: set[str | None]) -> str:
    if person in visible:
        return "not deemed speaking"
    if None in visible:
        return "not identified"
    return "others seen" if visible else "not seen"
