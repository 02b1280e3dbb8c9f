"""What is known of one track while it goes on, and of one when it has ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from slceleb_core.decision.candidates import Candidate, CandidateBuilder, Mean, RowMeasures
from slceleb_core.decision.identity import Vote
from slceleb_core.decision.segmenting import Row


@dataclass(slots=True)
class TrackState:
    """What is known of a track of the running shot.

    Its candidates wait for the end of the shot, as it is known only then whose they are: a few hundred bytes each, and
    of speech as much again as two numbers for each person of the gallery take.
    """

    builder: CandidateBuilder
    start: float
    end: float
    first_frame: int
    last_frame: int
    frames: int = 0
    heard: int = 0
    speaking_sum: float = 0.0
    speaking_max: float = 0.0
    vote: Vote = field(default_factory=Vote)
    candidates: list[Candidate] = field(default_factory=list)

    def hear(self, row: Row, measures: RowMeasures) -> None:
        """Take a scored row."""
        self.heard += measures.followed
        self.speaking_sum += row.speaking
        self.speaking_max = max(self.speaking_max, row.speaking)
        self.candidates.extend(self.builder.feed(row, measures))

    def close(self) -> None:
        """Know that there will be no further rows; where there was no sound, no voice was heard in any."""
        self.candidates.extend(self.builder.close())
        if not self.candidates:
            silent = Mean.of(0.0)
            span = (self.start, self.end, self.first_frame, self.last_frame, self.end - self.start)
            self.candidates = [Candidate(*span, 0.0, silent, Mean(), Mean(), Mean(), Mean(), Mean(), Mean(), Mean())]

    def whole(self) -> Candidate:
        """Return all of the track as one candidate: whom it shows decides about all of it."""
        whole = self.candidates[0]
        for part in self.candidates[1:]:
            whole = whole.join(part)
        return whole
