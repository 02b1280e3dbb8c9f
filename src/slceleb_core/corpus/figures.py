"""What a corpus holds, in figures: hours, people, lengths, noise, and what each gate has cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slceleb_core.corpus.audits import Audit, Since, read_audits, since
from slceleb_core.corpus.reading import Corpus, Utterance
from slceleb_core.corpus.snr import snr_of
from slceleb_core.corpus.strangers import StrangerFigures, stranger_figures
from slceleb_core.decision.gates import ORDER

FORMAT = 1
"""Raised when a reader of the JSON would have to change."""

Snr = Callable[[Path], float | None]
"""Returns the signal-to-noise ratio of a WAV file, in dB."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How values are distributed.

    Attributes
    ----------
    count
        How many there are.
    mean, least, most
        Of them.
    p10, median, p90
        Percentiles: the values that a tenth, a half and nine tenths do not exceed.
    """

    count: int
    mean: float
    least: float
    p10: float
    median: float
    p90: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """Return the distribution of values; None of none."""
        ordered = sorted(values)
        if not ordered:
            return None
        last = len(ordered) - 1
        least, p10, median, p90, most = (ordered[round(part * last)] for part in (0.0, 0.1, 0.5, 0.9, 1.0))
        mean = sum(ordered) / len(ordered)
        return cls(len(ordered), *(round(value, 3) for value in (mean, least, p10, median, p90, most)))


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """What there is of one person.

    Attributes
    ----------
    seconds
        Of speech.
    segments
        How many.
    sessions
        Videos in which they speak: what a verification trial needs two of.
    durations
        Seconds of a segment.
    snr
        dB of a segment; None where no sound has been cut.
    """

    seconds: float
    segments: int
    sessions: int
    durations: Spread | None
    snr: Spread | None


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit said, and what has become of the corpus since.

    Attributes
    ----------
    audit
        The audit.
    since
        What has changed.
    """

    audit: Audit
    since: Since

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready; what was drawn from stands in ``audit.json``."""
        said = {name: value for name, value in self.audit.to_json().items() if name != "population"}
        return {**said, "population": self.audit.population.count, "since": asdict(self.since)}


@dataclass(frozen=True, slots=True)
class CorpusFigures:
    """What a corpus holds; its attributes are the keys of the JSON, in this order.

    Attributes
    ----------
    format
        :data:`FORMAT`.
    videos, videos_with_speech
        How many there are, and in how many somebody speaks.
    video_seconds
        Of all videos, as far as they say how long they are.
    speech_seconds, segments, people
        How much was found.
    durations, snr
        Of all segments.
    rejected_seconds
        Seconds of visible people that each gate has stopped, in the gates' order.
    persons
        By person, who speaks most first.
    strangers
        How near tracks that are nobody come to the gallery; None where no video says.
    audits
        What audits have said of it, the latest draw first, each with what has become of the corpus since.
    segment_durations, segment_snrs
        Every value, for who wants another picture of them; the second without those that cannot be told.
    """

    format: int
    videos: int
    videos_with_speech: int
    video_seconds: float
    speech_seconds: float
    segments: int
    people: int
    durations: Spread | None
    snr: Spread | None
    rejected_seconds: dict[str, float]
    persons: dict[str, PersonFigures]
    strangers: StrangerFigures | None
    audits: list[Audited]
    segment_durations: list[float]
    segment_snrs: list[float]

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "audits": [audited.to_json() for audited in self.audits]}


def figures_of(corpus: Corpus, snr: Snr = snr_of) -> CorpusFigures:
    """Return what a corpus holds; all cut sound is read.

    Raises
    ------
    OSError
        Cut sound cannot be read.
    UsageError
        Its audits are damaged.
    """
    heard = [
        (utterance, None if utterance.audio is None else snr(utterance.audio)) for utterance in corpus.utterances()
    ]
    people: dict[str, list[tuple[Utterance, float | None]]] = {}
    for utterance, ratio in heard:
        people.setdefault(utterance.person, []).append((utterance, ratio))
    persons = {name: _person(said) for name, said in people.items()}
    return CorpusFigures(
        format=FORMAT,
        videos=len(corpus.recordings),
        videos_with_speech=sum(bool(recording.utterances) for recording in corpus.recordings),
        video_seconds=round(sum(recording.duration or 0.0 for recording in corpus.recordings), 3),
        speech_seconds=round(sum(utterance.segment.duration for utterance, _ in heard), 3),
        segments=len(heard),
        people=len(persons),
        durations=Spread.of(utterance.segment.duration for utterance, _ in heard),
        snr=Spread.of(_told(heard)),
        rejected_seconds=rejected_seconds(corpus),
        persons=dict(sorted(persons.items(), key=lambda item: (-item[1].seconds, item[0]))),
        strangers=stranger_figures(corpus),
        audits=[Audited(audit, since(audit.population, corpus)) for audit in read_audits(corpus.folder)],
        segment_durations=[round(utterance.segment.duration, 3) for utterance, _ in heard],
        segment_snrs=_told(heard),
    )


def rejected_seconds(corpus: Corpus) -> dict[str, float]:
    """Return the seconds that each gate has stopped, over all videos; gates in the order in which they decide."""
    lost: dict[str, float] = {}
    for recording in corpus.recordings:
        found = (recording.report().get("statistics") or {}).get("rejected_seconds") or {}
        for gate, seconds in found.items():
            lost[gate] = round(lost.get(gate, 0.0) + seconds, 3)
    known = [gate for gate in ORDER if gate in lost]
    return {gate: lost[gate] for gate in dict.fromkeys([*known, *lost])}


def _told(heard: Sequence[tuple[Utterance, float | None]]) -> list[float]:
    return [ratio for _, ratio in heard if ratio is not None]


def _person(said: Sequence[tuple[Utterance, float | None]]) -> PersonFigures:
    return PersonFigures(
        seconds=round(sum(utterance.segment.duration for utterance, _ in said), 3),
        segments=len(said),
        sessions=len({utterance.recording for utterance, _ in said}),
        durations=Spread.of(utterance.segment.duration for utterance, _ in said),
        snr=Spread.of(_told(said)),
    )
