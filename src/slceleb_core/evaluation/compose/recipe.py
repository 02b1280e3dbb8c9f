"""What a composed clip is made of, and what therefore is true of it. No pixel and no sample is touched here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal, TypeAlias

from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.evaluation.compose.stretches import Stretch, clipped, merged, moved, shared

Motion: TypeAlias = Literal["play", "listen", "still", "jitter"]
"""What a face does: move as it was filmed; move as in a silence, back and forth; not at all; only as a whole."""

Noise: TypeAlias = Literal["white", "pink", "music", "babble"]

TOLERANCE = 0.2
"""Seconds by which a voice may be off and still be the face's own. ITU-R BT.1359-1 calls 0.09 s early and 0.185 s late
acceptable; the offsets composed are 0.12 s (own) and 0.8 s (not own)."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one face does for some time.

    Attributes
    ----------
    source
        Name of the clip.
    motion
        What it does.
    start, stop
        Seconds of the composed clip.
    begin
        Seconds of the source: where playing or the silence begins, or which picture is the still.
    end
        Seconds of the source: where the silence ends; for other motions equal to `begin` + the time it takes.
    """

    source: str
    motion: Motion
    start: float
    stop: float
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Face:
    """One position on the picture, from left to right, and what is shown there.

    Attributes
    ----------
    talker
        Whose face.
    parts
        One after the other, without a gap.
    """

    talker: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """A stretch of a clip's sound.

    Attributes
    ----------
    source
        Name of the clip.
    talker
        Whose voice.
    start, stop
        Seconds of the composed clip.
    begin
        Seconds of the source; may lie before its beginning, where there is silence.
    """

    source: str
    talker: str
    start: float
    stop: float
    begin: float


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to a clip besides: nothing, unless said.

    Attributes
    ----------
    noise
        What is mixed in.
    snr
        By how many dB the active speech is above it.
    babble
        Names of the clips whose voices make the babble.
    delay
        Seconds by which the sound comes late.
    bitrate
        Bits per second of the pictures.
    scale
        Height of each face's picture, as a share of the canvas.
    rate
        Frames per second; None for those of the source.
    """

    noise: Noise | None = None
    snr: float = 0.0
    babble: tuple[str, ...] = ()
    delay: float = 0.0
    bitrate: int | None = None
    scale: float = 1.0
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A clip to compose.

    Attributes
    ----------
    clip
        Its name, without a suffix.
    case, family, variant
        What it tests: see :mod:`~slceleb_core.evaluation.compose.cases` and
        :mod:`~slceleb_core.evaluation.compose.variants`.
    split
        ``fit`` or ``test``, or whatever the talkers were divided into; nobody is seen or heard in two.
    seed
        Of everything that is random in its rendering.
    duration
        Seconds.
    faces
        From left to right.
    voices
        What is heard.
    treatment
        What is done besides.
    lag
        Seconds by which all of the sound is late throughout, as a fault of recording is: own voices stay own ones.
    """

    clip: str
    case: str
    family: str
    variant: str
    split: str
    seed: int
    duration: float
    faces: tuple[Face, ...]
    voices: tuple[Voice, ...]
    treatment: Treatment
    lag: float = 0.0

    @property
    def talkers(self) -> tuple[str, ...]:
        """Who is seen, from left to right, and then who is only heard in the foreground."""
        return tuple(dict.fromkeys([face.talker for face in self.faces] + [voice.talker for voice in self.voices]))

    def parameters(self) -> dict[str, Any]:
        """Return faces, voices and treatment, JSON-ready: with the clips and the seed, all that the clip depends on."""
        everything = asdict(self)
        return {name: everything[name] for name in ("duration", "faces", "voices", "treatment")}


def truth(recipe: Recipe, sources: Mapping[str, Source]) -> list[tuple[Stretch, ...]]:
    """Return, for each face, when it is truly the speaker, in seconds of the composed clip, by what the eye sees.

    That is where the face plays as it was filmed, its own voice is heard no more than `TOLERANCE` apart (but for the
    recipe's lag), and the source's labels say speech.

    Parameters
    ----------
    recipe
        The clip.
    sources
        By name.
    """
    return [
        merged(
            stretch
            for part in face.parts
            for voice in recipe.voices
            for stretch in _spoken(part, voice, sources[part.source], recipe.lag)
        )
        for face in recipe.faces
    ]


def overlaps(spoken: Sequence[Sequence[Stretch]]) -> tuple[Stretch, ...]:
    """Return when more than one face speaks: a state of its own, in which there is no one speaker.

    Parameters
    ----------
    spoken
        For each face, when it speaks: see :func:`truth`.
    """
    return merged(both for first, second in combinations(spoken, 2) for both in shared(first, second))


def _spoken(part: Part, voice: Voice, source: Source, lag: float) -> tuple[Stretch, ...]:
    apart = (voice.begin - voice.start) - (part.begin - part.start) + lag
    if part.motion != "play" or voice.source != part.source or abs(apart) > TOLERANCE:
        return ()
    seen = moved(source.speech, part.start - part.begin)
    return clipped(seen, max(part.start, voice.start), min(part.stop, voice.stop))
