"""From evidence, motion and the speech gate to a confidence, with the faces on screen competing for the sound.

The weights are about those of a logistic regression on composed clips, in which every clip counts alike within its
case; fitted without one talker after the other they stay within a fifth, but for those of motion::

    python scripts/accuracy/measure.py --config 'default={"diagnostics": true}' --save scores.npz
    python scripts/accuracy/weights.py scores.npz
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit

from slceleb_core.types import Array, Learnable

BIAS = -2.9
"""Of a face of which nothing is known. The regression said -3.3 to -3.6; what is added lets weak talkers be found."""

VOICE, VOICE_LIMITS = 0.85, (-4.0, 6.0)
"""Weight of the log ratio that this voice is the face's at all, over as long as it is seen, and how far that counts."""

NOW, NOW_LIMITS = 0.6, (-3.0, 4.0)
"""Weight of the log ratio over a few seconds."""

MOTION, MOTION_LIMITS, TYPICAL_MOTION = 0.7, (-2.0, 0.0), np.log(0.02)
"""Weight of the motion's logarithm, how far it counts, and the value below which it does. Lips that do not move do not
speak; but that they move says nothing, as they may chew or laugh."""

ALONE = 0.35
"""For a face that nobody competes with."""

PAUSE = 2.0
"""Weight of the logarithm by which the lips move less than usual, where the sound is not clear: in noise, and among
other voices above all, no voice activity detector hears when the speaker pauses, but it can be seen."""

LEAD, LEAD_LIMIT = 3.5, 0.6
"""Weight of the lead in correlation over the best other face, over each of two windows, and how far it counts."""

RIVAL_MOTION, RIVAL_MOTION_LIMIT = 0.15, 2.0
"""Weight of the lead in motion over the liveliest other face, and how large that lead may count."""


def best_other(values: Array, visible: Array) -> Array:
    """Return, for each face and moment, the highest value among the other visible faces; -inf where there is none.

    Parameters
    ----------
    values
        float64 [faces, n].
    visible
        bool [faces, n].
    """
    if len(values) < 2:
        return np.full(values.shape, -np.inf)
    shown = np.where(visible, values, -np.inf)
    ranked = np.sort(shown, axis=0)
    winner = np.arange(len(shown))[:, None] == np.argmax(shown, axis=0)
    return np.asarray(np.where(winner, ranked[-2], ranked[-1]))


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """What speaks for each face at each moment, float64 [faces, n] each, as it is weighed.

    Attributes
    ----------
    voice, now
        Log ratios over as long as the face is seen, and over a few seconds.
    motion
        Logarithm of the lips' motion, less the typical one.
    pause
        0 or less: logarithm by which the lips move less than usual, where the sound does not tell.
    alone
        1 where nobody competes, else 0, or in between for a rival seen too shortly.
    turn, lead
        Leads in correlation over the best other face, over a longer and a shorter window.
    livelier
        Lead in the logarithm of motion.
    """

    voice: Array
    now: Array
    motion: Array
    pause: Array
    alone: Array
    turn: Array
    lead: Array
    livelier: Array

    def log_odds(self, weights: Mapping[str, float]) -> Array:
        """Return float64 [faces, n], by weights of all signs, by name."""
        return log_odds({name: getattr(self, name) for name in WEIGHTS}, weights)

    def named(self, face: int) -> dict[str, Array]:
        """Return those of one face, by name."""
        return {sign.name: getattr(self, sign.name)[face] for sign in fields(self)}


WEIGHTS = {
    "voice": VOICE,
    "now": NOW,
    "motion": MOTION,
    "pause": PAUSE,
    "alone": ALONE,
    "turn": LEAD,
    "lead": LEAD,
    "livelier": RIVAL_MOTION,
}
"""By name of the sign."""

SPREAD = 0.3
"""How far off a weight is believed to be, in parts of it: without one of the talkers it stays within a fifth, and other
people and other rooms differ by more."""

UNCERTAIN = {"motion": 0.6}
"""The same of weights that depend on who was measured: that of motion does not stay within a fifth."""


def log_odds(signs: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    """Return the log odds of signs, by name; float64 of their shape."""
    return np.asarray(BIAS + sum(weight * signs[name] for name, weight in weights.items()))


def learnable(weights: Mapping[str, float]) -> Learnable:
    """Return what decisions can teach, where these weights are in use: the weights, and not where the middle lies.

    A bias moves all scores alike, which the limits of a profile are there for.
    """
    names = tuple(weights)
    spread = [abs(WEIGHTS[name]) * UNCERTAIN.get(name, SPREAD) for name in names]

    def odds(values: Array, told: Mapping[str, Array]) -> Array:
        return log_odds(told, dict(zip(names, values.tolist(), strict=True)))

    return Learnable(names, np.array([weights[name] for name in names]), np.array(spread), odds)


def lead_of(values: Array, visible: Array, limit: float) -> Array:
    """Return by how much each face is ahead of the best other one: float64 [faces, n], 0 where there is none."""
    other = best_other(values, visible)
    alone = np.isneginf(other)
    return np.asarray(np.where(alone, 0.0, np.clip(values - np.where(alone, 0.0, other), -limit, limit)))


def confidence(signs: Signs, visible: Array, gate: Array, weights: Mapping[str, float] = WEIGHTS) -> Array:
    """Return the confidence that each face is speaking: float64 [faces, n], 0..1; 0 where the face is not visible.

    Parameters
    ----------
    signs
        What speaks for each; finite wherever it is visible.
    visible
        bool [faces, n].
    gate
        float64 [n], 0..1: how likely a voice is heard.
    weights
        Of the signs, by name.
    """
    return np.asarray(np.where(visible, gate * expit(signs.log_odds(weights)), 0.0))
