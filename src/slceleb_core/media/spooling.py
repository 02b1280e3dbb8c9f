"""Samples on disk: what there is of a sound, at its place, and nothing for what there is not."""

from __future__ import annotations

import math
import os
import threading
from bisect import bisect_right
from typing import IO

import numpy as np

from slceleb_core.media.folding import LONGEST_HOLE
from slceleb_core.types import SAMPLE_RATE, Array

SAMPLE_BYTES = 4


class SampleSpool:
    """Holds float32 samples, which are added in order and read at any place; silence lies where none were added.

    A gap up to ``folding.LONGEST_HOLE`` is left out of the file as a hole, which reads as silence and takes no room.
    What is longer has no place in it: a clock that jumps from 0 to the present would need a hundred terabytes.

    Parameters
    ----------
    file
        Empty, and this one's to close.
    rate
        Samples per second.
    channels
        How many channels there are; None: it is mono, and has no axis of them.
    """

    def __init__(self, file: IO[bytes], rate: int = SAMPLE_RATE, channels: int | None = None) -> None:
        self._file = file
        self._longest = round(LONGEST_HOLE * rate)
        self._shape = () if channels is None else (channels,)
        self._bytes = SAMPLE_BYTES * math.prod(self._shape)  # of a moment
        self._using = threading.Lock()  # so that nobody reads from what is being closed
        self._firsts: list[int] = []  # of each stretch, with no long gap in it
        self._ends: list[int] = []
        self._offsets: list[int] = []

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """The first sample of each long gap, and the first one behind it."""
        return list(zip(self._ends[:-1], self._firsts[1:], strict=True))

    def add(self, index: int, samples: Array) -> None:
        """Add samples, float32 [n] or [channels, n], the first of which is number `index`, behind those that are there.

        Raises
        ------
        OSError
            There is no room.
        """
        if not self._firsts or index > self._ends[-1] + self._longest:
            end = self._offsets[-1] + self._ends[-1] - self._firsts[-1] if self._firsts else 0
            self._firsts.append(index)
            self._ends.append(index)
            self._offsets.append(end)
        place = (self._offsets[-1] + index - self._firsts[-1]) * self._bytes
        if self._file.tell() != place:
            self._file.seek(place)
        self._file.write(samples.T.tobytes())
        self._ends[-1] = index + samples.shape[-1]

    def read(self, first: int, last: int) -> Array:
        """Return float32 [n] or [channels, n], n = last - first: a plain read, so that no page stays mapped."""
        found = np.zeros((*self._shape, last - first), np.float32)
        number = max(bisect_right(self._firsts, first) - 1, 0)
        while number < len(self._firsts) and self._firsts[number] < last:
            begin, end = max(first, self._firsts[number]), min(last, self._ends[number])
            if begin < end:
                place = (self._offsets[number] + begin - self._firsts[number]) * self._bytes
                with self._using:
                    content = os.pread(self._file.fileno(), (end - begin) * self._bytes, place)
                samples = np.frombuffer(content, np.float32).reshape(-1, *self._shape)
                found[..., begin - first : end - first] = samples.T
            number += 1
        return found

    def flush(self) -> None:
        """Write out what is still in memory.

        Raises
        ------
        OSError
            There is no room.
        """
        self._file.flush()

    def close(self) -> None:
        """Let go of the file; called a second time it does nothing."""
        with self._using:
            self._file.close()
