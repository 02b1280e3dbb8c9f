"""What an audit looks at: segments drawn by person, video and score, and moments of what was left out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.corpus.audits import Population
from slceleb_core.corpus.reading import Corpus, Recording, Utterance
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import UsageError
from slceleb_core.precision.draws import Draw, Item, free_name
from slceleb_core.precision.sampling import chosen, least_of_each
from slceleb_core.review.stretches import Candidate, candidates_of
from slceleb_core.review.views import read_result

LEVELS = ("low", "middle", "high")
"""Thirds of the segments by their speaking score: what is drawn has as many of each as the corpus."""

WINDOW = 8.0
"""Seconds that are shown of what was left out: nobody listens to a silent minute."""

LARGEST_SEED = 2**32


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drawn.

    Attributes
    ----------
    size
        Segments of the corpus.
    left_out
        Moments of what gates have stopped.
    each
        Least number of segments of each person, or all that there are.
    seed
        Of the random numbers; None: nobody can foresee it.
    """

    size: int
    left_out: int = 0
    each: int = 0
    seed: int | None = None


def draw_audit(corpus: Corpus, wanted: Wanted) -> Draw:
    """Return a draw for an audit; it is not written.

    Raises
    ------
    UsageError
        There is nothing to be drawn, or so many of each person are more than are to be drawn.
    """
    utterances = list(corpus.utterances())
    if not utterances:
        raise UsageError(f"{corpus.folder} has no segment that could be audited", "run slceleb run first")
    seed = secrets.randbelow(LARGEST_SEED) if wanted.seed is None else wanted.seed
    random = np.random.default_rng(seed)
    stretches = sorted(_left_out(corpus), key=lambda stretch: (stretch.person, stretch.gate, stretch.recording))
    items = [*_segments(utterances, wanted, random), *_moments(stretches, wanted.left_out, random)]
    order = random.permutation(len(items))
    left_out: dict[tuple[str, str], float] = {}
    for stretch in stretches if wanted.left_out else ():
        key = (stretch.recording, stretch.person)
        left_out[key] = left_out.get(key, 0.0) + stretch.duration
    return Draw(
        name=free_name(corpus.folder, "audit"),
        purpose="audit",
        moment=utc_timestamp(),
        seed=seed,
        population=Population.of(corpus, left_out),
        items=tuple(items[place] for place in order),
    )


def _segments(utterances: Sequence[Utterance], wanted: Wanted, random: np.random.Generator) -> Iterator[Item]:
    """Yield the segments that are drawn, by stratum."""
    strata = _strata(utterances)
    people: dict[str, int] = {}
    for (person, _, _), members in strata.items():
        people[person] = people.get(person, 0) + len(members)
    try:
        rates = least_of_each(people, min(wanted.size, len(utterances)), wanted.each)
    except ValueError as error:
        raise UsageError(f"too many for one draw: {error}", "draw more (--size), or fewer of each (--each)") from None
    alike: dict[float, list[tuple[str, str, str]]] = {}
    for key in sorted(strata):
        alike.setdefault(rates[key[0]], []).append(key)
    for rate, keys in sorted(alike.items()):
        listed = [(utterance, ", ".join((*key[:2], f"score {key[2]}"))) for key in keys for utterance in strata[key]]
        for place in chosen([len(strata[key]) for key in keys], rate, random):
            utterance, stratum = listed[place]
            yield _item(utterance, stratum, rate)


def _strata(utterances: Sequence[Utterance]) -> dict[tuple[str, str, str], list[Utterance]]:
    """Return the segments by person, video and level of their score."""
    scores = np.array([utterance.segment.speaking_mean for utterance in utterances])
    bounds = np.quantile(scores, [1 / 3, 2 / 3])
    strata: dict[tuple[str, str, str], list[Utterance]] = {}
    for utterance, level in zip(utterances, np.searchsorted(bounds, scores), strict=True):
        strata.setdefault((utterance.person, utterance.recording, LEVELS[int(level)]), []).append(utterance)
    return strata


def _item(utterance: Utterance, stratum: str, probability: float) -> Item:
    segment = utterance.segment
    return Item(
        segment.id, utterance.recording, segment.person, segment.start, segment.end, min(probability, 1.0), stratum
    )


# What was left out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch that a gate has stopped.

    Attributes
    ----------
    id, recording, person, start, end
        As of :class:`Item`.
    gate
        Which gate.
    """

    id: str
    recording: str
    person: str
    start: float
    end: float
    gate: str

    @property
    def duration(self) -> float:
        return self.end - self.start


def _left_out(corpus: Corpus) -> Iterator[_Stretch]:
    for recording in corpus.recordings:
        for candidate in rejected_of(recording):
            if candidate.person is not None and candidate.end > candidate.start:
                name, gate = recording.name, candidate.gate or ""
                yield _Stretch(candidate.id, name, candidate.person, candidate.start, candidate.end, gate)


def rejected_of(recording: Recording) -> list[Candidate]:
    """Return the stretches of a video that a gate has stopped, by time."""
    found = candidates_of(recording.name, read_result(recording.folder), statement_of(recording.folder))
    return [candidate for candidate in found if candidate.kind == "rejected"]


def _moments(stretches: Sequence[_Stretch], wanted: int, random: np.random.Generator) -> Iterator[Item]:
    """Yield moments at even distances over all that was left out, from a random one on, each with what lies around.

    So each second has the same probability, and whatever was stopped for long is looked at more often.
    """
    ends = np.cumsum([stretch.duration for stretch in stretches])
    whole = float(ends[-1]) if len(ends) else 0.0
    count = min(wanted, int(whole))
    marks = (np.arange(count) + random.random()) * whole / count if count else np.zeros(0)
    for mark, place in zip(marks, np.searchsorted(ends, marks, side="right"), strict=True):
        stretch = stretches[min(int(place), len(stretches) - 1)]
        moment = stretch.end - float(ends[place] - mark)
        start = min(max(moment - WINDOW / 2, stretch.start), max(stretch.end - WINDOW, stretch.start))
        end = min(start + WINDOW, stretch.end)
        yield Item(
            f"{stretch.id}@{moment:.3f}",
            stretch.recording,
            stretch.person,
            round(start, 3),
            round(end, 3),
            count / whole,
            f"{stretch.person}, left out by {stretch.gate}",
            "rejected",
        )
