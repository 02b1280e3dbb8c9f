"""The cases: what is seen and heard in a composed clip, before anything is done to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from slceleb_core.evaluation.compose.recipe import Face, Motion, Part, Voice
from slceleb_core.evaluation.compose.sources import LEAST_LONG, SHORTEST, Source
from slceleb_core.evaluation.compose.stretches import Stretch, total

SHIFT = 0.8
"""Seconds by which a talker's own voice is shifted where it shall no longer fit: beyond any lag between lips and sound
that is searched, and less than a sentence."""

TURN = 4.0
"""Seconds that a turn lasts at most, and half of a swap."""

LAGS = {"late120": 0.12, "late240": 0.24, "late300": 0.3, "early120": -0.12}
"""Seconds by which the sound of a whole recording is late. Most downloads that the project has seen are up to 0.12 s
late, one is 0.24; a player that corrects for what is not wrong makes it early."""

GRIMACE_ROUNDS = 4
"""How often the pauses of a talker are gone through at most, each forth and back: they are short, and who chews or
laughs repeats himself; what goes on for longer is a loop."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A case with its people chosen.

    Attributes
    ----------
    duration
        Seconds.
    faces
        From left to right.
    voices
        What is heard.
    lag
        Seconds by which all of the sound is late, as a fault of recording.
    """

    duration: float
    faces: tuple[Face, ...]
    voices: tuple[Voice, ...]
    lag: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Who can play in a case.

    Attributes
    ----------
    lead
        Whom the case is about.
    others
        Clips of the other talkers of the same split.
    random
        Where choices are drawn from.
    """

    lead: Source
    others: Sequence[Source]
    random: np.random.Generator

    def partner(self) -> Source | None:
        """Return somebody else; None if there is nobody."""
        return self._draw(self.others)

    def listener(self) -> Source | None:
        """Return somebody else who is silent for a while; None if there is nobody."""
        return self._draw([other for other in self.others if other.listening])

    def in_turn(self) -> list[Source]:
        """Return everybody else's clips: talkers in random order, the clips of each together."""
        talkers = sorted({source.talker for source in self.others})
        order = [talkers[int(i)] for i in self.random.permutation(len(talkers))]
        clips = [self.others[int(i)] for i in self.random.permutation(len(self.others))]
        return [source for talker in order for source in clips if source.talker == talker]

    def _draw(self, candidates: Sequence[Source]) -> Source | None:
        talkers = sorted({source.talker for source in candidates})  # each talker is as likely, however many the clips
        if not talkers:
            return None
        talker = talkers[int(self.random.integers(len(talkers)))]
        clips = [source for source in candidates if source.talker == talker]
        return clips[int(self.random.integers(len(clips)))]

    def placed(self, *faces: Face) -> tuple[Face, ...]:
        """Return the faces in random order."""
        return tuple(faces[int(i)] for i in self.random.permutation(len(faces)))


CaseBuilder = Callable[[Cast], "Draft | None"]
"""Returns the case with people chosen; None where the cast cannot play it."""


def acting(source: Source, motion: Motion, start: float, stop: float, begin: float = 0.0) -> Part:
    """Return what a talker does from `start` to `stop`; `begin` seconds into the clip for what plays, or is still."""
    if motion == "listen":
        silence = source.listening
        if silence is None:
            raise ValueError(f"{source.name} has no silence to listen in")
        return Part(source.name, motion, start, stop, *silence)
    return Part(source.name, motion, start, stop, begin, begin + stop - start)


def face(source: Source, motion: Motion, duration: float, begin: float = 0.0) -> Face:
    """Return the face of a talker who does the same all the time."""
    return Face(source.talker, (acting(source, motion, 0.0, duration, begin),))


def voice(source: Source, start: float, stop: float, begin: float = 0.0) -> Voice:
    """Return a talker's voice from `start` to `stop`, from `begin` seconds into the clip on."""
    return Voice(source.name, source.talker, start, stop, begin)


def single(cast: Cast) -> Draft:
    """Show one talker with their own voice."""
    d = cast.lead.duration
    return Draft(d, (face(cast.lead, "play", d),), (voice(cast.lead, 0.0, d),))


def listener(cast: Cast) -> Draft | None:
    """Show a talker with their own voice beside somebody who listens."""
    other, d = cast.listener(), cast.lead.duration
    if other is None:
        return None
    return Draft(d, cast.placed(face(cast.lead, "play", d), face(other, "listen", d)), (voice(cast.lead, 0.0, d),))


def two(cast: Cast) -> Draft | None:
    """Show two talkers, both moving, with the voice of one."""
    other = cast.partner()
    if other is None:
        return None
    d = min(cast.lead.duration, other.duration)
    return Draft(d, cast.placed(face(cast.lead, "play", d), face(other, "play", d)), (voice(cast.lead, 0.0, d),))


def dub(cast: Cast) -> Draft | None:
    """Show a moving talker with another's voice."""
    other = cast.partner()
    if other is None:
        return None
    d = min(cast.lead.duration, other.duration)
    return Draft(d, (face(cast.lead, "play", d),), (voice(other, 0.0, d),))


def shift(cast: Cast) -> Draft | None:
    """Show a moving talker whose own voice is too early or too late, cut to where there is both."""
    d = cast.lead.duration - SHIFT
    if d < SHORTEST:
        return None
    early = bool(cast.random.integers(2))
    seen, heard = (0.0, SHIFT) if early else (SHIFT, 0.0)
    return Draft(d, (face(cast.lead, "play", d, seen),), (voice(cast.lead, 0.0, d, heard),))


def _voice_over(cast: Cast, motion: Motion) -> Draft | None:
    """Show somebody who does not speak, with another's voice."""
    other = cast.partner()
    if other is None or (motion == "listen" and cast.lead.listening is None):
        return None
    picture = float(cast.random.random()) * cast.lead.duration
    begin = 0.0 if motion == "listen" else picture
    return Draft(
        other.duration, (face(cast.lead, motion, other.duration, begin),), (voice(other, 0.0, other.duration),)
    )


def frozen(cast: Cast) -> Draft | None:
    """Show a still of a talker, with another's voice."""
    return _voice_over(cast, "still")


def jitter(cast: Cast) -> Draft | None:
    """Show a still that trembles as if it were filmed, with another's voice."""
    return _voice_over(cast, "jitter")


def voiceover(cast: Cast) -> Draft | None:
    """Show somebody who listens, with another's voice."""
    return _voice_over(cast, "listen")


def muted(cast: Cast) -> Draft:
    """Show a moving talker without a sound."""
    return Draft(cast.lead.duration, (face(cast.lead, "play", cast.lead.duration),), ())


def turns(cast: Cast) -> Draft | None:
    """Show two who speak one after the other, each listening meanwhile."""
    other = cast.listener()
    if other is None or cast.lead.listening is None:
        return None
    change = min(cast.lead.duration, TURN)
    end = change + min(other.duration, TURN)
    first = Face(
        cast.lead.talker,
        (acting(cast.lead, "play", 0.0, change), acting(cast.lead, "listen", change, end)),
    )
    second = Face(
        other.talker,
        (acting(other, "listen", 0.0, change), acting(other, "play", change, end)),
    )
    return Draft(end, cast.placed(first, second), (voice(cast.lead, 0.0, change), voice(other, change, end)))


def swap(cast: Cast) -> Draft | None:
    """Show two who move all the time; in the middle the voice changes from one to the other.

    Either half is long enough to judge by: clips that are too short for two go back to their beginning in the middle.
    """
    other = cast.partner()
    if other is None:
        return None
    half = min(cast.lead.duration, other.duration, TURN)
    first, second = (both_halves(source, half) for source in (cast.lead, other))
    voices = (voice(cast.lead, 0.0, half), voice(other, half, 2 * half, second.parts[-1].begin))
    return Draft(2 * half, cast.placed(first, second), voices)


def both_halves(source: Source, half: float) -> Face:
    """Return the face of a talker who plays on behind `half`, or again from the beginning where there is no more."""
    on = half if source.duration >= 2 * half else 0.0
    return Face(source.talker, (acting(source, "play", 0.0, half), acting(source, "play", half, 2 * half, on)))


def long(cast: Cast) -> Draft | None:
    """Show one talker with their own voice, for as long as a shot lasts."""
    return single(cast) if cast.lead.duration >= LEAST_LONG else None


def longdub(cast: Cast) -> Draft | None:
    """Show a moving talker with the voices of others, clip after clip, as long as both last; nothing is repeated."""
    voices = voices_in_turn(cast, cast.lead.duration)
    if not voices or voices[-1].stop < LEAST_LONG:
        return None
    return Draft(voices[-1].stop, (face(cast.lead, "play", voices[-1].stop),), voices)


def voices_in_turn(cast: Cast, duration: float) -> tuple[Voice, ...]:
    """Return the voices of the others, clip after clip, for as long as is asked or as they last."""
    voices: list[Voice] = []
    at = 0.0
    for source in cast.in_turn():
        if at < duration:
            voices.append(voice(source, at, min(at + source.duration, duration)))
            at = voices[-1].stop
    return tuple(voices)


def late(cast: Cast, lag: float) -> Draft:
    """Show one talker whose own voice is late (early: below 0) by the same all the time."""
    d = cast.lead.duration
    return Draft(d, (face(cast.lead, "play", d),), (voice(cast.lead, 0.0, d, -lag),), lag)


def pausing(source: Source, pauses: Sequence[Stretch], duration: float) -> Face:
    """Return the face of a talker who only pauses: one pause after the other, each forth and back, over and over."""
    parts: list[Part] = []
    at = 0.0
    for pause in itertools.cycle(pauses):
        stop = min(at + there_and_back(pause, source), duration)
        parts.append(Part(source.name, "listen", at, stop, *pause))
        at = stop
        if at >= duration - source.interval / 2:
            break
    return Face(source.talker, tuple(parts))


def there_and_back(pause: Stretch, source: Source) -> float:
    """Return the seconds for which a pause is shown, a whole number of pictures, so that they follow evenly."""
    return round(2 * total([pause]) / source.interval) * source.interval


def grimace(cast: Cast) -> Draft | None:
    """Show a talker's own motion in pauses, with the voices of others."""
    moving = cast.lead.grimaces
    longest = GRIMACE_ROUNDS * sum(there_and_back(pause, cast.lead) for pause in moving)
    voices = voices_in_turn(cast, longest)
    if not voices or voices[-1].stop < SHORTEST:
        return None
    return Draft(voices[-1].stop, (pausing(cast.lead, moving, voices[-1].stop),), voices)


def silence(cast: Cast) -> Draft | None:
    """Show a talker in pauses, each forth and back, with the sound that the room has then, twice."""
    lead = cast.lead
    d = sum(there_and_back(pause, lead) for pause in lead.pauses)
    if d < SHORTEST:
        return None
    shown = pausing(lead, lead.pauses, d)
    voices = [
        voice(lead, start, stop, part.begin)
        for part in shown.parts
        for start, stop in itertools.pairwise([part.start, (part.start + part.stop) / 2, part.stop])
    ]
    return Draft(d, (shown,), tuple(voices))


def overlap(cast: Cast) -> Draft | None:
    """Show two who speak at once, and from the middle on only one of them is heard."""
    other = cast.partner()
    if other is None:
        return None
    d = min(cast.lead.duration, other.duration)
    voices = (voice(cast.lead, 0.0, d), voice(other, 0.0, d / 2))
    return Draft(d, cast.placed(face(cast.lead, "play", d), face(other, "play", d)), voices)


CASES: Mapping[str, CaseBuilder] = {
    "single": single,
    "listener": listener,
    "two": two,
    "dub": dub,
    "shift": shift,
    "frozen": frozen,
    "jitter": jitter,
    "voiceover": voiceover,
    "muted": muted,
    "turns": turns,
    "swap": swap,
    "long": long,
    "longdub": longdub,
    **{name: partial(late, lag=lag) for name, lag in LAGS.items()},
    "grimace": grimace,
    "silence": silence,
    "overlap": overlap,
}
"""Every case."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "natural": ("single", "listener", "two"),
    "hard": ("dub", "shift", "frozen", "jitter", "voiceover", "muted"),
    "turns": ("turns",),
    "swap": ("swap",),
    "long": ("long", "longdub"),
    "late": tuple(LAGS),
    "pauses": ("grimace", "silence"),
    "overlap": ("overlap",),
}
"""The cases by family. Natural and hard ones together are the core set."""

LENGTHY = (*FAMILIES["long"], *FAMILIES["late"], *FAMILIES["pauses"])
"""Cases that take the long parts of clips, where there are any."""

PAIRED = ("longdub", "grimace")
"""Cases of which there is one for each other talker: with some voices a wrong one fits by chance."""


def family_of(case: str) -> str:
    """Return the family of a case."""
    return next(family for family, cases in FAMILIES.items() if case in cases)
