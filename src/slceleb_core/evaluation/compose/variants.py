"""The variants: what is done to a case to see whether scores survive it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from slceleb_core.evaluation.compose.cases import Draft
from slceleb_core.evaluation.compose.recipe import Noise, Treatment
from slceleb_core.evaluation.compose.sources import Source

CLEAN = "clean"
"""The variant to which nothing is done."""

VARIED_CASES = ("single", "two", "dub")
"""Cases of which there are variants: the easiest positive, competition, and a wrong voice."""

OFFSET = 0.12
"""Seconds between sound and picture: about what viewers begin to notice (ITU-R BT.1359-1)."""

LOW_BITRATE = 80_000
"""Bits per second of the pictures: blocking is plain at a canvas 360 pixels high."""

SMALL = 0.42
"""Share of the canvas' height at which the faces of portrait clips, usually 0.3 to 0.45 of their picture's height, are
near 60 pixels on a canvas 360 pixels high."""

BABBLE_VOICES = 8
"""Voices in a babble: fewer are single speakers who compete. Where there are not so many talkers, the same one takes
part several times, each time elsewhere in the clip."""

Chooser = Callable[[np.random.Generator, Sequence[Source]], Treatment]
"""Returns a treatment, given the random numbers and the clips that a babble can be made of."""


def _always(treatment: Treatment) -> Chooser:
    return lambda _random, _voices: treatment


def _noise(snr: float) -> Chooser:
    def choose(random: np.random.Generator, _voices: Sequence[Source]) -> Treatment:
        colours: tuple[Noise, Noise] = ("white", "pink")
        return Treatment(noise=colours[int(random.integers(2))], snr=snr)

    return choose


def _babble(snr: float) -> Chooser:
    def choose(random: np.random.Generator, voices: Sequence[Source]) -> Treatment:
        order = random.permutation(len(voices))
        return Treatment("babble", snr, tuple(voices[order[i % len(order)]].name for i in range(BABBLE_VOICES)))

    return choose


VARIANTS: Mapping[str, Chooser] = {
    "noise10": _noise(10.0),
    "noise0": _noise(0.0),
    "music10": _always(Treatment(noise="music", snr=10.0)),
    "music0": _always(Treatment(noise="music", snr=0.0)),
    "babble10": _babble(10.0),
    "babble0": _babble(0.0),
    "early120": _always(Treatment(delay=-OFFSET)),
    "late120": _always(Treatment(delay=OFFSET)),
    "bitrate": _always(Treatment(bitrate=LOW_BITRATE)),
    "small": _always(Treatment(scale=SMALL)),
    "fps29.97": _always(Treatment(rate=30000 / 1001)),
    "fps15": _always(Treatment(rate=15.0)),
    "fps12.5": _always(Treatment(rate=12.5)),
}
"""Every variant."""


def delayed(draft: Draft, delay: float) -> Draft:
    """Return a case whose sound comes `delay` seconds late (early: less than 0)."""
    voices = tuple(replace(voice, begin=voice.begin - delay) for voice in draft.voices)
    return replace(draft, voices=voices)
