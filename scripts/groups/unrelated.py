"""Pairs of recordings that are not of one event, or in which nothing tells when what was: no group is made of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from slceleb_core.evaluation.compose.sounds import music, pink
from slceleb_core.testing.microphones import Microphone, noisy
from slceleb_core.types import SAMPLE_RATE, Array

Clips = Mapping[str, Array]

ONE_RECORDING = frozenset({"web_a", "talker_b"})
"""Two of the shared clips that are the same recording: they do belong together."""

SECONDS = 40


@dataclass(frozen=True)
class Claim:
    """Two recordings that somebody might take for one event.

    Attributes
    ----------
    name
        What they are.
    first, second
        Their samples.
    """

    name: str
    first: Array
    second: Array


def talkers(clips: Clips) -> Iterator[Claim]:
    """Yield each two different clips."""
    for one, other in itertools.combinations(clips, 2):
        if {one, other} != ONE_RECORDING:
            yield Claim(f"{one}, {other}", clips[one], clips[other])


def talkers_in_rooms(clips: Clips) -> Iterator[Claim]:
    """Yield each two different clips, in one room, with noise at 5 dB."""
    room = Microphone(reverberation=0.5, direct=0.0, snr=5.0)
    for number, claim in enumerate(talkers(clips)):
        one, other = np.random.default_rng([number, 0]), np.random.default_rng([number, 1])
        yield Claim(claim.name, room.hear(claim.first, one), room.hear(claim.second, other))


def other_times(clips: Clips) -> Iterator[Claim]:
    """Yield two different stretches of one clip: the same voice, room, microphone and hum."""
    for name, samples in clips.items():
        half = len(samples) // 2
        yield Claim(f"{name}, its halves", samples[:half], samples[half:])


def songs(_clips: Clips) -> Iterator[Claim]:
    """Yield two different songs of one kind, and one song a long time later."""
    for seed in range(6):
        one, other = (music(SECONDS * SAMPLE_RATE, np.random.default_rng([seed, part])) for part in (0, 1))
        yield Claim(f"songs {seed}", 0.1 * one, 0.1 * other)
        half = len(one) // 2
        yield Claim(f"song {seed}, its halves", 0.1 * one[:half], 0.1 * one[half:])


def jingles(clips: Clips) -> Iterator[Claim]:
    """Yield two broadcasts that begin with one melody, or have it somewhere, and go on with different talkers."""
    names = [name for name, samples in clips.items() if len(samples) > 15 * SAMPLE_RATE]
    for seed, (one, other) in enumerate(itertools.combinations(names, 2)):
        melody = 0.1 * music(8 * SAMPLE_RATE, np.random.default_rng(seed))
        yield Claim(
            f"jingle, {one}, {other}", np.concatenate([melody, clips[one]]), np.concatenate([melody, clips[other]])
        )
        yield Claim(
            f"{one}, jingle, {other}", np.concatenate([clips[one], melody]), np.concatenate([melody, clips[other]])
        )


def periodic(_clips: Clips) -> Iterator[Claim]:
    """Yield sounds that repeat themselves: any of many offsets fits."""
    count = SECONDS * SAMPLE_RATE
    times = np.arange(count) / SAMPLE_RATE
    for number, frequency in enumerate((50.0, 60.0, 440.0, 1000.0)):
        random = np.random.default_rng([number, 7])
        hums = [
            noisy(0.1 * sum(np.sin(2 * np.pi * n * frequency * times + phase) / n for n in (1, 2, 3)), 30.0, random)
            for phase in (0.0, 1.0)
        ]
        yield Claim(f"hum of {frequency:g} Hz", *hums)
    for period in (0.25, 0.5, 0.75, 1.0, 1.3, 2.0, 5.0):
        random = np.random.default_rng([round(100 * period), 8])
        ticks = ticking(count, period, random)
        yield Claim(
            f"ticks every {period:g} s", noisy(ticks, 20.0, random), noisy(np.roll(ticks, 12_345), 20.0, random)
        )


def ticking(count: int, period: float, random: np.random.Generator) -> Array:
    """Return the same click, again and again."""
    clicks = np.zeros(count)
    clicks[(np.arange(0.1, count / SAMPLE_RATE - 0.1, period) * SAMPLE_RATE).astype(int)] = 0.5
    click = np.exp(-np.arange(800) / 80.0) * random.standard_normal(800)
    return np.asarray(fftconvolve(clicks, click)[:count], np.float32)


def nothing(clips: Clips) -> Iterator[Claim]:
    """Yield silence, and noise: of two rooms, of one fan, and beside a talker."""
    count, talk = SECONDS * SAMPLE_RATE, clips["web_c"][: SECONDS * SAMPLE_RATE]
    silence = np.zeros(count, np.float32)
    noises = [0.05 * pink(count, np.random.default_rng(seed)) for seed in range(4)]
    yield Claim("silence, silence", silence, silence)
    yield Claim("silence, a talker", silence, talk)
    yield Claim("noise, noise", noises[0], noises[1])
    yield Claim("noise, a talker", noises[2], talk)
    yield Claim("faint noise, faint noise", 0.01 * noises[2], 0.01 * noises[3])


CLAIMS: Mapping[str, Callable[[Clips], Iterator[Claim]]] = {
    "different talkers": talkers,
    "different talkers in one room, noise at 5 dB": talkers_in_rooms,
    "one recording at other times": other_times,
    "songs of one kind, songs at other times": songs,
    "broadcasts with one jingle": jingles,
    "hum and ticking": periodic,
    "silence and noise": nothing,
}
