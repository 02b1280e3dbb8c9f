"""A face at a moment, and what was decided of it, in words and colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slceleb_core.results import FaceResult, Segment
from slceleb_core.sinks.annotated.verdicts import Verdict, reason


class State(Enum):
    """What a face is at a moment, the most important one last.

    Two of the colours are Okabe and Ito's. Whichever cones somebody lacks, all three stay apart: by 39 at least in CIE
    Lab, as Machado et al. (2009) simulate it.
    """

    NOBODY = (240, 240, 240), "nobody"
    KNOWN = (230, 159, 0), "known, in no segment"
    SEGMENT = (0, 158, 115), "in a segment"

    @property
    def colour(self) -> tuple[int, int, int]:
        """RGB."""
        return self.value[0]

    @property
    def words(self) -> str:
        """For the legend."""
        return self.value[1]

    @property
    def rank(self) -> int:
        """Its place among the three, from 0."""
        return list(State).index(self)


@dataclass(frozen=True, slots=True)
class Seen:
    """A face, and what was decided of it at this moment."""

    face: FaceResult
    verdict: Verdict | None

    @property
    def state(self) -> State:
        """What it is."""
        if isinstance(self.verdict, Segment):
            return State.SEGMENT
        return State.NOBODY if self.face.person is None else State.KNOWN

    @property
    def called(self) -> str:
        """What stands above it; a track by its number where it was compared with nobody."""
        if self.face.person is not None:
            return self.face.person
        return f"track {self.face.track}" if self.face.similarity is None else "nobody"

    @property
    def similar(self) -> str:
        """The similarity as it stands behind the name; empty where it was compared with nobody."""
        return "" if self.face.similarity is None else f"{self.face.similarity:.2f}"

    @property
    def account(self) -> tuple[str, str] | None:
        """What was decided of it: of whom, and what; None where nothing was."""
        verdict = self.verdict
        if verdict is None:
            return None
        if isinstance(verdict, Segment):
            return verdict.person, f"segment {verdict.id}, {verdict.start:.2f} to {verdict.end:.2f} s"
        # that of its track: of one face it may be unknown
        compared = any(gate.name == "similarity" and gate.value is not None for gate in verdict.gates)
        near = "nobody, nearest " if compared and self.state is State.NOBODY else ""
        return f"{near}{verdict.person}", reason(verdict.gate)
