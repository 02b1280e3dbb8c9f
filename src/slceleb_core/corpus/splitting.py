"""Train, dev and test lists that share no video, nor, where that is wanted, a speaker.

What must stay together is a group: the videos of the same file, those that hold the same speech (``duplicates``), and
with ``by="person"`` all videos that share somebody. Groups are dealt out one by one, the longest first, each to the
list that it brings nearest to its share of everybody's speech. Groups of about the same length, to a factor of two,
are shuffled by the seed. The same corpus and seed give the same lists.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slceleb_core.corpus.duplicates import Duplicates
from slceleb_core.corpus.reading import Corpus, Recording, Utterance
from slceleb_core.errors import UsageError
from slceleb_core.pages.wording import counted

LISTS = ("train", "dev", "test")

By: TypeAlias = Literal["video", "person"]

LOOK = "run `slceleb corpus dedupe` first, or the lists may share speech"

NEAR = 0.5
"""Part of a list's wanted share by which the real one may be off before it is said."""


@dataclass(frozen=True, slots=True)
class Split:
    """Three lists.

    Attributes
    ----------
    shares
        Wanted, by list; together 1.
    seed, by
        As asked for.
    recordings
        Names, by list.
    seconds
        Of speech, by list.
    remarks
        What could not be met, a line each.
    """

    shares: Mapping[str, float]
    seed: int
    by: By
    recordings: Mapping[str, tuple[str, ...]]
    seconds: Mapping[str, float]
    remarks: tuple[str, ...]

    def utterances(self, corpus: Corpus, name: str) -> Iterator[Utterance]:
        """Yield the utterances of a list, in order of the corpus."""
        chosen = set(self.recordings[name])
        return (utterance for utterance in corpus.utterances() if utterance.recording in chosen)


Speech: TypeAlias = "Counter[str]"
"""Seconds by person; a Counter holds any number, and misses nobody."""


def split(corpus: Corpus, dev: float, test: float, seed: int, by: By, duplicates: Duplicates | None) -> Split:
    """Return the lists of a corpus.

    Parameters
    ----------
    corpus
        The corpus.
    dev, test
        Their parts of the speech; the rest is for training.
    seed
        Decides where the length of groups does not.
    by
        What the lists are not to share: videos only, or speakers too.
    duplicates
        Which videos hold the same speech; None: nobody has looked.

    Raises
    ------
    UsageError
        The parts leave nothing for training, or there is no speech.
    """
    if dev < 0 or test < 0 or dev + test >= 1:
        raise UsageError(f"dev {dev:g} and test {test:g} leave nothing for training", "parts of 1, such as 0.1 each")
    groups = [_Group.of(group) for group in grouped(corpus.recordings, by, duplicates)]
    groups = [group for group in groups if group.speech]
    if not groups:
        raise UsageError(f"nobody speaks in the corpus {corpus.folder}", "there is nothing to split")
    shares = {"train": 1 - dev - test, "dev": dev, "test": test}
    random.Random(seed).shuffle(groups)  # noqa: S311 - a shuffle is no secret
    dealt = _dealt(sorted(groups, key=_rank), shares)
    seconds = {name: round(float(_speech(of).total()), 3) for name, of in dealt.items()}
    recordings = {
        name: tuple(sorted(recording for group in of for recording in group.recordings)) for name, of in dealt.items()
    }
    return Split(shares, seed, by, recordings, seconds, tuple(_remarks(dealt, shares, by, duplicates)))


@dataclass(frozen=True, slots=True)
class _Group:
    """Videos that stay together."""

    recordings: tuple[str, ...]
    speech: Speech

    @classmethod
    def of(cls, recordings: Sequence[Recording]) -> _Group:
        speech: Speech = Counter()
        for recording in recordings:
            for utterance in recording.utterances:
                speech[utterance.person] += utterance.segment.duration  # type: ignore[assignment]
        return cls(tuple(member.name for member in recordings), speech)


def grouped(recordings: Sequence[Recording], by: By, duplicates: Duplicates | None) -> list[list[Recording]]:
    """Return what must stay together, in order of the corpus."""
    first: dict[str, str] = {}
    joined = {recording.name: recording.name for recording in recordings}

    def root(name: str) -> str:
        while joined[name] != name:
            name = joined[name]
        return name

    def join(name: str, key: str) -> None:
        joined[root(name)] = root(first.setdefault(key, name))

    for recording in recordings:
        for fingerprint in filter(None, recording.sources.values()):
            join(recording.name, f"file {fingerprint}")
        for person in {utterance.person for utterance in recording.utterances} if by == "person" else ():
            join(recording.name, f"person {person}")
    for pair in duplicates.pairs if duplicates is not None else ():
        if pair.one in joined and pair.other in joined:
            joined[root(pair.one)] = root(pair.other)
    groups: dict[str, list[Recording]] = {}
    for recording in recordings:
        groups.setdefault(root(recording.name), []).append(recording)
    return list(groups.values())


def _rank(group: _Group) -> int:
    return -round(math.log2(max(group.speech.total(), 1e-3)))


def _dealt(groups: Iterable[_Group], shares: Mapping[str, float]) -> dict[str, list[_Group]]:
    ordered = list(groups)
    total = _speech(ordered)
    dealt: dict[str, list[_Group]] = {name: [] for name in LISTS}
    have: dict[str, Speech] = {name: Counter() for name in LISTS}
    for group in ordered:
        open_ = [name for name in LISTS if shares[name] > 0]
        best = min(open_, key=lambda name: _cost(group.speech, have[name], total, shares[name]))
        dealt[best].append(group)
        have[best].update(group.speech)
    return dealt


def _cost(more: Speech, have: Speech, total: Speech, share: float) -> float:
    """Return how much further from its share of everybody's speech a list comes by a group; below 0: nearer."""
    cost = 0.0
    for person, seconds in more.items():
        wanted, there = share, have[person] / total[person]
        added = seconds / total[person]
        cost += ((there + added - wanted) ** 2 - (there - wanted) ** 2) / wanted * total[person]
    whole, there = total.total(), have.total() / total.total()
    added = more.total() / whole
    return cost + whole * ((there + added - share) ** 2 - (there - share) ** 2) / share


def _speech(groups: Iterable[_Group]) -> Speech:
    together: Speech = Counter()
    for group in groups:
        together.update(group.speech)
    return together


def _remarks(
    dealt: Mapping[str, Sequence[_Group]], shares: Mapping[str, float], by: By, duplicates: Duplicates | None
) -> Iterator[str]:
    if duplicates is None:
        yield f"nobody has looked for re-uploads: {LOOK}"
    else:
        unknown = {recording for of in dealt.values() for group in of for recording in group.recordings} - {
            *duplicates.compared
        }
        if unknown:
            videos = counted(len(unknown), "video")
            yield f"nobody has looked for re-uploads in {videos} that came later, or without sound: {LOOK}"
    total = _speech(group for of in dealt.values() for group in of)
    for name in LISTS:
        real = _speech(dealt[name]).total() / total.total()
        if abs(real - shares[name]) > NEAR * shares[name]:
            yield f"{name} has {100 * real:.1f} % of the speech in place of {100 * shares[name]:.1f} %"
    if by == "person":
        return
    for name in LISTS:
        missing = sum(person not in _speech(dealt[name]) for person in total) if shares[name] > 0 else 0
        if missing:
            yield f"{missing} of {len(total)} people are not in {name}: there are too few videos of them"
