"""Reuse of embeddings along a track: a face that has hardly moved since a moment ago still looks the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from slceleb_core.types import Array
from slceleb_recognizer_insightface.config import CacheConfig

Key: TypeAlias = tuple[int, int, int, int]


@dataclass(slots=True, eq=False)
class Entry:
    """One embedding, or the place where it will be put.

    Attributes
    ----------
    time
        PTS seconds of the face that is, or will be, embedded.
    vector
        float32 [dim]; None until the batch that the face came in has been embedded.
    """

    time: float
    vector: Array | None = None


class EmbeddingCache:
    """A bounded cache, least recently used entry out first, of what faces of a track looked like.

    It is asked face by face in order of the video, and an entry is made at once, before its embedding is known: so a
    face reuses the one before it in the same batch exactly as it would from an earlier batch.

    Parameters
    ----------
    config
        Its bounds.

    Attributes
    ----------
    lookups
        Faces that could have been reused from an earlier one.
    hits
        Those of them that were.
    """

    def __init__(self, config: CacheConfig) -> None:
        self.config = config
        self.lookups = 0
        self.hits = 0
        self._entries: OrderedDict[Key, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget every face; the counts stay."""
        self._entries.clear()

    def claim(self, track: int, box: Array, time: float) -> tuple[Entry, bool]:
        """Return the entry for a face, and whether it was there already; if not, the caller fills it in.

        Parameters
        ----------
        track
            The face's track; a negative one is never kept, nor is a box that is not finite.
        box
            float [4]: x0, y0, x1, y1 in pixels.
        time
            PTS seconds.
        """
        if self.config.entries == 0 or track < 0 or not np.isfinite(box).all():
            return Entry(time), False
        key = self._key(track, box)
        self.lookups += 1
        found = self._entries.get(key)
        if found is not None and abs(time - found.time) <= self.config.max_age:
            self.hits += 1
            self._entries.move_to_end(key)
            return found, True
        return self._insert(key, Entry(time)), False

    def _insert(self, key: Key, entry: Entry) -> Entry:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > self.config.entries:
            self._entries.popitem(last=False)
        return entry

    def _key(self, track: int, box: Array) -> Key:
        x0, y0, x1, y1 = (float(edge) for edge in box)
        size = (max(x1 - x0, 0.0) * max(y1 - y0, 0.0)) ** 0.5
        x, y, s = (int(value // self.config.grid) for value in ((x0 + x1) / 2, (y0 + y1) / 2, size))
        return track, x, y, s
