"""The sound of a composed clip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from slceleb_core.evaluation.compose import sounds
from slceleb_core.evaluation.compose.planning import generator
from slceleb_core.evaluation.compose.recipe import Recipe, Voice
from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.types import SAMPLE_RATE, Array

SPEECH_LEVEL = 10 ** (-26 / 20)
"""Root mean square of active speech: -26 dB under full scale, the level of ITU-T P.56 tests; every voice is brought to
it, so that loudness tells nothing about who is heard."""

PEAK = 0.99
"""Largest sample; a sum beyond it is made softer as a whole."""


def soundtrack(recipe: Recipe, sources: Mapping[str, Source]) -> Array:
    """Return float32 [n]: mono, 16 kHz, the voices and what is mixed in; silence where nothing is heard."""
    total = np.zeros(round(recipe.duration * SAMPLE_RATE), dtype=np.float32)
    for voice in recipe.voices:
        place = slice(round(voice.start * SAMPLE_RATE), round(voice.stop * SAMPLE_RATE))
        room = total[place]
        room += voice_samples(voice, sources[voice.source])[: len(room)]
    total += SPEECH_LEVEL * 10 ** (-recipe.treatment.snr / 20) * noise(recipe, sources, len(total))
    return np.asarray(total * min(1.0, PEAK / max(float(np.abs(total).max(initial=0.0)), PEAK)), dtype=np.float32)


def voice_samples(voice: Voice, source: Source) -> Array:
    """Return a voice at `SPEECH_LEVEL`: float32, as long as the stretch; silence beyond the source's ends."""
    first, last = (round(at * SAMPLE_RATE) for at in (voice.begin, voice.begin + voice.stop - voice.start))
    samples = levelled(source)
    inside = samples[max(first, 0) : max(last, 0)]
    return np.pad(inside, (max(-first, 0), max(last - first - max(-first, 0) - len(inside), 0)))


def levelled(source: Source) -> Array:
    """Return a source's sound with its speech at `SPEECH_LEVEL`: float32 [n]."""
    pieces = [source.samples[round(a * SAMPLE_RATE) : round(b * SAMPLE_RATE)] for a, b in source.speech]
    level = float(np.sqrt(np.mean(np.square(np.concatenate(pieces), dtype=np.float64))))
    return np.asarray(source.samples * (SPEECH_LEVEL / level if level else 1.0), dtype=np.float32)


def noise(recipe: Recipe, sources: Mapping[str, Source], count: int) -> Array:
    """Return what is mixed in, of unit power: float32 [count]."""
    random, kind = generator(recipe.seed, "sound"), recipe.treatment.noise
    if kind == "white":
        return sounds.white(count, random)
    if kind == "pink":
        return sounds.pink(count, random)
    if kind == "music":
        return sounds.music(count, random)
    voices = [levelled(sources[name]) for name in recipe.treatment.babble]
    return sounds.scaled(sum((sounds.looped(voice, count, random) for voice in voices), np.zeros(count, np.float32)))
