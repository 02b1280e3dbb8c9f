"""A recognition model that runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.models.providers import CPU
from slceleb_core.types import Array

GPU_BATCH = 32
"""Faces per call where a GPU does the work and the profile names no number: 4.8 MB of input. More are hardly ever at
hand (some faces of a track are embedded), and a card whose memory does not suffice is given fewer (`CardSession`)."""


@dataclass(slots=True)
class Network:
    """A recognition model, ready to run.

    Attributes
    ----------
    path
        The .onnx file.
    model
        InsightFace's object for it, which knows its normalisation.
    providers
        The execution providers that it really runs on.
    dim
        Length of an embedding.
    fixed_batch
        Whether the graph takes one picture at a time and no more.
    """

    path: Path
    model: Any
    providers: tuple[str, ...]
    dim: int = 0
    fixed_batch: bool = False

    def embed(self, images: Array, batch_size: int | None) -> Array:
        """Return the unit embeddings, float32 [n, dim], of `images`, uint8 [n, 112, 112, 3], RGB.

        NaN where the model answers with something that has no direction: zero, infinite or not a number. That a model
        always does is noticed when it is opened.
        """
        size = self.step(batch_size)
        parts = [self.forward(images[start : start + size]) for start in range(0, len(images), size)]
        raw = np.concatenate([np.zeros((0, self.dim), np.float32), *parts])
        norms = np.linalg.norm(raw.astype(np.float64), axis=1, keepdims=True)
        directed = np.isfinite(norms) & (norms > 0)
        return np.asarray(np.where(directed, raw / np.where(directed, norms, 1.0), np.nan), dtype=np.float32)

    def forward(self, images: Array) -> Array:
        """Return what the model says of `images`, uint8 [n, 112, 112, 3], RGB, n within what its graph takes."""
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32)
        return np.asarray(self.model.forward(planes), dtype=np.float32)

    def step(self, batch_size: int | None) -> int:
        """Return how many faces the model is given at once, where the profile names a number, or None."""
        if self.fixed_batch:
            return 1
        if batch_size is not None:
            return batch_size
        return 1 if self.providers[0] == CPU else GPU_BATCH
