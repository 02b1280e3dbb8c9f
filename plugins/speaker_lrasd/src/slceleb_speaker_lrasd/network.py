"""The networks on ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.models.networks import open_session
from slceleb_core.models.providers import ProviderChoice
from slceleb_core.types import Array
from slceleb_speaker_lrasd.graph import AUDIO, LOGITS, VIDEO, Parts, as_taken, divided
from slceleb_speaker_lrasd.sequence import WINDOWS
from slceleb_speaker_lrasd.stretches import stretches

PIECE = 128
"""Pictures that are encoded at once: 60 MB."""

MARGIN = 12
"""Pictures on either side of a piece that are encoded with it: what is encoded of a moment rests on nine of each side
(three layers over five and three over three), and on the sound of fewer. A test compares it with one piece."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network, loaded.

    Attributes
    ----------
    parts
        What it is divided into.
    encoder, detector
        Sessions of ONNX Runtime.
    providers
        The execution providers that it really runs on.
    """

    parts: Parts
    encoder: Any
    detector: Any
    providers: tuple[str, ...]

    @classmethod
    def load(cls, path: Path, choice: ProviderChoice) -> Network:
        """Load a network.

        Raises
        ------
        ModelError
            The file is no network of this kind.
        UsageError
            An execution provider that was asked for cannot be started.
        """
        parts = divided(path)
        encoder, detector = (open_session(part, choice) for part in (parts.encoder, parts.detector))
        return cls(parts, encoder, detector, tuple(encoder.get_providers()))

    def odds(self, pictures: Array, features: Array, times: Array) -> Array:
        """Return float64 [t]: the log odds of speaking, of each picture.

        Parameters
        ----------
        pictures
            uint8 [t, 112, 112], at least one.
        features
            float32 [4 t, 13].
        times
            float64 [t]: PTS seconds of the pictures.
        """
        encoded, parts = self.encoded(pictures, features), []
        for along, own in stretches(times):
            taken = as_taken(encoded[along], self.parts)
            (logits,) = self.detector.run([LOGITS], {self.parts.taken: taken})
            parts.append((logits[:, 1].astype(np.float64) - logits[:, 0])[own])
        return np.concatenate(parts)

    def encoded(self, pictures: Array, features: Array, piece: int = PIECE) -> Array:
        """Return float32 [t, 1, channels]: what is encoded of each moment, `piece` of them at a time."""
        count, parts = len(pictures), []
        for start in range(0, count, piece):
            first, last = max(start - MARGIN, 0), min(start + piece + MARGIN, count)
            (seen,) = self.encoder.run(
                [self.parts.seen],
                {
                    VIDEO: pictures[None, first:last].astype(np.float32),
                    AUDIO: features[None, WINDOWS * first : WINDOWS * last],
                },
            )
            parts.append(seen[start - first : start - first + piece])
        return np.concatenate(parts)
