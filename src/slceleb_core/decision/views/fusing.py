"""What is said of a person at a moment by all cameras that see them: a mean of log odds, by how well each sees a mouth.

The views of one mouth err for reasons of their own, such as the light, the angle and the encoder; so their mean errs
less than each of them, as that of any measurements of one thing does. A view that sees a mouth badly counts less, by
the quality that also weighs a face's vote: size, pose and sharpness.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slceleb_core.decision.views.sightings import Look

SURE = 1e-3
"""A score is taken to be no surer than this: beyond it says how a stage's scale ends, and no more of the lips."""


@dataclass(frozen=True, slots=True)
class Fused:
    """What the cameras say together.

    Attributes
    ----------
    speaking
        0..1, as of ``Scores``.
    voice
        How likely a voice is heard, whoever's it is.
    chance, overlap
        As of ``Scores``; None where no stage says so.
    lag
        Seconds by which the sound comes later after the picture than it does in the whole of that camera's video; None
        where that is not known.
    followed
        Whether anybody looked at the lips, in any view.
    mouth
        How far the mouth is open, where it is seen best.
    """

    speaking: float
    voice: float
    chance: float | None
    overlap: float | None
    lag: float | None
    followed: bool
    mouth: float | None


def fuse(looks: Sequence[Look], lags: Mapping[int, float]) -> Fused | None:
    """Return what is said of a person at a moment; None where no camera has a sound to judge by.

    Parameters
    ----------
    looks
        At that person, one a camera.
    lags
        Seconds by which the sound of each camera's whole video is late, by the camera's place.
    """
    said = [(look, look.said) for look in looks if look.said is not None]
    if not said:
        return None
    voice = max(score.voice for _, score in said)
    heeded = [(look, score) for look, score in said if score.followed and look.weight > 0.0]
    if not heeded:
        return Fused(0.0, voice, None, None, None, followed=False, mouth=None)
    best, of_best = max(heeded, key=lambda pair: (pair[0].weight, -pair[0].track[0]))
    return Fused(
        speaking=_odds(_mean((look.weight, _log_odds(score.speaking)) for look, score in heeded) or 0.0),
        voice=voice,
        chance=_geometric((look.weight, score.chance) for look, score in heeded),
        overlap=_mean((look.weight, score.overlap) for look, score in heeded),
        lag=None if of_best.lag is None else of_best.lag - lags.get(best.track[0], 0.0),
        followed=True,
        mouth=of_best.mouth,
    )


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, SURE), 1.0 - SURE)
    return math.log(bounded / (1.0 - bounded))


def _odds(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def _mean(values: Iterable[tuple[float, float | None]]) -> float | None:
    """Return the weighted mean of what is known; None where nothing is."""
    there = [(weight, value) for weight, value in values if value is not None]
    total = sum(weight for weight, _ in there)
    return sum(weight * value for weight, value in there) / total if total > 0.0 else None


def _geometric(values: Iterable[tuple[float, float | None]]) -> float | None:
    """Return the weighted geometric mean of probabilities: none of the views decides by itself."""
    logs = ((weight, None if value is None else math.log(max(value, SURE))) for weight, value in values)
    mean = _mean(logs)
    return None if mean is None else math.exp(mean)
