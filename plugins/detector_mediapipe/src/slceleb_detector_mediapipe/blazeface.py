"""BlazeFace short range: from a picture to boxes.

The arithmetic is that of MediaPipe's face detector (``tasks/cc/vision/face_detector/face_detector_graph.cc``, with
``ssd_anchors_calculator.cc``, ``tensors_to_detections_calculator.cc`` and ``non_max_suppression_calculator.cc``), with
the numbers that are configured there. Bazarevsky et al., "BlazeFace", 2019, tells what it is for.
"""

from __future__ import annotations

import numpy as np

from slceleb_core.types import Array
from slceleb_detector_mediapipe.networks import Network
from slceleb_detector_mediapipe.seen import FINDER_PIXELS, Find

LAYERS = ((8, 2), (16, 6))
"""Stride of a grid of anchors, in pixels, and how many anchors lie at each of its places."""

SAME_FACE = 0.3
"""Overlap (IoU) from which two boxes are of one face: the default of MediaPipe's FaceDetector."""

POINTS = 6


def _anchors() -> Array:
    """Return float64 [896, 2]: the middles of the anchors, in parts of the side; all are as large as the picture."""
    grids = []
    for stride, many in LAYERS:
        ticks = (np.arange(FINDER_PIXELS // stride) + 0.5) * stride / FINDER_PIXELS
        across, down = np.meshgrid(ticks, ticks)
        grids.append(np.repeat(np.stack([across, down], axis=-1).reshape(-1, 2), many, axis=0))
    return np.concatenate(grids)


class BlazeFace:
    """Finds faces in a square picture.

    Parameters
    ----------
    network
        ``face_detector.tflite``: float32 [n, 128, 128, 3] in -1..1 to boxes [n, 896 * 16] and scores [n, 896].
    min_confidence
        Least confidence in a face.
    """

    def __init__(self, network: Network, min_confidence: float) -> None:
        self._network = network
        self._least = float(np.log(min_confidence / max(1.0 - min_confidence, 1e-9)))
        self._anchors = _anchors()

    def find(self, picture: Array) -> list[Find]:
        """Return the faces of a picture, uint8 [128, 128, 3], the surest first."""
        entry = np.multiply(picture[None], 1 / 127.5, dtype=np.float32) - np.float32(1.0)
        boxes, logits = self._network.run(entry)
        kept = np.flatnonzero(logits[0] >= self._least)
        if not len(kept):
            return []
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[0][kept].astype(np.float64), -100.0, 100.0)))
        return _merged(self._decoded(boxes[0].reshape(-1, 4 + 2 * POINTS)[kept], self._anchors[kept]), scores)

    @staticmethod
    def _decoded(raw: Array, anchors: Array) -> Array:
        """Return float64 [n, 16]: x0, y0, x1, y1 and the six points, in parts of the side."""
        pairs = raw.astype(np.float64).reshape(len(raw), -1, 2) / FINDER_PIXELS
        middle, size = pairs[:, 0] + anchors, pairs[:, 1]
        points = pairs[:, 2:] + anchors[:, None]
        return np.concatenate([middle - size / 2, middle + size / 2, points.reshape(len(raw), -1)], axis=1)

    def close(self) -> None:
        """Do nothing: the network goes with it."""


def _merged(values: Array, scores: Array) -> list[Find]:
    """Return one find for each heap of boxes that overlap: their mean, weighted by scores; the score is the highest."""
    order = np.argsort(-scores, kind="stable")
    found = []
    while len(order):
        near = _overlaps(values[order[0], :4], values[order, :4]) > SAME_FACE
        near[0] = True
        heap = order[near]
        mean = scores[heap] @ values[heap] / scores[heap].sum()
        found.append(Find(mean[:4], float(scores[order[0]]), mean[4:].reshape(POINTS, 2)))
        order = order[~near]
    return found


def _overlaps(box: Array, boxes: Array) -> Array:
    """Return [n]: the overlap (IoU) of one box with each of some."""
    inner = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.maximum(inner, 0.0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(shared / np.maximum(areas + np.prod(box[2:] - box[:2]) - shared, 1e-12))
