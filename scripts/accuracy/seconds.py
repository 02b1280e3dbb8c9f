"""What a user gets of the composed clips: seconds accepted by the default profile, of those that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from cases import OWN_LAG, Bench
from scores import Scored

from slceleb_core.evaluation.compose.recipe import Recipe, overlaps, truth
from slceleb_core.evaluation.compose.stretches import Stretch, clipped, merged, shared, total
from slceleb_core.profile import load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.types import Array

EDGE = 0.2
"""Seconds beside true speech in which what is accepted is no wrong label: a syllable."""

RESAMPLES = 1000
"""Of the bootstrap over talkers."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Shown:
    """One face of one clip, and what is accepted of it.

    Attributes
    ----------
    recipe
        The clip.
    talker
        Whose face.
    waits
        Whether the face is that of somebody who listens, or is silent, all the time.
    spoken, both
        When it truly speaks, and when another one does so as well.
    accepted
        The segments, without padding.
    lags
        For each segment, by how many milliseconds its sound was found to be late; NaN where that was not told.
    """

    recipe: Recipe
    talker: str
    waits: bool
    spoken: tuple[Stretch, ...]
    both: tuple[Stretch, ...]
    accepted: tuple[Stretch, ...]
    lags: tuple[float, ...]

    @property
    def lag(self) -> float:
        """Seconds by which the sound is late in all: that of the recording, and what was added."""
        return self.recipe.lag + OWN_LAG.get(self.talker, 0.0)

    @property
    def available(self) -> float:
        """Seconds for which it is shown."""
        return self.recipe.duration

    @property
    def true(self) -> float:
        """Seconds of speech."""
        return total(self.spoken)

    @property
    def taken(self) -> float:
        """Seconds accepted."""
        return total(self.accepted)

    @property
    def found(self) -> float:
        """Seconds of speech that are accepted."""
        return total(shared(self.spoken, self.accepted))

    @property
    def wrong(self) -> float:
        """Seconds accepted away from the face's own speech."""
        return elsewhere(self.spoken, self.accepted)

    @property
    def together(self) -> float:
        """Seconds accepted while another speaks as well."""
        return total(shared(self.both, self.accepted))


PAUSE = load_profile(DEFAULT_PROFILE).segments.min_off
"""Seconds of silence that a segment bridges, by the default profile."""


def elsewhere(spoken: Sequence[Stretch], accepted: Sequence[Stretch]) -> float:
    """Return the seconds accepted away from speech; pauses that are bridged, and edges, do not count as wrong."""
    near = merged((start - EDGE, end + EDGE) for start, end in merged(spoken, PAUSE))
    return total(accepted) - total(shared(near, accepted))


def shown(bench: Bench, scored: Scored, configuration: int = 0) -> list[Shown]:
    """Return every face of every clip, with what is accepted of it."""
    faces: list[Shown] = []
    accepted_ones = scored.segments[scored.segments[:, 0] == configuration, 1:]
    for clip, recipe in enumerate(bench.recipes):
        spoken = truth(recipe, bench.sources)
        both = overlaps(spoken)
        for number, (face, own) in enumerate(zip(recipe.faces, spoken, strict=True)):
            rows = accepted_ones[(accepted_ones[:, 0] == clip) & (accepted_ones[:, 1] == number)]
            waits = recipe.case != "grimace" and all(part.motion == "listen" for part in face.parts)
            accepted = tuple((float(start), float(end)) for start, end in rows[:, 2:4])
            taken = clipped(merged(accepted), 0.0, recipe.duration)
            lags = tuple(float(lag) for lag in rows[:, 4])
            faces.append(Shown(recipe, face.talker, waits, own, shared(own, both), taken, lags))
    return faces


@dataclass(frozen=True)
class Share:
    """A share of seconds, over talkers.

    Attributes
    ----------
    part, whole
        float64 [talkers]: seconds of each talker.
    """

    part: Array
    whole: Array

    @classmethod
    def of(cls, faces: Iterable[Shown], part: Callable[[Shown], float], whole: Callable[[Shown], float]) -> Share:
        """Return the share that one measure of faces is of another."""
        chosen = list(faces)
        talkers, place = np.unique([face.talker for face in chosen], return_inverse=True)
        sums = (
            np.bincount(place, [measure(face) for face in chosen], minlength=len(talkers)) if chosen else np.zeros(0)
            for measure in (part, whole)
        )
        parts, wholes = sums
        return cls(parts[wholes > 0], wholes[wholes > 0])

    @property
    def value(self) -> float:
        """The share of all of it; NaN of nothing."""
        return float(self.part.sum() / self.whole.sum()) if self.whole.sum() else np.nan

    @property
    def interval(self) -> Interval:
        """The 95 % interval when talkers are drawn anew; NaN with fewer than two."""
        if len(self.whole) < 2:
            return np.nan, np.nan
        drawn = np.random.default_rng(0).integers(len(self.whole), size=(RESAMPLES, len(self.whole)))
        part, whole = self.part[drawn].sum(axis=1), self.whole[drawn].sum(axis=1)
        low, high = np.percentile(part / whole, [2.5, 97.5])
        return float(low), float(high)


def accepted_share(faces: Iterable[Shown]) -> Share:
    """Return what is accepted of all seconds: of faces that do not speak, all of it is wrong."""
    return Share.of(faces, lambda face: face.taken, lambda face: face.available)


def found_share(faces: Iterable[Shown]) -> Share:
    """Return what is accepted of the seconds of speech."""
    return Share.of(faces, lambda face: face.found, lambda face: face.true)


def overlap_share(faces: Iterable[Shown]) -> Share:
    """Return what is accepted of the seconds in which two speak at once."""
    return Share.of(faces, lambda face: face.together, lambda face: total(face.both))


def lag_errors(faces: Sequence[Shown]) -> Array:
    """Return by how many milliseconds each segment's lag is off where the sound is moved by a constant.

    A recording has a lag of its own, which nobody knows exactly. So it is compared with that found in the clip in which
    the same picture has its sound as it was; where nothing was accepted there, with what is on record.
    """
    usual = {
        _picture(face): float(np.nanmedian(face.lags))
        for face in faces
        if face.recipe.case in ("single", "long") and np.isfinite(face.lags).any()
    }
    errors = [
        abs(lag - usual.get(_picture(face), 1000 * OWN_LAG.get(face.talker, 0.0)) - 1000 * face.recipe.lag)
        for face in faces
        if face.recipe.lag
        for lag in face.lags
    ]
    return np.array(errors, dtype=np.float64)


def _picture(face: Shown) -> tuple[str, str]:
    return face.recipe.variant, face.recipe.faces[0].parts[0].source
