"""How distinct the looks of a track are: the length that the sum of its embeddings grows to, face by face.

What is handed on is a number a face, and what is held is a vector a track of the running shot.
"""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array


class Totals:
    """Keeps the weighted sum of each track's embeddings, of a whole video: 2 kB a track.

    Attributes
    ----------
    of
        float64 [dim] by track.
    """

    def __init__(self) -> None:
        self.of: dict[int, Array] = {}

    def take(self, tracks: Array, embeddings: Array, weights: Array) -> None:
        """Take the faces of a frame, as of :meth:`Looks.growth`."""
        for track, row, weight in zip(tracks.tolist(), embeddings, weights.tolist(), strict=True):
            if has_vote(row, weight):
                added = weight * row.astype(np.float64)
                self.of[track] = self.of[track] + added if track in self.of else added


def has_vote(embedding: Array, weight: float) -> bool:
    """Tell whether a face counts: its embedding and its weight are numbers, and it weighs something."""
    return bool(np.isfinite(embedding).all() and np.isfinite(weight) and weight > 0)


class Looks:
    """Follows the weighted sum of each track's embeddings through the frames of a video, in order."""

    def __init__(self) -> None:
        self._shot: int | None = None
        self._sums: dict[int, Array] = {}

    def growth(self, shot: int, tracks: Array, embeddings: Array, weights: Array) -> Array:
        """Return float64 [n]: by how much each face of a frame makes the squared length of its track's sum larger.

        A face that has no vote, for its embedding or its weight is no number, adds nothing.

        Parameters
        ----------
        shot
            Of the frame; no track goes on from one to the next.
        tracks
            int64 [n] of the faces.
        embeddings, weights
            [n, dim] and [n] of them.
        """
        if shot != self._shot:
            self._shot, self._sums = shot, {}
        return np.array(
            [
                self._add(int(track), row.astype(np.float64), float(weight))
                for track, row, weight in zip(tracks, embeddings, weights, strict=True)
            ],
            dtype=np.float64,
        )

    def _add(self, track: int, embedding: Array, weight: float) -> float:
        if not has_vote(embedding, weight):
            return 0.0
        added = weight * embedding
        before = self._sums.get(track)
        self._sums[track] = added if before is None else before + added
        own = float(added @ added)
        return own if before is None else own + 2 * float(before @ added)
