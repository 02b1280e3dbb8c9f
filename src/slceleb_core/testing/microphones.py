"""What a microphone makes of sound: a room, a distance, noise, a clock of its own. For tests of what compares several.

All functions return new samples and draw from the generator that they are handed, so that the same seed is the same
recording.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.signal import butter, fftconvolve, sosfilt

from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, SoundGrid, sound_between

DECAY = 3.0
"""Powers of ten by which an amplitude falls in the reverberation time: 60 dB (ISO 3382)."""

NOISE_CORNER = 500.0
"""Hz above which noise falls by 6 dB an octave, as that of rooms and of preamplifiers about does."""


@dataclass(frozen=True, slots=True)
class Microphone:
    """How a microphone hears.

    Attributes
    ----------
    reverberation
        Seconds in which the room's echo falls by 60 dB; 0: there is none.
    direct
        By how many dB what comes straight is louder than the echo: 6 near the talker, -6 across a room.
    snr
        By how many dB the sound is louder than noise that nobody else hears; None: there is no noise.
    lowpass
        Hz above which it hears nothing; None: all.
    gain
        By what it multiplies; below 0 it is wired the other way round.
    clipped
        Where it cuts off, as a part of full scale.
    """

    reverberation: float = 0.0
    direct: float = 6.0
    snr: float | None = None
    lowpass: float | None = None
    gain: float = 1.0
    clipped: float = 1.0

    def hear(self, samples: Array, random: np.random.Generator, rate: int = SAMPLE_RATE) -> Array:
        """Return float32 [n], what is heard of float32 [n]."""
        heard = reverberant(samples, self.reverberation, self.direct, random, rate)
        if self.snr is not None:
            heard = noisy(heard, self.snr, random, rate)
        if self.lowpass is not None:
            heard = sosfilt(butter(6, self.lowpass, fs=rate, output="sos"), heard)
        return np.asarray(np.clip(self.gain * heard, -self.clipped, self.clipped), np.float32)


PLAIN = Microphone()
"""One that hears all as it is."""


def reverberant(samples: Array, seconds: float, direct: float, random: np.random.Generator, rate: int) -> Array:
    """Return sound in a room, whose answer to a clap is the clap, in time, and noise that decays."""
    count = round(seconds * rate)
    if not count:
        return np.asarray(samples, np.float64)
    tail = random.standard_normal(count) * 10.0 ** (-DECAY * np.arange(count) / count)
    tail *= 10.0 ** (-direct / 20.0) / np.sqrt((tail**2).sum())
    tail[0] += 1.0
    return np.asarray(fftconvolve(samples, tail)[: len(samples)])


def noisy(samples: Array, snr: float, random: np.random.Generator, rate: int = SAMPLE_RATE) -> Array:
    """Return sound with noise, by so many dB below it on the average."""
    noise = sosfilt(butter(1, NOISE_CORNER, fs=rate, output="sos"), random.standard_normal(len(samples)))
    power = float((noise**2).mean()) if len(samples) else 0.0
    wanted = float((samples.astype(np.float64) ** 2).mean()) * 10.0 ** (-snr / 10.0) if len(samples) else 0.0
    return np.asarray(samples + noise * (np.sqrt(wanted / power) if power > 0 else 0.0))


def on_clock(samples: Array, clock: Clock, count: int, rate: int = SAMPLE_RATE) -> Array:
    """Return what a recorder with a clock of its own makes of sound.

    Parameters
    ----------
    samples
        float32 [n], the first at second 0 of the clock that all share.
    clock
        The recorder's, told by that one; its first sample is at its second 0.
    count
        How many samples it records.
    rate
        How many a second, both.
    """
    places = np.arange(count) * (1.0 + clock.drift) + clock.offset * rate
    return np.asarray(map_coordinates(samples, [places], order=3, mode="constant", prefilter=True), np.float32)


class Tape:
    """A recording in memory, which is asked for stretches as an :class:`~slceleb_core.media.audio.AudioTrack` is.

    Parameters
    ----------
    samples
        float32 [n], 16 kHz, mono.
    start
        PTS seconds of the first one.

    Attributes
    ----------
    start, end
        PTS seconds of the first sample, and just behind the last.
    closed
        Whether it has been let go of.
    """

    def __init__(self, samples: Array, start: float = 0.0) -> None:
        self._samples = np.asarray(samples, np.float32)
        self.start = start
        self.end = start + len(samples) / SAMPLE_RATE
        self.closed = False

    def span(self, start: float, end: float) -> AudioSpan:
        """Return what was recorded from `start` to `end`, PTS seconds; silence where nothing was."""
        grid = SoundGrid(self.start, len(self._samples))
        return sound_between(start, end, grid, lambda first, last: self._samples[first:last])

    def close(self) -> None:
        """Let go of it."""
        self.closed = True


def record(
    samples: Array, clock: Clock = SAME, start: float = 0.0, microphone: Microphone = PLAIN, seed: int = 0
) -> Tape:
    """Return what a recorder makes of a sound, all that it hears of it.

    Parameters
    ----------
    samples
        float32 [n], the first at second 0 of the clock that all share.
    clock
        The recorder's, told by that one.
    start
        PTS seconds of its first sample.
    microphone
        How it hears.
    seed
        Of its room and its noise.
    """
    count = round((clock.own(len(samples) / SAMPLE_RATE) - start) * SAMPLE_RATE)
    taken = on_clock(samples, Clock(clock.other(start), clock.drift), count)
    return Tape(microphone.hear(taken, np.random.default_rng(seed)), start)
