"""Corpora composed of talkers, with wrong voices planted at known places: on the level of what is heard in segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talkers import CHANNELS, Talk

from slceleb_core.corpus.reading import Recording
from slceleb_core.corpus.voices.standing import Heard, Said
from slceleb_core.testing import builders
from slceleb_core.types import Array

LENGTHS = (1.2, 1.6, 2.0, 2.5, 3.0, 4.0, 6.0)
"""Seconds of a segment."""

VIDEO_SECONDS = (3.0, 12.0)
"""How much of a recording becomes one video."""

PLANTED = 0.08
"""Share of videos in which something is planted, for each of the kinds."""

KINDS = ("a segment", "a dub", "a twin")
"""Another voice in one segment; in all of a video; in two videos, the same one: of a stranger who looks like them."""


@dataclass(frozen=True)
class Sample:
    """A segment of a composed corpus.

    Attributes
    ----------
    said
        As the voice step sees it.
    samples
        What is heard.
    planted
        Which kind of wrong voice it is; empty: it is the person's own.
    """

    said: Said
    samples: Array
    planted: str


@dataclass(frozen=True)
class Video:
    """A video of a composed corpus, with the segments of one person."""

    heard: Heard
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class _Block:
    """A stretch of a recording that becomes a video."""

    talk: Talk
    stretches: tuple[tuple[float, float], ...]


def composed(talks: Sequence[Talk], random: np.random.Generator) -> Iterator[Video]:
    """Yield the videos of a corpus; every stretch of a recording is in one video at most under its own name."""
    blocks = [block for talk in talks for block in _blocks(talk, random)]
    by_person: dict[str, list[_Block]] = {}
    for block in blocks:
        by_person.setdefault(block.talk.person, []).append(block)
    number = 0
    for person, own in by_person.items():
        others = [block for block in blocks if block.talk.person != person]
        twin = others[random.integers(len(others))].talk.person
        whole = [(block, "") for block in own]
        if len(own) >= 3:
            dubs = [others[random.integers(len(others))] for _ in own if random.random() < PLANTED]
            whole += [(block, "a dub") for block in dubs]
            if random.random() < PLANTED * len(own):
                whole += [(block, "a twin") for block in by_person[twin][:2]]
        for block, planted in whole:
            number += 1
            yield _video(f"v{number}", person, block, planted, others, random)


def _blocks(talk: Talk, random: np.random.Generator) -> Iterator[_Block]:
    start, stretches, until = 0.0, [], random.uniform(*VIDEO_SECONDS)
    while start < talk.seconds:
        seconds = float(random.choice(LENGTHS))
        if talk.is_spoken(start, seconds) and start + seconds <= talk.seconds:
            stretches.append((start, seconds))
            start += seconds
        else:
            start += 0.2
        if sum(length for _, length in stretches) >= until:
            yield _Block(talk, tuple(stretches))
            stretches, until = [], random.uniform(*VIDEO_SECONDS)
    if stretches:
        yield _Block(talk, tuple(stretches))


def _video(
    name: str, person: str, block: _Block, planted: str, others: Sequence[_Block], random: np.random.Generator
) -> Video:
    channel = CHANNELS[list(CHANNELS)[random.integers(len(CHANNELS))]]
    made, clock = [], 0.0
    for number, (start, seconds) in enumerate(block.stretches, start=1):
        kind, samples = planted, block.talk.part(start, seconds)
        if not planted and random.random() < PLANTED:
            kind, samples = "a segment", _other(others, seconds, random)
        end = clock + len(samples) / 16_000
        segment = builders.segment(id=f"{name}-{number:04d}", person=person, start=clock, end=end, track=number)
        made.append(Sample(Said(segment, None, out=False, accepted=False), channel(samples, random), kind))
        clock = end + 0.5
    recording = Recording(name, Path(name), Path(name), name, None, {}, ())
    return Video(Heard(recording, tuple(sample.said for sample in made), "", name), tuple(made))


def _other(others: Sequence[_Block], seconds: float, random: np.random.Generator) -> Array:
    """Return another voice of about that length."""
    block = others[random.integers(len(others))]
    start, _ = block.stretches[random.integers(len(block.stretches))]
    return block.talk.part(min(start, max(block.talk.seconds - seconds, 0.0)), seconds)
