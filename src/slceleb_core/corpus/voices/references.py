"""What a person sounds like in all videos but one: robust against some of those being somebody else's themselves.

What a video says of a voice is the mean of its segments by their lengths; what several say is weighed by how far each
strays: a long video counts for more than a short one, but never for all, as it is one occasion. Each segment counts by
how likely it is of the person, which is known from the others: that is gone through a few times, from the video on that
most others agree with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slceleb_core.corpus.voices.likelihoods import expected, moved
from slceleb_core.types import Array, VoiceFigures

ROUNDS = 12
"""Times that weights are worked out anew; by then they stand still, or go to and fro between two equal halves."""

SUREST = 30.0
"""Natural logarithm of a ratio beyond which weights do not change any more."""

LEAST_WEIGHT = 1e-9
"""Of what is surely somebody else's: where there is nothing else, it is still something to be compared with."""


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """What is heard of one person.

    Attributes
    ----------
    embeddings
        float64 [n, dim], of unit length.
    seconds
        float64 [n].
    videos
        int64 [n]: of which video each is, from 0 on, without gaps.
    trusted
        bool [n]: a reviewer has said that it is the person's.
    """

    embeddings: Array
    seconds: Array
    videos: Array
    trusted: Array

    @property
    def count(self) -> int:
        """How many videos there are."""
        return int(self.videos.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Each sound of a person beside the person's other videos.

    Attributes
    ----------
    cosines
        float64 [n]; not a number where there is no other video.
    strays
        float64 [n]: by how much what it is compared with strays from the person's voice, as a variance.
    weights
        float64 [n], 0..1: how likely it is the person's own, where 1 is the likeliest.
    """

    cosines: Array
    strays: Array
    weights: Array


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What videos say of a voice.

    Attributes
    ----------
    directions
        float64 [videos, dim], of unit length; 0 where nothing is said.
    seconds
        float64 [videos]: of what counts in it.
    """

    directions: Array
    seconds: Array


def compared(sounds: Sounds, figures: VoiceFigures) -> Compared:
    """Compare each sound of a person with the person's other videos.

    Parameters
    ----------
    sounds
        At least one.
    figures
        How alike voices are.
    """
    count = len(sounds.seconds)
    if sounds.count < 2:
        nothing = np.full(count, np.nan)
        return Compared(nothing, nothing, np.ones(count))
    weights = _first_weights(sounds, figures)
    for _ in range(ROUNDS):
        cosines, strays = _beside_others(sounds, weights, figures)
        weights = (weights + _weights(sounds, cosines, strays, figures)) / 2
    return Compared(*_beside_others(sounds, weights, figures), weights)


def means(sounds: Sounds, weights: Array) -> Means:
    """Return what each video says, its sounds counted by their lengths and weights."""
    counted = sounds.seconds * np.maximum(weights, LEAST_WEIGHT)
    sums = np.zeros((sounds.count, sounds.embeddings.shape[1]))
    np.add.at(sums, sounds.videos, counted[:, None] * sounds.embeddings)
    return Means(_directions(sums), np.bincount(sounds.videos, counted, sounds.count))


def whole(of: Means, figures: VoiceFigures) -> tuple[Array, float]:
    """Return what all videos say together, float64 [dim] of unit length, and by how much that strays."""
    parts, shares = _parts(of, figures)
    return _directions(parts.sum(axis=0)[None])[0], float(1.0 / shares.sum())


def _parts(of: Means, figures: VoiceFigures) -> tuple[Array, Array]:
    """Return what each video adds to what all say, and how much it counts."""
    strays = moved(of.seconds, figures)
    shares = 1.0 / strays
    return of.directions * (shares * np.sqrt(1.0 + strays))[:, None], shares


def _beside_others(sounds: Sounds, weights: Array, figures: VoiceFigures) -> tuple[Array, Array]:
    """Return the cosine of each sound to all other videos, and by how much those stray.

    What the likeliest video is compared with counts in full as well, or nothing would ever speak against it.
    """
    cosines, strays = _beside(sounds, weights, figures)
    first = sounds.videos == sounds.videos[int(np.argmax(weights))]
    fuller = np.where(first, weights, np.minimum(weights / max(weights[~first].max(), LEAST_WEIGHT), 1.0))
    again, further = _beside(sounds, fuller, figures)
    return np.where(first, again, cosines), np.where(first, further, strays)


def _beside(sounds: Sounds, weights: Array, figures: VoiceFigures) -> tuple[Array, Array]:
    parts, shares = _parts(means(sounds, weights), figures)
    others = _directions(parts.sum(axis=0) - parts)
    rest = np.maximum(shares.sum() - shares, LEAST_WEIGHT)
    return (sounds.embeddings * others[sounds.videos]).sum(axis=1), (1.0 / rest)[sounds.videos]


def _first_weights(sounds: Sounds, figures: VoiceFigures) -> Array:
    """Return the weights of sounds beside the video that most others are like."""
    of = means(sounds, np.ones(len(sounds.seconds)))
    near = np.maximum(of.directions @ of.directions.T, 0.0)
    agreeing = near @ (1.0 / moved(of.seconds, figures))
    trusted = np.bincount(sounds.videos, sounds.trusted, sounds.count)
    first = int(np.lexsort((agreeing, trusted > 0))[-1])
    cosines = sounds.embeddings @ of.directions[first]
    strays = np.full(len(cosines), float(moved(of.seconds[first], figures)))
    return _weights(sounds, cosines, strays, figures)


def _weights(sounds: Sounds, cosines: Array, strays: Array, figures: VoiceFigures) -> Array:
    ratio = expected(moved(sounds.seconds, figures), strays, figures).log_ratio(cosines) * np.log(10)
    likely = 1.0 / (1.0 + np.exp(-np.clip(ratio, -SUREST, SUREST)))
    weights = likely / likely.max()
    return np.where(sounds.trusted, 1.0, weights)


def _directions(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0))
