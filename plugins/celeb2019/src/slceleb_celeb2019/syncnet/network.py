"""The user's network on ONNX Runtime: lips and sound, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_celeb2019.syncnet.confidence import SHIFTS
from slceleb_celeb2019.syncnet.crops import SIDE, pictures
from slceleb_celeb2019.syncnet.windows import PICTURES, ROWS, Windows, silence, sounds
from slceleb_core.errors import ModelError, PluginError
from slceleb_core.media.mfcc import COEFFICIENTS
from slceleb_core.models.networks import first_line, open_session
from slceleb_core.models.providers import ProviderChoice
from slceleb_core.types import Array, AudioSpan, Track

LIP, AUD = "lip", "aud"
"""Inputs, float32 [n, 3, 5, 224, 224] (blue, green, red, 0..255) and [n, 1, 13, 20]."""

EMBEDDINGS = {LIP: "lip_embedding", AUD: "aud_embedding"}
"""The output that belongs to each, float32 [n, values], as many values of both."""

ENTRIES = {LIP: (3, PICTURES, SIDE, SIDE), AUD: (1, COEFFICIENTS, ROWS)}
"""Their shapes, behind the number of windows."""

TOGETHER = 8
"""Windows at a time: a window of pictures takes 3 MB, and some ten times that within the network."""

SHIFT = 4
"""Hundredths of a second by which the sound is shifted at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Syncnet:
    """The network, loaded.

    Attributes
    ----------
    branches
        A session for each input.
    providers
        The execution providers that it really runs on.
    """

    branches: dict[str, Any]
    providers: tuple[str, ...]

    @classmethod
    def load(cls, path: Path, choice: ProviderChoice) -> Syncnet:
        """Load a network, and run it once.

        Raises
        ------
        ModelError
            It is no network of this kind.
        PluginError
            ONNX or ONNX Runtime cannot be imported.
        UsageError
            An execution provider that was asked for cannot be started.
        """
        branches = {name: open_session(content, choice) for name, content in _branches(path).items()}
        network = cls(branches, tuple(branches[LIP].get_providers()))
        lengths = {len(network._tried(path, name)) for name in ENTRIES}
        if len(lengths) != 1:
            raise ModelError(f"{path}: lips and sound have embeddings of different lengths", "is it SyncNet?")
        return network

    def distances(self, windows: Windows, track: Track, audio: AudioSpan) -> tuple[Array, Array]:
        """Return the distances of lips and sound.

        Returns
        -------
        float64 [w, 31]: of each window's lips and the sound at each shift, which is the distance to nothing where that
        lies before the first window or behind the last; and [w, 31]: the same for silence.
        """
        lips = self._lips(track, windows.pictures)
        shifted = windows.ticks[:, None] + SHIFT * np.arange(-SHIFTS, SHIFTS + 1)
        known = (shifted >= windows.ticks[0]) & (shifted <= windows.ticks[-1])
        needed, which = np.unique(shifted[known], return_inverse=True)
        heard, quiet = self._run(AUD, sounds(needed, audio)), self._run(AUD, silence())[0]
        nothing = np.linalg.norm(lips, axis=1)
        apart = np.repeat(nothing[:, None], shifted.shape[1], axis=1)
        still = apart.copy()
        rows = np.nonzero(known)[0]
        apart[known] = np.linalg.norm(lips[rows] - heard[which], axis=1)
        still[known] = np.linalg.norm(lips - quiet, axis=1)[rows]
        return apart, still

    def _lips(self, track: Track, chosen: Array) -> Array:
        """Return float64 [w, values]: embeddings of windows of pictures."""
        parts = []
        for begin in range(0, len(chosen), TOGETHER):
            rows = chosen[begin : begin + TOGETHER]
            needed, which = np.unique(rows, return_inverse=True)
            shown = pictures(track.observations[needed])[which.reshape(rows.shape)]
            parts.append(self._run(LIP, np.ascontiguousarray(shown.transpose(0, 2, 1, 3, 4))))
        return np.concatenate(parts)

    def _run(self, name: str, entry: Array) -> Array:
        output, parts = EMBEDDINGS[name], []
        for begin in range(0, len(entry), TOGETHER):
            (made,) = self.branches[name].run([output], {name: entry[begin : begin + TOGETHER]})
            parts.append(made.astype(np.float64))
        return np.concatenate(parts)

    def _tried(self, path: Path, name: str) -> Sequence[float]:
        """Return the embedding of nothing."""
        try:
            made = self._run(name, np.zeros((1, *ENTRIES[name]), np.float32))
        except Exception as error:  # what ONNX Runtime raises has no public names
            raise ModelError(f"{path} cannot be run: {first_line(error)}", "is it SyncNet?") from error
        if made.ndim != 2:
            raise ModelError(f"{path}: {EMBEDDINGS[name]} has shape {list(made.shape)}, expected [n, values]")
        embedding: Sequence[float] = made[0]
        return embedding


def _branches(path: Path) -> dict[str, bytes]:
    """Return a network for each of the two inputs: what is heard is compared at more moments than what is seen."""
    try:
        import onnx
        from onnx.utils import Extractor
    except ImportError as error:
        raise PluginError(f"a network cannot be read: {error}", "pip install onnx") from error
    try:
        extractor = Extractor(onnx.load(str(path)))
        return {
            name: extractor.extract_model([name], [output]).SerializeToString() for name, output in EMBEDDINGS.items()
        }
    except Exception as error:  # what ONNX raises is of many kinds
        wanted = ", ".join((*EMBEDDINGS, *EMBEDDINGS.values()))
        raise ModelError(
            f"{path} is no network with {wanted}: {first_line(error)}",
            "the plugin's README says how to convert SyncNet",
        ) from error
