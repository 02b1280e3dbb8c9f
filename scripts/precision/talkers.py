"""What is spoken in recordings of people whom one knows, and what channels make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.speech import SpeechFinder
from slceleb_core.types import SAMPLE_RATE, Array

STEP = 0.05
"""Seconds from one look at whether a voice is heard to the next."""

SPOKEN = 0.6
"""Share of a stretch in which a voice has to be heard."""

PHONE = (300.0, 3400.0)
"""Hz: the band of a telephone (ITU-T G.712)."""

NOISE_DB = 15.0
"""By how much speech stands above the noise that is added."""

ROOM_SECONDS, DIRECT = 0.4, 8.0
"""Time in which a room's sound falls by 60 dB, and how loud what comes straight is beside it."""


@dataclass(frozen=True)
class Talk:
    """A recording of one person.

    Attributes
    ----------
    person
        Whose.
    name
        Of the file.
    samples
        float32 [n], 16 kHz.
    spoken
        bool [n / STEP]: where a voice is heard.
    """

    person: str
    name: str
    samples: Array
    spoken: Array

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE

    def part(self, start: float, seconds: float) -> Array:
        """Return a stretch, seconds from its beginning."""
        first = round(start * SAMPLE_RATE)
        return self.samples[first : first + round(seconds * SAMPLE_RATE)]

    def is_spoken(self, start: float, seconds: float) -> bool:
        """Tell whether a voice is heard in most of a stretch."""
        inside = self.spoken[round(start / STEP) : round((start + seconds) / STEP)]
        return bool(len(inside)) and bool(inside.mean() >= SPOKEN)


def read_talks(named: Sequence[str]) -> list[Talk]:
    """Return recordings that are named as ``PERSON=FILE``."""
    return [_read(person, Path(file)) for person, _, file in (given.partition("=") for given in named)]


def _read(person: str, path: Path) -> Talk:
    track = AudioTrack.decode(path)
    if track is None:
        raise SystemExit(f"{path}: no sound")
    with track:
        finder = SpeechFinder()
        heard = finder.find(track, finder.prepare("auto"))
        probability, _ = heard.at(np.arange(track.start, track.end, STEP))
        return Talk(person, path.stem, track.span(track.start, track.end).samples, probability >= 0.5)


def pieces(talk: Talk, seconds: float) -> Iterator[tuple[float, Array]]:
    """Yield the stretches of one length that are spoken, one behind the other, and where they begin."""
    for start in np.arange(0.0, talk.seconds - seconds, seconds):
        if talk.is_spoken(float(start), seconds):
            yield float(start), talk.part(float(start), seconds)


def _clean(samples: Array, random: np.random.Generator) -> Array:  # noqa: ARG001 - channels are called alike
    return samples


def _phone(samples: Array, random: np.random.Generator) -> Array:  # noqa: ARG001
    band = butter(4, PHONE, "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfilt(band, samples), dtype=np.float32)


def _noisy(samples: Array, random: np.random.Generator) -> Array:
    """Add noise with less of what is high, as of a street."""
    noise = np.convolve(random.normal(size=len(samples)), np.ones(4) / 4, "same")
    level = np.sqrt((samples**2).mean() / (noise**2).mean()) * 10 ** (-NOISE_DB / 20)
    return np.asarray(np.clip(samples + level * noise, -1, 1), dtype=np.float32)


def _room(samples: Array, random: np.random.Generator) -> Array:
    """Return how it sounds in a room, whose echoes fade as noise does."""
    times = np.arange(round(ROOM_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    echo = random.normal(size=len(times)) * 10 ** (-3 * times / ROOM_SECONDS)
    echo[0] = DIRECT
    heard = fftconvolve(samples, echo)[: len(samples)]
    return np.asarray(heard * np.abs(samples).max() / max(np.abs(heard).max(), 1e-9), dtype=np.float32)


def _faster(samples: Array, random: np.random.Generator) -> Array:  # noqa: ARG001
    """Return it as films are played on television, 25 pictures a second for 24: higher, as a voice that is raised."""
    count = round(len(samples) * 24 / 25)
    return np.interp(np.arange(count) * 25 / 24, np.arange(len(samples)), samples).astype(np.float32)


CHANNELS: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "clean": _clean,
    "phone": _phone,
    "noisy": _noisy,
    "room": _room,
    "faster": _faster,
}
"""What moves a voice from video to video, as far as it can be made: mood and age cannot."""
