"""What is kept of a face: a square around its mouth, as the pipeline of 2019 cut it out."""

from __future__ import annotations

import cv2
import numpy as np

from slceleb_core.types import Array, Faces, Frame

SIDE = 224
"""Pixels of the network's pictures."""

WIDER = 1.2
"""How many times half the face's longer side the square reaches from the mouth's middle."""

PLANES = (SIDE * 3 // 2, SIDE)
"""Shape of a picture that is kept: brightness, and below it both colours at half the size, as video itself has them."""


def crops(frame: Frame, faces: Faces) -> Array:
    """Return uint8 [n, 336, 224]: the squares of a frame's faces; black where one is off the picture.

    A square is cut at whole pixels and at the picture's edges, and what is left of it is made 224 pixels wide and high.
    """
    cut = np.zeros((len(faces), *PLANES), np.uint8)
    cut[:, SIDE:] = 128
    if faces.keypoints5 is None:
        raise ValueError("the square lies around the mouth's corners, which the detector did not give")
    for row, (box, points) in enumerate(zip(faces.boxes, faces.keypoints5, strict=True)):
        x, y = points[3:].mean(axis=0)
        reach = int((box[2:] - box[:2]).max() / 2) * WIDER
        corners = np.clip([x - reach, y - reach, x + reach, y + reach], 0, [frame.width, frame.height] * 2)
        part = frame.part(*corners.astype(int).tolist())
        if part.size:
            shrinks = max(part.shape[:2]) > SIDE
            square = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
            cut[row] = cv2.cvtColor(square, cv2.COLOR_RGB2YUV_I420)
    return cut


def pictures(kept: Array) -> Array:
    """Return float32 [n, 3, 224, 224], blue, green and red, 0..255: what the network takes, of what was kept."""
    shown = [cv2.cvtColor(np.ascontiguousarray(planes), cv2.COLOR_YUV2BGR_I420) for planes in kept]
    colours = np.array(shown, np.uint8).reshape(-1, SIDE, SIDE, 3)
    return np.asarray(colours.transpose(0, 3, 1, 2).astype(np.float32))
