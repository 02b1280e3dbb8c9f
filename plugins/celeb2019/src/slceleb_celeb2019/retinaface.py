"""RetinaFace mnet.25: from a picture to the network's input, and from its outputs to faces.

The arithmetic is that of the authors' program (deepinsight/insightface, ``detection/retinaface/retinaface.py`` and
``rcnn/processing``, network ``net3``), boxes of ``width = x1 - x0 + 1`` included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from slceleb_core.types import Array

SHORT, LONG = 360, 640
"""Pixels of the shorter side of what is looked at, and most of the longer: those of the pipeline of 2019."""

CONFIDENT, SAME_FACE = 0.8, 0.4
"""Least confidence, and the overlap (IoU) from which two boxes are of one face: likewise."""

BASE = 16
"""Side, in pixels, of the anchor that the others are multiples of."""

ANCHORS = {32: (32, 16), 16: (8, 4), 8: (2, 1)}
"""Stride of a grid, in pixels, and how many times as large as the base the anchors at each of its places are; in the
order of the outputs."""

MULTIPLE = 32
"""Of what the sides of a picture must be multiples."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is looked at: as in 2019, unless somebody says otherwise.

    Attributes
    ----------
    short, long
        Pixels of the shorter side, and most of the longer.
    confident
        Least confidence.
    same_face
        Overlap (IoU) from which two boxes are of one face.
    """

    short: int = SHORT
    long: int = LONG
    confident: float = CONFIDENT
    same_face: float = SAME_FACE

    def scale(self, width: int, height: int) -> float:
        """Return by how much a picture is made larger or smaller."""
        return min(self.short / min(width, height), self.long / max(width, height))


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Faces, the surest first.

    Attributes
    ----------
    boxes
        float64 [n, 4]: x0, y0, x1, y1 in pixels of the picture.
    scores
        float64 [n], 0..1.
    points
        float64 [n, 5, 2]: both eyes, nose tip, mouth corners, the left one of the picture first.
    """

    boxes: Array
    scores: Array
    points: Array


class RetinaFace:
    """Finds faces.

    Parameters
    ----------
    session
        The network, as ``slceleb_core.models.networks.open_session`` opens it.
    look
        How pictures are looked at.
    """

    def __init__(self, session: Any, look: Look = Look()) -> None:
        self._session, self._look = session, look

    def find(self, picture: Array) -> Detections:
        """Return the faces of a picture, uint8 [height, width, 3], RGB."""
        scale = self._look.scale(picture.shape[1], picture.shape[0])
        outputs = self._session.run(None, {"data": entry_of(picture, scale)})
        return decoded(outputs, self._look, scale)


def entry_of(picture: Array, scale: float) -> Array:
    """Return float32 [1, 3, h, w]: a picture in the size in which it is looked at; black beside it."""
    size = [max(round(length * scale), 1) for length in (picture.shape[1], picture.shape[0])]
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    down, across = (-(-length // MULTIPLE) * MULTIPLE for length in resized.shape[:2])
    entry = np.zeros((1, 3, down, across), np.float32)
    entry[0, :, : resized.shape[0], : resized.shape[1]] = resized.transpose(2, 0, 1)
    return entry


def decoded(outputs: Sequence[Array], look: Look, scale: float) -> Detections:
    """Return the faces that are in the network's outputs, in pixels of the picture.

    Parameters
    ----------
    outputs
        Of one picture: for each grid confidences [1, 4, h, w], boxes [1, 8, h, w] and points [1, 20, h, w].
    look
        How the picture was looked at.
    scale
        By how much the picture was made larger.
    """
    parts = []
    for number, (stride, sizes) in enumerate(ANCHORS.items()):
        scores, boxes, points = outputs[3 * number : 3 * number + 3]
        sure = scores[0, len(sizes) :].transpose(1, 2, 0).reshape(-1).astype(np.float64)
        kept = np.flatnonzero(sure >= look.confident)
        anchors = _anchors(boxes.shape[2], boxes.shape[3], stride, sizes)[kept]
        deltas = boxes[0].transpose(1, 2, 0).reshape(-1, 4)[kept].astype(np.float64)
        ways = points[0].transpose(1, 2, 0).reshape(-1, 5, 2)[kept].astype(np.float64)
        middles, sides = anchors[:, :2], anchors[:, 2:]
        at, reach = middles + deltas[:, :2] * sides, (np.exp(deltas[:, 2:]) * sides - 1.0) / 2
        five = middles[:, None] + ways * sides[:, None]
        parts.append((np.concatenate([at - reach, at + reach], axis=1), sure[kept], five))
    found = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    rows = _one_each(found[0], found[1], look.same_face)
    return Detections(found[0][rows] / scale, found[1][rows], found[2][rows] / scale)


def _anchors(down: int, across: int, stride: int, sizes: Sequence[int]) -> Array:
    """Return float64 [rows, 4]: the middles and the sides of the anchors of a grid."""
    rows, columns = np.mgrid[:down, :across]
    places = np.stack([columns, rows], axis=-1).reshape(-1, 1, 2) * float(stride) + (BASE - 1) / 2
    middles = np.broadcast_to(places, (len(places), len(sizes), 2))
    sides = np.broadcast_to(BASE * np.array(sizes, np.float64)[None, :, None], middles.shape)
    return np.concatenate([middles, sides], axis=2).reshape(-1, 4)


def _one_each(boxes: Array, scores: Array, same_face: float) -> Array:
    """Return int64 [k]: the surest of each heap of boxes, the surest first."""
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2] + 1.0], axis=1)
    kept = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), 0.0, same_face) if len(boxes) else ()
    return np.array(kept, dtype=np.int64).reshape(-1)
