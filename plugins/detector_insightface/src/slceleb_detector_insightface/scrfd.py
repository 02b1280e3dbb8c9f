"""SCRFD: from a network's outputs to faces.

The arithmetic is that of InsightFace (``python-package/insightface/model_zoo/retinaface.py``): at each place of three
grids lie two anchors, points without a size; the network gives for each a confidence, the distances to the sides of a
face, and the way to its five points, in steps of the grid. J. Guo et al., "Sample and Computation Redistribution for
Efficient Face Detection", ICLR 2022. Detectors of five grids have one anchor at each place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from slceleb_core.types import Array

SAME_FACE = 0.4
"""Overlap (IoU) from which two boxes are of one face: InsightFace's ``nms_thresh``."""

POINTS = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """How the outputs of a detector are laid out: confidences of each grid, then boxes, then points.

    Attributes
    ----------
    strides
        Pixels from one place to the next, of each grid.
    anchors
        How many lie at each place.
    """

    strides: tuple[int, ...]
    anchors: int

    def rows(self, width: int, height: int) -> list[int]:
        """Return how many anchors each grid has on a picture whose sides are multiples of the largest stride."""
        return [(height // stride) * (width // stride) * self.anchors for stride in self.strides]


LAYOUTS = {9: Layout((8, 16, 32), 2), 15: Layout((8, 16, 32, 64, 128), 1)}
"""InsightFace's detectors with five points, by how many outputs they have."""

WITHOUT_POINTS = (6, 10)
"""How many outputs those have that give boxes alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Finds:
    """The faces that were found on a picture, in its pixels.

    Attributes
    ----------
    boxes
        float64 [n, 4]: x0, y0, x1, y1.
    scores
        float64 [n]: confidences, 0..1.
    points
        float64 [n, 5, 2]: both eyes, nose tip, mouth corners, the left one of the picture first.
    """

    boxes: Array
    scores: Array
    points: Array

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: Array) -> Finds:
        """Return those of some rows, in their order."""
        return Finds(self.boxes[rows], self.scores[rows], self.points[rows])

    def scaled(self, by: Array) -> Finds:
        """Return them on a picture that is larger by two factors, [2], across and down."""
        return Finds(self.boxes * np.tile(by, 2), self.scores, self.points * by)


def decoded(outputs: Sequence[Array], layout: Layout, width: int, height: int, least: float) -> Finds:
    """Return all anchors of one picture that are sure enough: several a face.

    Parameters
    ----------
    outputs
        The network's, [rows, 1], [rows, 4] or [rows, 10] each.
    layout
        How they are laid out.
    width, height
        The picture's.
    least
        Least confidence.
    """
    grids = len(layout.strides)
    parts = []
    for number, stride in enumerate(layout.strides):
        scores, boxes, points = (outputs[number + kind * grids] for kind in range(3))
        kept = np.flatnonzero(scores[:, 0] >= least)
        places = _anchors(width, height, stride, layout.anchors)[kept]
        reach = boxes[kept].astype(np.float64) * stride
        way = points[kept].astype(np.float64).reshape(-1, POINTS, 2) * stride
        corners = np.concatenate([places - reach[:, :2], places + reach[:, 2:]], axis=1)
        parts.append(Finds(corners, scores[kept, 0].astype(np.float64), places[:, None] + way))
    return joined(parts)


def joined(parts: Sequence[Finds]) -> Finds:
    """Return the finds of all parts."""
    boxes, scores, points = ([getattr(part, name) for part in parts] for name in ("boxes", "scores", "points"))
    return Finds(np.concatenate(boxes), np.concatenate(scores), np.concatenate(points))


def one_each(finds: Finds, width: int, height: int) -> Finds:
    """Return the surest find of each face that lies on a picture of this size, the surest first."""
    middles = (finds.boxes[:, :2] + finds.boxes[:, 2:]) / 2
    sizes = finds.boxes[:, 2:] - finds.boxes[:, :2]
    sound = (sizes > 0).all(axis=1) & ((middles >= 0) & (middles <= (width, height))).all(axis=1)
    sound &= np.isfinite(finds.points).all(axis=(1, 2))
    present = finds[np.flatnonzero(sound)]
    corners = np.concatenate([present.boxes[:, :2], sizes[sound]], axis=1)
    kept = cv2.dnn.NMSBoxes(corners.tolist(), present.scores.tolist(), 0.0, SAME_FACE) if len(present) else ()
    return present[np.array(kept, dtype=np.int64).reshape(-1)]


@lru_cache(maxsize=64)
def _anchors(width: int, height: int, stride: int, many: int) -> Array:
    """Return float64 [rows, 2]: where the anchors of a grid lie."""
    across, down = np.meshgrid(np.arange(width // stride), np.arange(height // stride))
    places = np.stack([across, down], axis=-1).reshape(-1, 2) * float(stride)
    anchors = np.repeat(places, many, axis=0)
    anchors.flags.writeable = False
    return anchors
