"""All the time in which a face is seen, divided into candidates: what might be speech, and what is not, and why not.

The segmenter finds where the speaking score says speech. What lies between is divided by whether a voice is heard at
all: that of somebody else, or nobody's. Every candidate is measured, so that each gate has a value to decide by. What
is held of a track is constant, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from slceleb_core.decision.identity import Likeness
from slceleb_core.decision.segmenting import Row, SegmentConfig, Segmenter, Stretch
from slceleb_core.results import rounded

VOICED = 0.5
"""Probability from which on a voice counts as heard (the threshold that Silero VAD's authors suggest)."""


@dataclass(frozen=True, slots=True)
class RowMeasures:
    """What is measured of a face on one frame, beside its speaking score.

    Attributes
    ----------
    voice
        How likely a voice is heard then, 0..1, whoever's it is.
    other_speaker
        The highest speaking score of any other face on the frame; 0 without one.
    size
        Pixels (``Faces.sizes``).
    turned
        Degrees by which it looks away from the camera, the larger of yaw and pitch; None where the detector says not.
    sharpness
        0..1; None where the detector says not.
    chance, overlap
        0..1, as of ``Scores``; None where the speaker stage says not.
    followed
        Whether anybody looked at the lips.
    """

    voice: float
    other_speaker: float
    size: float
    turned: float | None = None
    sharpness: float | None = None
    chance: float | None = None
    overlap: float | None = None
    followed: bool = True


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of values that come one by one, or as means themselves.

    Attributes
    ----------
    total, count
        Sum and number.
    """

    total: float = 0.0
    count: int = 0

    @classmethod
    def of(cls, value: float | None) -> Mean:
        """Return the mean of one value; of none where that is None."""
        return cls() if value is None else cls(value, 1)

    def __add__(self, other: Mean) -> Mean:
        return Mean(self.total + other.total, self.count + other.count)

    @property
    def value(self) -> float | None:
        """The mean; None of no values."""
        return self.total / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of one track, and what was measured of it.

    Attributes
    ----------
    start, end
        PTS seconds; of speech with its padding.
    first_frame, last_frame
        Both inclusive, without padding.
    seconds
        How long it is, without padding.
    speaking
        The highest speaking score.
    voice, other_speaker, size, turned, sharpness, chance, overlap, followed
        Means of :class:`RowMeasures`.
    speech
        What the segmenter says of it; None where the score is not that of speech.
    """

    start: float
    end: float
    first_frame: int
    last_frame: int
    seconds: float
    speaking: float
    voice: Mean
    other_speaker: Mean
    size: Mean
    turned: Mean
    sharpness: Mean
    chance: Mean
    overlap: Mean
    followed: Mean
    speech: Stretch | None = None

    @classmethod
    def of(cls, row: Row, measures: RowMeasures) -> Candidate:
        """Return the candidate of one row."""
        return cls(
            row.start,
            row.end,
            row.frame,
            row.frame,
            row.end - row.start,
            row.speaking,
            Mean.of(measures.voice),
            Mean.of(measures.other_speaker),
            Mean.of(measures.size),
            Mean.of(measures.turned),
            Mean.of(measures.sharpness),
            Mean.of(measures.chance),
            Mean.of(measures.overlap),
            Mean.of(float(measures.followed)),
        )

    def join(self, later: Candidate) -> Candidate:
        """Return the two as one."""
        return Candidate(
            self.start,
            later.end,
            self.first_frame,
            later.last_frame,
            later.end - self.start,
            max(self.speaking, later.speaking),
            self.voice + later.voice,
            self.other_speaker + later.other_speaker,
            self.size + later.size,
            self.turned + later.turned,
            self.sharpness + later.sharpness,
            self.chance + later.chance,
            self.overlap + later.overlap,
            self.followed + later.followed,
        )

    @property
    def voiced(self) -> bool:
        """Whether a voice is heard, on the whole."""
        return (self.voice.value or 0.0) >= VOICED


class CandidateBuilder:
    """Divides the rows of one track, fed in order of time, into candidates; each row belongs to exactly one.

    Candidates come in order of time. Of speech there are also those that are too short: that is a gate's to say. As no
    segment becomes of them, whom they are like is not kept.
    """

    def __init__(self, config: SegmentConfig) -> None:
        self._shortest, self._least = config.min_off, config.min_on
        self._segmenter = Segmenter(config.model_copy(update={"min_on": 0.0}))
        self._speech: Candidate | None = None
        self._rest: list[Candidate] = []

    def feed(self, row: Row, measures: RowMeasures) -> Iterator[Candidate]:
        """Take a row; yield the candidates that have come to an end."""
        for stretch in self._segmenter.feed(row):
            yield from self._finish(stretch)
        fresh = Candidate.of(row, measures)
        if self._segmenter.active:
            if self._speech is None:
                yield from self._let_go(keep=0)
            self._speech = _joined([*self._pending(), *self._rest, fresh])
            self._rest = []
        else:
            self._add(fresh)
            if self._speech is None:
                yield from self._let_go(keep=1)

    @property
    def speaking(self) -> bool:
        """Whether speech goes on, or a pause that may yet be bridged."""
        return self._segmenter.going_on

    def close(self) -> Iterator[Candidate]:
        """End the track; yield what is left."""
        for stretch in self._segmenter.close():
            yield from self._finish(stretch)
        yield from self._let_go(keep=0)

    def _pending(self) -> list[Candidate]:
        return [] if self._speech is None else [self._speech]

    def _finish(self, stretch: Stretch) -> Iterator[Candidate]:
        speech, self._speech = self._speech, None
        if speech is not None:
            if rounded(speech.seconds) < self._least:
                stretch = replace(stretch, likeness=Likeness())
            yield replace(speech, start=stretch.start, end=stretch.end, speech=stretch)

    def _add(self, fresh: Candidate) -> None:
        """Add a row to the rest: to its last part, or as a new one where a voice begins or ends, or after a gap."""
        last = self._rest[-1] if self._rest else None
        if last is not None and fresh.start - last.end <= self._shortest and self._alike(last, fresh):
            self._rest[-1] = last.join(fresh)
        else:
            self._rest.append(fresh)

    def _alike(self, last: Candidate, fresh: Candidate) -> bool:
        """Tell whether a row goes on what it follows; what is shorter than a pause is not worth a part of its own."""
        return last.voiced == fresh.voiced or last.seconds < self._shortest

    def _let_go(self, *, keep: int) -> Iterator[Candidate]:
        """Yield the parts of the rest, but for the last `keep`."""
        settled = len(self._rest) - keep
        parts, self._rest = self._rest[: max(settled, 0)], self._rest[max(settled, 0) :]
        yield from parts


def _joined(parts: list[Candidate]) -> Candidate:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.join(part)
    return whole
