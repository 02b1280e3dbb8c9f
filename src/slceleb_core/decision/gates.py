"""Why a candidate is taken or left: named gates in a fixed order, each with its value and its limit.

The first gate that a candidate does not pass is the reason. All gates are asked all the same, so that a person can see
how near the others were.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field, field_validator

from slceleb_core.decision.candidates import Candidate
from slceleb_core.decision.identity import Identity
from slceleb_core.decision.options import PolicyConfig
from slceleb_core.errors import did_you_mean
from slceleb_core.results import Gate, rounded

ORDER = (
    "similarity",
    "margin",
    "co_visible",
    "face size",
    "face pose",
    "face sharpness",
    "vad",
    "followed",
    "asd",
    "speaking",
    "offset",
    "chance",
    "overlap",
    "other_speaker",
    "length",
    "voice",
    "one_voice",
)
"""The names of the gates, in the order in which they decide."""

OVER_CORPUS = frozenset({"min_voice", "min_one_voice", "short_voices"})
"""Options of :class:`GateConfig` for what is decided over a finished folder (``corpus.voices``): what a run finds in a
video does not depend on them, so they are in no key."""


STRICTER: Mapping[str, Literal[">=", "<="]] = {
    "similarity": ">=",
    "margin": ">=",
    "face size": ">=",
    "face pose": "<=",
    "face sharpness": ">=",
    "vad": ">=",
    "followed": ">=",
    "asd": ">=",
    "speaking": ">=",
    "offset": "<=",
    "chance": "<=",
    "overlap": "<=",
    "other_speaker": "<=",
    "length": ">=",
}
"""Gates that :attr:`GateConfig.stricter` can limit further. All but ``speaking``, the mean speaking score, are asked
anyway; that one only where it is limited. (Voices have `min_voice`: it is asked of the finished folder.)"""

LEAST_FOLLOWED = 0.5
"""Share of a stretch in which lips must have been followed: most of it."""


class GateConfig(PolicyConfig):
    """What a stretch must have beside a name and a speaking score; the limits of those stand with their decisions."""

    min_size: float = Field(
        default=20.0, ge=0, description="Least mean size of the face, in pixels; below, points of a mouth are guesses."
    )
    max_turned: float = Field(
        default=75.0,
        ge=0,
        le=180,
        description="Largest mean yaw or pitch, in degrees, where the detector gives the pose.",
    )
    min_sharpness: float = Field(
        default=0.0, ge=0, le=1, description="Least mean sharpness, where the detector gives it; 0 leaves all."
    )
    vad: Literal["auto", "silero", "energy", "none"] = Field(
        default="auto",
        description="What tells a voice from other sound: Silero VAD, the level, or Silero where it is installed; "
        "with none, this gate lets all pass.",
    )
    min_speech: float = Field(
        default=0.5, ge=0, le=1, description="Least mean probability that a voice is heard (Silero VAD's threshold)."
    )
    max_offset_ms: float | None = Field(
        default=185.0,
        ge=0,
        description="Largest distance, in ms either way, of the offset between sound and picture from that of the "
        "whole video, as far as the speaker stage tells it, else from 0; beyond it the sound is dubbed (ITU-R "
        "BT.1359-1: 185 ms late is the limit of what is acceptable). None: any.",
    )
    max_chance: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Largest mean probability that the lips go with the sound by chance, where the speaker stage tells "
        "it; 1 leaves all.",
    )
    max_overlap: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Largest mean probability that another face on the picture speaks at the same time, where the "
        "speaker stage tells it; 1 leaves all.",
    )
    max_rival: float = Field(
        default=0.5, ge=0, le=1, description="Largest mean speaking score of the other faces on the picture."
    )
    stricter: dict[str, float] = Field(
        default_factory=dict,
        description="Further limits by gate, such as {similarity: 0.5, speaking: 0.7, chance: 0.01}: of two limits the "
        "stricter one holds. They take whole segments out and change no other, so what is right of the segments before "
        "is right of those that stay; `slceleb calibrate` sets them.",
    )
    min_voice: float | None = Field(
        default=-1.0,
        ge=-20,
        le=20,
        description="Where the profile names a voice stage: how much likelier the voice must at least be the person's "
        "own, as in their other videos, than somebody else's, as log10 of the ratio; with -1 what is ten times "
        "likelier somebody else's is left out. None: any.",
    )
    min_one_voice: float | None = Field(
        default=None,
        ge=-20,
        le=20,
        description="Likewise: how much likelier a segment must at least hold one voice than several, as log10 of the "
        "ratio. None: any, and it is not asked for.",
    )
    short_voices: bool = Field(
        default=False,
        description="Likewise: whether segments with too little sound to be judged by themselves are compared with all "
        "that the person has said in segments that have passed, those of the same video too.",
    )

    @field_validator("stricter")
    @classmethod
    def _of_gates(cls, value: dict[str, float]) -> dict[str, float]:
        for name, limit in value.items():
            if name not in STRICTER:
                raise ValueError(f"no gate {name!r} can be limited; {did_you_mean(name, STRICTER)}")
            if not math.isfinite(limit):
                raise ValueError(f"the limit of {name} is no number")
        return value


@dataclass(frozen=True, slots=True)
class Limits:
    """What candidates are measured against.

    Attributes
    ----------
    margin
        Of the identity; how near a track must be, it says itself.
    onset, min_on
        Of the segments: least speaking score somewhere in it, least seconds.
    gates
        The profile's section.
    lag_ms
        By how many ms the sound of the whole video is late.
    """

    margin: float
    onset: float
    min_on: float
    gates: GateConfig
    lag_ms: float = 0.0


def examine(candidate: Candidate, who: Identity, limits: Limits) -> tuple[Gate, ...]:
    """Return what every gate says, in the order in which they decide.

    Parameters
    ----------
    candidate
        A stretch of a track.
    who
        Whom the track is taken for, or nearest to.
    limits
        What to measure against.
    """
    gates = (*_about_who(who, limits), *_about_face(candidate, limits.gates), *_about_speech(candidate, limits))
    stricter = limits.gates.stricter
    return tuple(_limited(gate, stricter[gate.name]) if gate.name in stricter else gate for gate in gates)


def stopping(gates: tuple[Gate, ...]) -> Gate | None:
    """Return the first gate that was not passed; None: the candidate is taken."""
    return next((gate for gate in gates if not gate.passed), None)


def _limited(gate: Gate, limit: float) -> Gate:
    """Return a gate with the stricter one of two limits; values are compared as they are written down."""
    if gate.limit is not None:
        limit = max(gate.limit, limit) if gate.comparison == ">=" else min(gate.limit, limit)
    return gate if limit == gate.limit else replace(gate, value=rounded(gate.value), limit=limit)


def _about_who(who: Identity, limits: Limits) -> Iterator[Gate]:
    yield Gate("similarity", who.similarity, who.limit, ">=")
    yield Gate("margin", who.margin, limits.margin, ">=")
    # a face that is seen together with a nearer one of the same name is nobody, however near it is itself
    taken = None if who.nearest is None else float(who.person is not None)
    yield Gate("co_visible", taken, 1.0, ">=")


def _about_face(candidate: Candidate, config: GateConfig) -> Iterator[Gate]:
    yield Gate("face size", candidate.size.value, config.min_size, ">=")
    yield Gate("face pose", candidate.turned.value, config.max_turned, "<=")
    yield Gate("face sharpness", candidate.sharpness.value, config.min_sharpness, ">=")


def _about_speech(candidate: Candidate, limits: Limits) -> Iterator[Gate]:
    config, speech = limits.gates, candidate.speech
    yield Gate("vad", None if config.vad == "none" else candidate.voice.value, config.min_speech, ">=")
    # what nobody looked at has no score: that is its reason, and not that the score is low
    yield Gate("followed", candidate.followed.value, LEAST_FOLLOWED, ">=")
    yield Gate("asd", candidate.speaking, limits.onset, ">=")
    if "speaking" in config.stricter:
        yield Gate("speaking", None if speech is None else speech.speaking_sum / speech.rows, None, ">=")
    offset = None if speech is None or speech.offset_ms is None else abs(speech.offset_ms - limits.lag_ms)
    yield Gate("offset", offset, config.max_offset_ms, "<=")
    yield Gate("chance", candidate.chance.value, config.max_chance, "<=")
    yield Gate("overlap", candidate.overlap.value, config.max_overlap, "<=")
    yield Gate("other_speaker", candidate.other_speaker.value, config.max_rival, "<=")
    # sums of frame times are off by far less than the microsecond to which they are written, and compared
    yield Gate("length", rounded(candidate.seconds), limits.min_on, ">=")
