"""From synchrony, motion and the speech gate to a confidence, with the faces on screen competing for the sound.

The weights are those of the project's study on 692 composed clips. Fitted anew on half of its talkers they did no
better on the other half.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from slceleb_core.types import Array

BIAS = -2.4
"""Of a face that neither moves its lips as speech does nor in time with the sound."""

SYNCHRONY = 6.3
"""Weight of the local correlation."""

MOTION, TYPICAL_MOTION = 0.8, np.log(0.02)
"""Weight of the motion's logarithm, and the value at which it is neutral."""

ALONE = 0.5
"""For a face that nobody competes with."""

PAUSE = 2.0
"""Weight of the logarithm by which the lips move less than usual, where the sound is not clear: in noise, and among
other voices above all, no voice activity detector hears when the speaker pauses, but it can be seen.
Weights of 1 to 4 do alike."""

RIVAL_SYNCHRONY = 5.5
"""Weight of the lead in correlation over the best other face."""

RIVAL_MOTION, RIVAL_MOTION_LIMIT = 2.0, 2.0
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


def competition(synchrony: Array, motion: Array, visible: Array, weight: Array) -> Array:
    """Return what the presence of others adds to each face's evidence: float64 [faces, n]; see `confidence`."""
    rival_synchrony, rival_motion, rivalled = (
        best_other(values, visible) for values in (synchrony * weight, motion, weight)
    )
    alone = np.isneginf(rivalled)
    lead = synchrony - np.where(alone, 0.0, rival_synchrony)
    livelier = np.clip(motion - np.where(alone, 0.0, rival_motion), -RIVAL_MOTION_LIMIT, RIVAL_MOTION_LIMIT)
    share = np.where(alone, 0.0, rivalled)
    return np.asarray((1.0 - share) * ALONE + share * (RIVAL_SYNCHRONY * lead + RIVAL_MOTION * livelier))


def known_alone(synchrony: Array, motion: Array, pause: Array, clear: Array) -> Array:
    """Return what is known of each face without looking at the others: float64 [faces, n], log odds.

    Parameters
    ----------
    synchrony
        float64 [faces, n], about -1..1.
    motion
        float64 [faces, n]: logarithm of the lips' motion in eye distances.
    pause
        float64 [faces, n], 0 or less: logarithm by which the lips move less than usual.
    clear
        float64 [n], 0..1: how far the sound tells pauses by itself.
    """
    return np.asarray(SYNCHRONY * synchrony + MOTION * (motion - TYPICAL_MOTION) + PAUSE * (1.0 - clear) * pause)


def confidence(known: Array, contested: Array, motion: Array, visible: Array, weight: Array, gate: Array) -> Array:
    """Return the confidence that each face is speaking.

    Parameters
    ----------
    known
        float64 [faces, n]: as of `known_alone`; any finite number where the face is not visible, as for all of them.
    contested
        float64 [faces, n], about -1..1: synchrony over a shorter time, by which the faces are compared.
    motion
        float64 [faces, n]: logarithm of the lips' motion in eye distances.
    visible
        bool [faces, n].
    weight
        float64 [faces, n], 0..1: how far what is known of each face is to be believed, and how much it counts as a
        rival. A face seen for a moment has had no time to move: whoever is beside it would be raised by having moved
        more.
    gate
        float64 [n], 0..1: how likely a voice is heard.

    Returns
    -------
    float64 [faces, n], 0..1; 0 where the face is not visible.
    """
    known = known + competition(contested, motion, visible, weight)
    return np.asarray(np.where(visible, gate * expit(BIAS + weight * known), 0.0))
